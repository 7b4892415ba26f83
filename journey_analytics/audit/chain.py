"""Why an identity is a customer's, in words: the chain of links, or the device with its logins."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import polars as pl

from journey_analytics.links import fewest_steps
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


_Pair = tuple[int, int]
_LoginKey = tuple[int, str]


def link_evidence(warehouse: Warehouse, items: pl.DataFrame) -> dict[str, str]:
    """What shows that an identity is its customer's, by item_id.

    Args:
        warehouse: where the links are.
        items: link items: item_id, identity_type, identity_value, customer_id, rule.
    """
    ends = items.join(_ends(warehouse, items), on=("identity_type", "identity_value", "customer_id", "rule"))
    numbers = ends["customer_number"].unique().to_list()
    links = warehouse.frame(_LINK, parameters=[numbers], name="links").to_dicts()
    neighbours, steps = _neighbours(links), _steps(links)
    logins = _logins(warehouse, ends)
    return {
        end["item_id"]: _assigned(end, logins)
        if end["rule"] in ("nearest_login", "anonymous_device")
        else _connected(end, neighbours, steps)
        for end in ends.iter_rows(named=True)
    }


def _ends(warehouse: Warehouse, items: pl.DataFrame) -> pl.DataFrame:
    return warehouse.frame(_ENDS, parameters=[items["customer_id"].unique().to_list()], name="link ends")


def _neighbours(links: Iterable[Mapping[str, Any]]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for link in links:
        found.setdefault(link["linked_number"], []).append(link["identity_number"])
        found.setdefault(link["identity_number"], []).append(link["linked_number"])
    return found


def _steps(links: Iterable[Mapping[str, Any]]) -> dict[_Pair, str]:
    """Each link in words, as walked from one of its ends to the other."""
    found: dict[_Pair, str] = {}
    for link in links:
        one, other = link["linked_number"], link["identity_number"]
        found[one, other] = f" → {link['identity_name']} ({_seen(link)})"
        found[other, one] = f" → {link['linked_name']} ({_seen(link)})"
    return found


def _logins(warehouse: Warehouse, ends: pl.DataFrame) -> dict[_LoginKey, dict[str, Any]]:
    rows = warehouse.frame(_LOGIN, parameters=[ends["identity_number"].unique().to_list()], name="device logins")
    return {(row["identity_number"], row["customer_id"]): row for row in rows.iter_rows(named=True)}


def _connected(end: Mapping[str, Any], neighbours: Mapping[int, Sequence[int]], steps: Mapping[_Pair, str]) -> str:
    """The chain of links to the identity that names the customer; when none leads there, the rule alone is evidence."""
    chain = fewest_steps(neighbours, end["identity_number"], end["customer_number"])
    return _name(end) + "".join(steps[pair] for pair in pairwise(chain))


def _assigned(end: Mapping[str, Any], logins: Mapping[_LoginKey, Mapping[str, Any]]) -> str:
    login = logins.get((end["identity_number"], end["customer_id"]))
    logged_in = "no login of this customer on it" if login is None else _logged_in(login)
    customer = f" and customer {end['customer_name']}" if end["rule"] == "nearest_login" else ""
    shared = f"customers on this device: {end['customer_count']}"
    return f"device {_name(end)}{customer}: {_seen(end)}; {logged_in}; {shared}"


def _name(end: Mapping[str, Any]) -> str:
    return f"{end['identity_type']} {end['identity_value']}"


def _seen(row: Mapping[str, Any]) -> str:
    return (
        f"{row['rule']}, {row['event_count']} events, {row['first_seen_at']:%Y-%m-%d} to {row['last_seen_at']:%Y-%m-%d}"
    )


def _logged_in(login: Mapping[str, Any]) -> str:
    first, last = login["first_login_at"], login["last_login_at"]
    return f"{login['login_count']} events with a login of this customer on it, {first:%Y-%m-%d} to {last:%Y-%m-%d}"
