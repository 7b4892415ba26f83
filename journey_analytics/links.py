"""Why two identities are one customer: the shortest chain of links between them, each with an event as evidence.

Two identities are linked when an event carries both. Strong and reference identities pass a link on; a device does not,
so it stands only at the ends of a chain.
"""

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from journey_analytics.warehouse import Warehouse

_OWNERS = """
select customer_id
from core.customer_identity
where identity_type = ? and identity_value = ?
order by customer_id
"""

_HELD = """
select distinct i.identity_number, i.identity_type, i.identity_value, i.strength
from core.customer_identity as c
inner join core.identity as i on c.identity_type = i.identity_type and c.identity_value = i.identity_value
where c.customer_id in (select unnest(?::varchar[]))
order by i.identity_number
"""

_LISTS = """
select list(identity_number order by identity_number)
from core.identity_set_member
where identity_number in (select unnest(?::bigint[]))
group by identity_set_id
having count(*) > 1
order by identity_set_id
"""

_EVIDENCE = """
with common_list as (
    select s.identities, s.first_seen_at, s.last_seen_at, s.event_count
    from core.identity_set as s
    inner join core.identity_set_member as one on s.identity_set_id = one.identity_set_id
    inner join core.identity_set_member as other on s.identity_set_id = other.identity_set_id
    where one.identity_number = $1 and other.identity_number = $2
),
example as (
    select e.source, e.source_event_id
    from core.event as e
    inner join common_list as l on e.identities = l.identities
    where e.occurred_at = (select min(first_seen_at) from common_list) and not coalesce(e.is_bot, false)
    order by e.source, e.source_event_id
    limit 1
)
select
    cast(sum(l.event_count) as bigint) as event_count,
    min(l.first_seen_at) as first_seen_at,
    max(l.last_seen_at) as last_seen_at,
    (select source from example) as example_source,
    (select source_event_id from example) as example_source_event_id
from common_list as l
"""


@dataclass(frozen=True, order=True)
class Identity:
    """One identity as seen; its number orders identities as `core.identity` does."""

    number: int
    identity_type: str
    value: str
    strength: str

    def __str__(self) -> str:
        return f"{self.identity_type}:{self.value}"


Pair = frozenset[int]


def owners(warehouse: Warehouse, identity: Identity) -> list[str]:
    """The customers who hold an identity, by customer_id; a device can have several, a quarantined identity none."""
    return [row[0] for row in warehouse.rows(_OWNERS, [identity.identity_type, identity.value])]


def quarantined_because(warehouse: Warehouse, identity: Identity) -> str | None:
    """Why an identity joins nobody, as of the last run; None when it is not quarantined."""
    reason = "select reason from core.quarantined_identity where identity_type = ? and identity_value = ?"
    return warehouse.value(reason, [identity.identity_type, identity.value])


def shortest_chain(
    warehouse: Warehouse,
    one: Identity,
    other: Identity,
    *,
    without: Collection[Pair] = (),
    left_out: Collection[int] = (),
) -> list[Identity]:
    """The identities from `one` to `other` along the fewest links within the customers who hold both; [] when none.

    Of equally short chains, the one through the identities that come first. Links that are undone, those of `without`
    and those of the identities `left_out` are not used.
    """
    common = sorted(set(owners(warehouse, one)) & set(owners(warehouse, other)))
    held = {row[0]: Identity(*row) for row in warehouse.rows(_HELD, [common]) if row[0] not in left_out}
    lists = [row[0] for row in warehouse.rows(_LISTS, [list(held)])]
    unused = {frozenset(pair) for pair in warehouse.rows("select linked_number, identity_number from core.undone_link")}
    weak = {number for number, identity in held.items() if identity.strength == "weak"}
    neighbours = _neighbours(lists, unused | set(without))
    return [held[number] for number in fewest_steps(neighbours, one.number, other.number, weak=weak)]


def _neighbours(lists: Sequence[Sequence[int]], unused: Collection[Pair]) -> dict[int, list[int]]:
    found: dict[int, set[int]] = {}
    for members in lists:
        for number in members:
            found.setdefault(number, set()).update(m for m in members if frozenset((m, number)) not in unused)
    return {number: sorted(others - {number}) for number, others in found.items()}


def fewest_steps(
    neighbours: Mapping[int, Sequence[int]], start: int, goal: int, *, weak: Collection[int] = ()
) -> Sequence[int]:
    """The identities from start to goal along the fewest links; of equally few, by the order of the neighbours.

    Breadth first. A step from a person to a device (`weak`) is final: devices follow, but no person. Empty when no way
    leads there.
    """
    waiting: deque[tuple[tuple[int, ...], bool]] = deque([((start,), False)])
    seen = {(start, False)}
    while waiting:
        chain, is_leaving = waiting.popleft()
        if chain[-1] == goal:
            return chain
        for number in neighbours.get(chain[-1], ()):
            leaves = is_leaving or (number in weak and chain[-1] not in weak)
            if (is_leaving and number not in weak) or (number, leaves) in seen:
                continue
            seen.add((number, leaves))
            waiting.append(((*chain, number), leaves))
    return ()


def link(warehouse: Warehouse, one: Identity, other: Identity) -> dict[str, Any]:
    """The evidence of one link: rule, events that carry both, their time (UTC) and the earliest of them as an example.

    `event_count` is 0, and the rest null, when no event carries both.
    """
    (found,) = warehouse.frame(_EVIDENCE, parameters=[one.number, other.number], name="link").to_dicts()
    return {
        "identity_type": one.identity_type,
        "identity_value": one.value,
        "other_type": other.identity_type,
        "other_value": other.value,
        "rule": _rule(one, other),
        **found,
        "event_count": found["event_count"] or 0,
    }


def _rule(one: Identity, other: Identity) -> str:
    """How such a link is used: a device and a person seen together are a login, two devices assign nothing."""
    strengths = {one.strength, other.strength}
    if "weak" in strengths:
        return "same_event" if strengths == {"weak"} else "nearest_login"
    return "reference_link" if "reference" in strengths else "strong_link"


def chain_of_links(warehouse: Warehouse, chain: Sequence[Identity]) -> list[dict[str, Any]]:
    """The links of a chain with their evidence, in its order."""
    return [link(warehouse, one, other) for one, other in pairwise(chain)]
