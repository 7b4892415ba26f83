"""The rules of identity written once more, the slow way: union-find over all pairs, a linear search for the login.

It shares no code and no idea with the SQL but the definitions.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from identity_world import Identity, Limits, Seen, Undone, customer_name

STRONG = {"user_id": 10, "shopify_customer_id": 30, "email": 50, "phone": 60, "zendesk_user_id": 70}
REFERENCE = {"zendesk_ticket_id": 120}
WEAK = {"anonymous_id": 210, "device_id": 230}
UNDONE = "undone_identity"


@dataclass
class Resolution:
    """What the oracle found: the fate of every event, the customers of every identity, and who is quarantined."""

    fate: dict[str, str] = field(default_factory=dict)
    customers: dict[Identity, set[str]] = field(default_factory=lambda: defaultdict(set))
    quarantined: dict[Identity, int | None] = field(default_factory=dict)
    purchases: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Login:
    """A device seen with a person: whom the evidence names, and whom undo leaves (None: nobody)."""

    hour: float
    device: Identity
    evidence: str
    customer: str | None


def resolve(events: Sequence[Seen], limits: Limits, undone: Sequence[Undone] = ()) -> Resolution:
    """Resolve a small world by the definitions, in time quadratic in its events."""
    return _Oracle(events, limits, undone).resolution()


class _Oracle:
    def __init__(self, events: Sequence[Seen], limits: Limits, undone: Sequence[Undone]) -> None:
        self.events, self.limits = events, limits
        self.evidence = [event for event in events if not event.is_bot]
        self.gone = {one for one, other in undone if other is None}
        self.cut = {frozenset(pair) for pair in undone if pair[1] is not None}
        self.found = Resolution()
        self.first_seen: dict[Identity, float] = {}
        for event in self.evidence:
            for identity in event.identities:
                self.first_seen[identity] = min(event.hour, self.first_seen.get(identity, event.hour))

    def resolution(self) -> Resolution:
        quarantined = self.found.quarantined
        quarantined |= _shared_identities(self.evidence, self.limits.cap)
        quarantined |= self._oversized()
        self.before = self._representatives(quarantined, set())
        self.named = self._representatives(quarantined.keys() | self.gone, self.cut)
        self.logins = [login for event in self.evidence for login in self._logins(event)]
        quarantined |= _kiosks(self.logins, self.limits.device_cap)
        for event in self.events:
            self._decide(event)
        quarantined |= {i: None for i in self.first_seen if i not in quarantined and not self.found.customers[i]}
        self.found.customers = {i: owners for i, owners in self.found.customers.items() if owners}
        kept = [event for event in self.events if self.found.fate.get(event.event_id, "").startswith("c_")]
        self.found.purchases = _purchases(kept)
        return self.found

    def _decide(self, event: Seen) -> None:
        usable = [i for i in event.identities if i not in self.found.quarantined]
        if event.is_bot:
            fate = "bot"
        elif not usable:
            fate = "quarantined_identity"
        else:
            fate = self._known(event) if self._is_known(event) else self._nearest(event, usable)
            self._hold(event, usable, fate)
        if event.activity is not None:
            self.found.fate[event.event_id] = fate

    def _hold(self, event: Seen, usable: list[Identity], fate: str) -> None:
        for identity in usable:
            owner = customer_name(self.named[identity]) if identity in self.named else fate
            if identity[0] in WEAK and self._is_severed(event, identity):
                owner = customer_name(identity)
            if owner.startswith("c_") and identity not in self.gone:
                self.found.customers[identity].add(owner)

    def _is_known(self, event: Seen) -> bool:
        return any(i in self.before for i in event.identities)

    def _known(self, event: Seen) -> str:
        names = [self.named[i] for i in event.identities if i in self.named]
        return customer_name(min(names, key=self._age)) if names else UNDONE

    def _is_severed(self, event: Seen, device: Identity) -> bool:
        people = [i for i in event.identities if i in self.named]
        return bool(people) and all(frozenset((device, i)) in self.cut for i in people)

    def _logins(self, event: Seen) -> Iterable[Login]:
        if not self._is_known(event):
            return
        evidence = customer_name(next(self.before[i] for i in event.identities if i in self.before))
        for device in (i for i in event.identities if i[0] in WEAK):
            kept = customer_name(device) if self._is_severed(event, device) else self._known(event)
            yield Login(event.hour, device, evidence, None if kept == UNDONE else kept)

    def _nearest(self, event: Seen, devices: list[Identity]) -> str:
        reach = [
            (abs(event.hour - login.hour), login.hour, WEAK[login.device[0]], login.device[1], login.evidence)
            for login in self.logins
            if login.device in devices and abs(event.hour - login.hour) <= self.limits.lookback_days * 24
        ]
        if not reach:
            own = min(devices, key=lambda i: (WEAK[i[0]], i[1]))
            return UNDONE if own in self.gone else customer_name(own)
        _, hour, rank, value, evidence = min(reach)
        won = [
            login
            for login in self.logins
            if (login.hour, login.device[1], login.evidence) == (hour, value, evidence)
            and WEAK[login.device[0]] == rank
        ]
        kept = [login.customer for login in won if login.customer and login.device not in self.gone]
        return min(kept, default=UNDONE)

    def _age(self, identity: Identity) -> tuple[bool, float, int, str]:
        rank = (STRONG | REFERENCE)[identity[0]]
        return identity[0] in REFERENCE, self.first_seen[identity], rank, identity[1]

    def _representatives(self, left_out: Iterable[Identity], cut: set[frozenset[Identity]]) -> dict[Identity, Identity]:
        group: dict[Identity, set[Identity]] = {}
        for event in self.evidence:
            usable = [i for i in event.identities if i[0] not in WEAK and i not in left_out]
            for identity in usable:
                group.setdefault(identity, {identity})
            for one, other in itertools.combinations(usable, 2):
                if frozenset((one, other)) not in cut:
                    merged = group[one] | group[other]
                    group |= dict.fromkeys(merged, merged)
        return {identity: min(members, key=self._age) for identity, members in group.items()}

    def _oversized(self) -> dict[Identity, int]:
        shared = self.found.quarantined
        chains = self._chains(shared)
        forks = {i: count for i in chains if (count := self._most_of_one_type(i, shared)) >= 2}
        chains = self._chains(shared | forks)
        lists = [{i for i in e.identities if i in chains and i not in forks} for e in self.evidence]
        links = {i: len(set().union(*(others for others in lists if i in others)) - {i}) for i in chains}
        people = {
            i: len({o for others in lists if i in others for o in others if o[0] in STRONG} - {i}) for i in chains
        }
        again = {i: links[i] if i[0] in REFERENCE else people[i] for i in chains}
        return forks | {i: count for i, count in again.items() if count >= 2}

    def _chains(self, left_out: Iterable[Identity]) -> set[Identity]:
        """Identities of the components that are larger than the cap."""
        named = self._representatives(left_out, set())
        sizes: dict[Identity, int] = defaultdict(int)
        for identity, representative in named.items():
            sizes[representative] += identity[0] in STRONG
        return {i for i, representative in named.items() if sizes[representative] > self.limits.component_cap}

    def _most_of_one_type(self, identity: Identity, left_out: Iterable[Identity]) -> int:
        seen = {i for e in self.evidence if identity in e.identities for i in e.identities}
        others = [i[0] for i in seen if i[0] in STRONG and i != identity and i not in left_out]
        return max((others.count(kind) for kind in others), default=0)


def _shared_identities(evidence: list[Seen], cap: int) -> dict[Identity, int]:
    companions: dict[tuple[Identity, str], set[Identity]] = defaultdict(set)
    for event in evidence:
        for one in event.identities:
            for other in event.identities:
                if one != other and one[0] not in WEAK and other[0] in STRONG:
                    companions[one, other[0]].add(other)
    shared: dict[Identity, int] = {}
    for (identity, _), others in companions.items():
        if len(others) > cap:
            shared[identity] = max(shared.get(identity, 0), len(others))
    return shared


def _kiosks(logins: list[Login], cap: int) -> dict[Identity, int]:
    owners: dict[Identity, set[str]] = defaultdict(set)
    for login in logins:
        owners[login.device].add(login.evidence)
    return {device: len(found) for device, found in owners.items() if len(found) > cap}


def _purchases(events: list[Seen]) -> set[str]:
    bought = [e for e in events if e.activity in ("order_placed", "order_completed")]
    bought.sort(key=lambda e: (e.activity != "order_placed", e.source != "store", e.hour, e.event_id))
    winner = {e.order_id: e.event_id for e in reversed(bought) if e.order_id is not None}
    return {e.event_id for e in bought if e.order_id is None or winner[e.order_id] == e.event_id}
