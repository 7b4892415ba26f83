"""Events for identity tests, the models run over them, and the rules of identity written once more, the slow way.

`resolve` is the oracle: union-find over all pairs and a linear search for the nearest login. It shares no code and no
idea with the SQL but the definitions.
"""

import hashlib
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import polars as pl

from journey_analytics import build
from journey_analytics.warehouse import Warehouse, open_memory

EPOCH = datetime(2026, 1, 1)
TARGETS = ("customer", "customer_event", "customer_identity", "quarantined_identity", "set_aside_event")
CONFIG = ("activity", "identity_type", "setting", "source_rank")
Identity = tuple[str, str]

SCHEMA = {
    "source": pl.String,
    "source_event_id": pl.String,
    "line_of": pl.String,
    "load_id": pl.Int64,
    "row_number": pl.Int64,
    "activity": pl.String,
    "occurred_at": pl.Datetime("us"),
    "received_at": pl.Datetime("us"),
    "identities": pl.List(pl.Struct({"identity_type": pl.String, "identity_value": pl.String})),
    **dict.fromkeys(("channel", "campaign", "page_path", "topic", "category", "subject", "order_id"), pl.String),
    "device": pl.String,
    "country": pl.String,
    "amount": pl.Decimal(18, 4),
    "currency": pl.String,
    "score": pl.Decimal(18, 4),
    "is_machine": pl.Boolean,
    "is_bot": pl.Boolean,
    "content_hash": pl.String,
}


@dataclass(frozen=True)
class Seen:
    """One event: its id, hours since the epoch of the tests, and the identities it carries."""

    event_id: str
    hour: float
    identities: tuple[Identity, ...]
    source: str = "web"
    activity: str | None = "page_viewed"
    order_id: str | None = None
    amount: int | None = None
    is_bot: bool = False
    is_machine: bool = False

    @property
    def occurred_at(self) -> datetime:
        """The instant of the event, UTC without a zone."""
        return EPOCH + timedelta(hours=self.hour)


@dataclass(frozen=True)
class Limits:
    """The thresholds of a world; `device_cap` is `max_customers` of the weak types."""

    cap: int = 5
    device_cap: int = 10
    lookback_days: int = 30


def event_frame(events: Iterable[Seen]) -> pl.DataFrame:
    """The events as `staging.event`, in the given order."""
    rows = [
        {
            "source": e.source,
            "source_event_id": e.event_id,
            "load_id": 1,
            "row_number": number,
            "activity": e.activity,
            "occurred_at": e.occurred_at,
            "received_at": e.occurred_at,
            "identities": [{"identity_type": kind, "identity_value": value} for kind, value in e.identities],
            "order_id": e.order_id,
            "amount": e.amount,
            "currency": None if e.amount is None else "EUR",
            "is_machine": e.is_machine,
            "is_bot": e.is_bot,
            "content_hash": e.event_id,
        }
        for number, e in enumerate(events, start=1)
    ]
    return pl.DataFrame(rows, schema=SCHEMA)


def resolved(*parts: Iterable[Seen], limits: Limits | None = None) -> Warehouse:
    """A warehouse with the identity tables made from the events, loaded part by part."""
    files = build.sql_files()
    warehouse = open_memory(threads=2)
    build.load_config(warehouse, {name: files[name] for name in (f"config/{table}.csv" for table in CONFIG)})
    _limit(warehouse, limits or Limits())
    warehouse.create_from("staging.event", event_frame([]))
    for part in parts:
        warehouse.append("staging.event", event_frame(part))
    build.run_models(warehouse, build.ordered(identity_models()))
    return warehouse


def _limit(warehouse: Warehouse, limits: Limits) -> None:
    change = "update config.setting set value = ? where setting = ?"
    warehouse.execute(change, [str(limits.cap), "identity_cap"])
    warehouse.execute(change, [str(limits.lookback_days), "identity_lookback_days"])
    change = "update config.identity_type set max_customers = ? where strength = 'weak'"
    warehouse.execute(change, [str(limits.device_cap)])


