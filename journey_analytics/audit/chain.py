"""Why an identity is a customer's, in words: the chain of links, or the device with its logins."""

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import polars as pl

from journey_analytics.warehouse import Warehouse

_ENDS: Final = """
select
    assigned.identity_type, assigned.identity_value, assigned.customer_id, assigned.rule, assigned.event_count,
    assigned.first_seen_at, assigned.last_seen_at, identity.identity_number, named.identity_number as customer_number,
    named.identity_type || ' ' || named.identity_value as customer_name,
    (
        select count(distinct other.customer_id)
        from core.customer_identity as other
        where other.identity_type = assigned.identity_type and other.identity_value = assigned.identity_value
    ) as customer_count
from core.customer_identity as assigned
inner join core.identity as identity
    on identity.identity_type = assigned.identity_type and identity.identity_value = assigned.identity_value
inner join core.identity as named on named.own_customer_id = assigned.customer_id
where assigned.customer_id in (select unnest(?::varchar[])) and assigned.rule <> 'own'
"""

# Every link of a component hangs on an identity of it, so its customer finds them all.
_LINK: Final = """
select link.linked_number, link.identity_number, link.rule, link.event_count, link.first_seen_at, link.last_seen_at,
    one.identity_type || ' ' || one.identity_value as linked_name,
    other.identity_type || ' ' || other.identity_value as identity_name
from core.identity_link as link
inner join core.identity_component as component on component.identity_number = link.identity_number
inner join core.identity as one on one.identity_number = link.linked_number
inner join core.identity as other on other.identity_number = link.identity_number
where component.customer_number in (select unnest(?::bigint[]))
order by link.linked_number, link.identity_number
"""

_LOGIN: Final = """
select identity_number, customer_id, sum(event_count)::bigint as login_count, min(login_at) as first_login_at,
    max(login_at) as last_login_at
from core.device_login
where identity_number in (select unnest(?::bigint[]))
group by identity_number, customer_id
"""


class _Hop(NamedTuple):
    """A link as seen from one of its ends: the other end, and its row."""

    number: int
    name: str
    link: Mapping[str, Any]


def link_evidence(warehouse: Warehouse, items: pl.DataFrame) -> dict[str, str]:
    """What shows that an identity is its customer's, by item_id.

    Args:
        warehouse: where the links are.
        items: link items: item_id, identity_type, identity_value, customer_id, rule.
    """
    ends = items.join(_ends(warehouse, items), on=("identity_type", "identity_value", "customer_id", "rule"))
    hops = _hops(warehouse.frame(_LINK, parameters=[ends["customer_number"].unique().to_list()], name="links"))
    logins = _logins(warehouse, ends)
    return {end["item_id"]: _evidence(end, hops=hops, logins=logins) for end in ends.iter_rows(named=True)}


def _ends(warehouse: Warehouse, items: pl.DataFrame) -> pl.DataFrame:
    return warehouse.frame(_ENDS, parameters=[items["customer_id"].unique().to_list()], name="link ends")


def _hops(links: pl.DataFrame) -> dict[int, list[_Hop]]:
    found: dict[int, list[_Hop]] = {}
    for link in links.iter_rows(named=True):
        one, other = link["linked_number"], link["identity_number"]
        found.setdefault(one, []).append(_Hop(other, link["identity_name"], link))
        found.setdefault(other, []).append(_Hop(one, link["linked_name"], link))
    return found


def _logins(warehouse: Warehouse, ends: pl.DataFrame) -> dict[tuple[int, str], dict[str, Any]]:
    rows = warehouse.frame(_LOGIN, parameters=[ends["identity_number"].unique().to_list()], name="device logins")
    return {(row["identity_number"], row["customer_id"]): row for row in rows.iter_rows(named=True)}


def _evidence(
    end: Mapping[str, Any], *, hops: Mapping[int, list[_Hop]], logins: Mapping[tuple[int, str], Mapping[str, Any]]
) -> str:
    name = f"{end['identity_type']} {end['identity_value']}"
    if end["rule"] not in ("nearest_login", "anonymous_device"):
        chain = shortest_chain(end["identity_number"], end["customer_number"], hops)
        return f"{name}{''.join(f' → {hop.name} ({_seen(hop.link)})' for hop in chain)}"
    login = logins.get((end["identity_number"], end["customer_id"]))
    logged_in = "no login of this customer on it" if login is None else _logged_in(login)
    known = f"device {name} and customer {end['customer_name']}" if end["rule"] == "nearest_login" else f"device {name}"
    return f"{known}: {_seen(end)}; {logged_in}; customers on this device: {end['customer_count']}"


def _seen(row: Mapping[str, Any]) -> str:
    return (
        f"{row['rule']}, {row['event_count']} events, {row['first_seen_at']:%Y-%m-%d} to {row['last_seen_at']:%Y-%m-%d}"
    )


def _logged_in(login: Mapping[str, Any]) -> str:
    first, last = login["first_login_at"], login["last_login_at"]
    return f"{login['login_count']} events with a login of this customer on it, {first:%Y-%m-%d} to {last:%Y-%m-%d}"


def shortest_chain(start: int, end: int, hops: Mapping[int, list[_Hop]]) -> list[_Hop]:
    """The fewest links that lead from one identity to another; of equally few, those of the lower numbers.

    Empty when no link does: then the rule alone is the evidence.
    """
    came_by: dict[int, tuple[int, _Hop] | None] = {start: None}
    queue = deque([start])
    while queue and end not in came_by:
        number = queue.popleft()
        for hop in hops.get(number, []):
            if hop.number not in came_by:
                came_by[hop.number] = (number, hop)
                queue.append(hop.number)
    return list(reversed(list(_walked_back(end, came_by))))


def _walked_back(end: int, came_by: Mapping[int, tuple[int, _Hop] | None]) -> Iterable[_Hop]:
    step = came_by.get(end)
    while step is not None:
        number, hop = step
        yield hop
        step = came_by[number]
