"""What somebody types → the identities or the customer that it names in the warehouse."""

from collections.abc import Sequence

from journey_analytics import build
from journey_analytics.config import Config
from journey_analytics.errors import DataError
from journey_analytics.links import Identity
from journey_analytics.load import spellings
from journey_analytics.warehouse import Warehouse

_SHOWN = 3
"""Identities of a customer that a message lists."""

_READ_AS = """
with reading as (
    select
        unnest($1::varchar[]) as identity_type,
        lower(unnest($2::varchar[])) as identity_value
)
select distinct i.identity_number, i.identity_type, i.identity_value, i.strength
from core.identity as i
inner join reading as r
    on lower(i.identity_value) = r.identity_value and i.identity_type = coalesce(r.identity_type, i.identity_type)
order by i.identity_number
"""

_CUSTOMER = """
select customer_id
from core.customer_identity
where lower(customer_id) = lower(?)
order by customer_id
limit 1
"""

_OF_CUSTOMER = """
select distinct i.identity_number, i.identity_type, i.identity_value, i.strength, i.own_customer_id = c.customer_id
from core.customer_identity as c
inner join core.identity as i on c.identity_type = i.identity_type and c.identity_value = i.identity_value
where c.customer_id = ?
order by i.own_customer_id = c.customer_id desc, i.identity_number
"""

Reading = tuple[str | None, str]
"""A type (None: any) and a value of that type."""


def identities_named(warehouse: Warehouse, config: Config, typed: str) -> list[Identity]:
    """Every identity that a text may stand for, in any letter case; by identity number.

    The text is a value as some source logs it, or TYPE:VALUE, and is spelled as admission spells it: with a
    `phone_region` of DE, 0151 12345678 finds +4915112345678. A text that is TYPE:VALUE of an identity is nothing else.
    """
    return _found(warehouse, config, typed.strip())[0]


def identity_named(warehouse: Warehouse, config: Config, typed: str) -> Identity:
    """The one identity that a text stands for, read as by `identities_named`.

    Within a type the one spelled as logged wins over those in another letter case.

    Raises:
        DataError: when there is none, or more than one: it lists them as TYPE:VALUE; or when it is a customer_id.
    """
    found, readings = _found(warehouse, config, typed.strip())
    as_logged = [one for one in found if {(one.identity_type, one.value), (None, one.value)} & set(readings)]
    settled = {one.identity_type for one in as_logged}
    candidates = [one for one in found if one in as_logged or one.identity_type not in settled]
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        raise DataError(f"{typed!r} is {len(candidates)} identities: name one of {', '.join(map(str, candidates))}")
    raise DataError(_no_identity(warehouse, typed))


def _found(warehouse: Warehouse, config: Config, text: str) -> tuple[list[Identity], list[Reading]]:
    """The identities of the first way to read the text that finds any, and that way's readings."""
    kind, _, value = text.partition(":")
    if value:
        typed = [reading for reading in _spelled(config, value.strip()) if reading[0] == kind.lower()]
        readings = [(kind.lower(), value.strip()), *typed]
        if found := _read_as(warehouse, readings):
            return found, readings
    readings = [(None, text), *_spelled(config, text)]
    return _read_as(warehouse, readings), readings


def _spelled(config: Config, text: str) -> list[Reading]:
    return list(spellings(build.sql_files(config.overlay), config.sources, text))


def _read_as(warehouse: Warehouse, readings: Sequence[Reading]) -> list[Identity]:
    kinds, values = [kind for kind, _ in readings], [value for _, value in readings]
    return [Identity(*row) for row in warehouse.rows(_READ_AS, [kinds, values], name="identity")]


def customer_named(warehouse: Warehouse, typed: str) -> str | None:
    """The customer whose customer_id a text is, in any letter case; None when there is none."""
    found = warehouse.rows(_CUSTOMER, [typed.strip()])
    return found[0][0] if found else None


def naming_identity(warehouse: Warehouse, customer_id: str) -> Identity:
    """The identity of a customer that its customer_id is made from."""
    return _identities_of(warehouse, customer_id)[0]


def _identities_of(warehouse: Warehouse, customer_id: str) -> list[Identity]:
    """The one that names the customer, then the others by identity number."""
    return [Identity(*row[:4]) for row in warehouse.rows(_OF_CUSTOMER, [customer_id])]


def _no_identity(warehouse: Warehouse, typed: str) -> str:
    customer_id = customer_named(warehouse, typed)
    if customer_id is None:
        return (
            f"nobody is known as {typed!r}: give an e-mail, login, cookie or phone as logged, or TYPE:VALUE such as "
            "email:anna@example.com"
        )
    held = _identities_of(warehouse, customer_id)
    more = f" … (all {len(held)}: journey explain {customer_id})" if len(held) > _SHOWN else ""
    return f"{customer_id} is a customer; give one of its identities: {', '.join(map(str, held[:_SHOWN]))}{more}"