def identity_models() -> list[build.Model]:
    """The models that the tables of identity need, and no others of the folder."""
    every = {model.name: model for model in build.read_models(build.sql_files(), "core")}
    wanted, needed = [f"core.{name}" for name in TARGETS], {}
    while wanted:
        model = every[wanted.pop()]
        needed[model.name] = model
        wanted += [name for name in model.reads if name in every and name not in needed]
    return list(needed.values())


def customers(warehouse: Warehouse) -> dict[str, str]:
    """What became of each touchpoint event: its customer, or the reason why it was set aside."""
    rows = warehouse.rows(
        "select source_event_id, customer_id from core.customer_event "
        "union all select source_event_id, reason from core.set_aside_event"
    )
    assert len(rows) == len(dict(rows))
    return dict(rows)


def canonical(warehouse: Warehouse, tables: Sequence[str] = ()) -> dict[str, list[str]]:
    """All rows of the tables as sorted text: equal exactly when the tables are."""
    names = tables or [model.name for model in identity_models()]
    return {name: sorted(map(repr, warehouse.rows(f"select * from {name}"))) for name in names}


def customer_name(identity: Identity) -> str:
    """The id of the customer whom this identity represents."""
    return "c_" + hashlib.md5("\x1f".join(identity).encode()).hexdigest()[:16]


# The oracle.

STRONG = {"user_id": 10, "shopify_customer_id": 30, "email": 50, "phone": 60, "zendesk_user_id": 70}
REFERENCE = {"zendesk_ticket_id": 120}
WEAK = {"anonymous_id": 210, "device_id": 230}


@dataclass
class Resolution:
    """What the oracle found: the fate of every event, the customers of every identity, and who is quarantined."""

    fate: dict[str, str] = field(default_factory=dict)
    customers: dict[Identity, set[str]] = field(default_factory=lambda: defaultdict(set))
    quarantined: dict[Identity, int] = field(default_factory=dict)
    purchases: set[str] = field(default_factory=set)


def resolve(events: Sequence[Seen], limits: Limits) -> Resolution:
    """Resolve a small world by the definitions, in time quadratic in its events."""
    found = Resolution()
    evidence = [e for e in events if not e.is_bot]
    found.quarantined = _shared_identities(evidence, limits.cap)
    named = _representatives(evidence, found.quarantined)
    login = [
        (e.hour, device, named[_known(e, named)[0]])
        for e in evidence
        if _known(e, named)
        for device in e.identities
        if device[0] in WEAK
    ]
    found.quarantined |= _kiosks(login, limits.device_cap)
    for event in events:
        _decide(event, named, login, limits, found)
    found.purchases = _purchases([e for e in events if found.fate.get(e.event_id, "").startswith("c_")])
    return found


def _decide(
    event: Seen, named: dict[Identity, str], login: list[tuple[float, Identity, str]], limits: Limits, found: Resolution
) -> None:
    usable = [i for i in event.identities if i not in found.quarantined]
    if event.is_bot:
        fate = "bot"
    elif not usable:
        fate = "quarantined_identity"
    else:
        known = _known(event, named)
        fate = named[known[0]] if known else _nearest(event, usable, login, limits)
        for identity in usable:
            found.customers[identity].add(fate)
    if event.activity is not None:
        found.fate[event.event_id] = fate


def _known(event: Seen, named: dict[Identity, str]) -> list[Identity]:
    return [i for i in event.identities if i in named]


def _nearest(event: Seen, devices: list[Identity], login: list[tuple[float, Identity, str]], limits: Limits) -> str:
    reach = [
        (abs(event.hour - hour), hour, WEAK[device[0]], device[1], customer)
        for hour, device, customer in login
        if device in devices and abs(event.hour - hour) <= limits.lookback_days * 24
    ]
    if reach:
        return min(reach)[-1]
    return customer_name(min(devices, key=lambda i: (WEAK[i[0]], i[1])))


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


def _kiosks(login: list[tuple[float, Identity, str]], cap: int) -> dict[Identity, int]:
    owners: dict[Identity, set[str]] = defaultdict(set)
    for _, device, customer in login:
        owners[device].add(customer)
    return {device: len(found) for device, found in owners.items() if len(found) > cap}


def _representatives(evidence: list[Seen], quarantined: dict[Identity, int]) -> dict[Identity, str]:
    first_seen: dict[Identity, float] = {}
    group: dict[Identity, set[Identity]] = {}
    for event in evidence:
        usable = [i for i in event.identities if i[0] not in WEAK and i not in quarantined]
        for identity in usable:
            first_seen[identity] = min(event.hour, first_seen.get(identity, event.hour))
            group.setdefault(identity, {identity})
        for identity in usable[1:]:
            merged = group[usable[0]] | group[identity]
            for member in merged:
                group[member] = merged

    def age(identity: Identity) -> tuple[bool, float, int, str]:
        rank = (STRONG | REFERENCE)[identity[0]]
        return identity[0] in REFERENCE, first_seen[identity], rank, identity[1]

    return {identity: customer_name(min(members, key=age)) for identity, members in group.items()}


def _purchases(events: list[Seen]) -> set[str]:
    bought = [e for e in events if e.activity in ("order_placed", "order_completed")]
    bought.sort(key=lambda e: (e.activity != "order_placed", e.source != "store", e.hour, e.event_id))
    winner = {e.order_id: e.event_id for e in reversed(bought) if e.order_id is not None}
    return {e.event_id for e in bought if e.order_id is None or winner[e.order_id] == e.event_id}


# Random small worlds.

POOL = {
    "user_id": 3,
    "email": 4,
    "phone": 2,
    "shopify_customer_id": 3,
    "zendesk_user_id": 2,
    "zendesk_ticket_id": 3,
    "anonymous_id": 3,
    "device_id": 2,
}
SHAPES = (
    ("anonymous_id",),
    ("anonymous_id",),
    ("device_id",),
    ("anonymous_id", "device_id"),
    ("user_id", "anonymous_id"),
    ("user_id", "anonymous_id", "device_id"),
    ("user_id",),
    ("email",),
    ("email", "phone"),
    ("email", "shopify_customer_id"),
    ("zendesk_ticket_id",),
    ("zendesk_ticket_id", "zendesk_user_id"),
    ("zendesk_user_id", "email"),
    ("email", "email"),
    ("user_id", "email"),
    ("user_id", "email", "anonymous_id"),
)
ACTIVITIES = (
    ("web", "page_viewed"),
    ("web", "page_viewed"),
    ("web", "order_completed"),
    ("store", "order_placed"),
    ("web", None),
)


def random_world(seed: int) -> list[Seen]:
    """Some forty events of few identities at few moments, so that ties, caps and shared devices are common."""
    rng = random.Random(seed)
    shapes = rng.sample(SHAPES, rng.randint(4, len(SHAPES)))
    return [_random_event(rng, f"w{seed}", number, shapes) for number in range(rng.randint(1, 45))]


def _random_event(rng: random.Random, world: str, number: int, shapes: list[tuple[str, ...]]) -> Seen:
    source, activity = rng.choice(
        [
            ("web", "page_viewed"),
            ("web", "page_viewed"),
            ("web", "order_completed"),
            ("store", "order_placed"),
            ("web", None),
        ]
    )
    bought = activity in ("order_completed", "order_placed")
    drawn = {(kind, f"{world}-{rng.randrange(POOL[kind])}") for kind in rng.choice(shapes)}
    return Seen(
        event_id=f"{world}-e{number:02}",
        hour=6 * rng.randrange(80),
        identities=tuple(rng.sample(sorted(drawn), len(drawn))),
        source=source,
        activity=activity,
        order_id=f"{world}-o{rng.randrange(3)}" if bought and rng.random() < 0.7 else None,
        amount=10 if bought else None,
        is_bot=rng.random() < 0.05,
    )
