"""Undo of an identity or of a link between two: a row of the workspace's own rules, in force from the next run on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from journey_analytics.build import read_rules
from journey_analytics.config import Config
from journey_analytics.errors import ConfigurationError, DataError
from journey_analytics.links import Identity, chain_of_links, link, owners, quarantined_because, shortest_chain
from journey_analytics.naming import identity_named
from journey_analytics.rule_file import write_rules
from journey_analytics.warehouse import Warehouse
from journey_analytics.workspace import existing

COLUMNS = ("identity_type", "identity_value", "other_type", "other_value", "reason")
PLACE = Path("config/identity_undone/undone.csv")
"""Where the rows lie below the workspace's `sql`."""

_CONCERNED = """
with carried as (
    select distinct m.identity_set_id
    from core.identity_set_member as m
    where m.identity_number in (select unnest(?::bigint[]))
),
carrying as (
    select e.source, e.source_event_id
    from core.event as e
    inner join core.identity_set as s on e.identities = s.identities
    inner join carried as c on s.identity_set_id = c.identity_set_id
),
counted as (
    select
        t.customer_id,
        count(*)::bigint as touchpoint_count,
        count(c.source)::bigint as carrying_count
    from core.customer_event as t
    left join carrying as c on t.source = c.source and t.source_event_id = c.source_event_id
    where t.customer_id in (select unnest(?::varchar[]))
    group by t.customer_id
)
select customer_id, touchpoint_count, carrying_count
from counted
order by customer_id
"""


@dataclass(frozen=True)
class Undone:
    """What an undo wrote, and whom it concerns.

    Attributes:
        identity: what is undone, or one end of the link.
        other: the other end; None when the identity itself is undone.
        file: the rule file, in the workspace.
        is_new: false when the row was there already.
        is_in_force: whether the last run applied such a row; if not, the next one does.
        customers: those who hold the identity (both ends of a link) now, each with `touchpoint_count` (all of theirs)
            and `carrying_count` (those whose event carries the identity, or one of both).
        remaining: the links that will still connect both ends of an undone link; empty when none do.
        quarantined: why an end joins nobody as of the last run, by its TYPE:VALUE; without an end that joins somebody.
    """

    identity: Identity
    other: Identity | None
    file: Path
    is_new: bool
    is_in_force: bool
    customers: tuple[dict[str, Any], ...]
    remaining: tuple[dict[str, Any], ...] = ()
    quarantined: Mapping[str, str] = field(default_factory=dict)


def undo(config: Config, identity: str, *, other: str | None = None, because: str | None = None) -> Undone:
    """Take an identity out, or with `other` only the link between the two; the next run applies it.

    Raises:
        DataError: a value names no identity, several or a customer, or no event carries both ends of the link.
        ConfigurationError: the rule file cannot be read or written, or has another header.
    """
    file = config.overlay / PLACE
    with existing(config, table="core.undone_link") as warehouse:
        one = identity_named(warehouse, config, identity)
        two = None if other is None else identity_named(warehouse, config, other)
        if two is not None:
            _require_link(warehouse, one, two)
        is_new = _add_row(file, one, two, because=because)
        return Undone(
            identity=one,
            other=two,
            file=file,
            is_new=is_new,
            is_in_force=_is_in_force(warehouse, one, two),
            customers=_concerned(warehouse, one, two),
            remaining=() if two is None else _remaining(warehouse, one, two, rows=_rows(file)),
            quarantined=_quarantined(warehouse, one, two),
        )


def _require_link(warehouse: Warehouse, one: Identity, two: Identity) -> None:
    if one == two:
        raise DataError(f"{one} has no link with itself; without --with the identity itself is undone")
    if {one.strength, two.strength} == {"weak"}:
        raise DataError(f"{one} and {two} are two devices: only logins connect them; undo one of those links")
    if link(warehouse, one, two)["event_count"]:
        return
    chain = shortest_chain(warehouse, one, two)
    between = f"they hang together by {' – '.join(map(str, chain))}: undo one of these links" if chain else ""
    raise DataError(f"no event carries both {one} and {two}; {between or 'they are not one customer'}")


def _concerned(warehouse: Warehouse, one: Identity, two: Identity | None) -> tuple[dict[str, Any], ...]:
    ends = [one] if two is None else [one, two]
    holders = set.intersection(*(set(owners(warehouse, end)) for end in ends))
    found = warehouse.frame(_CONCERNED, parameters=[[end.number for end in ends], sorted(holders)], name="undo")
    return tuple(found.to_dicts())


def _is_in_force(warehouse: Warehouse, one: Identity, two: Identity | None) -> bool:
    """Whether the rules of the last run, of whichever file, have the row."""
    applied = warehouse.frame("select * from config.identity_undone", name="config.identity_undone")
    return any(_ends(row) == {_end(one), _end(two)} for row in applied.to_dicts())


def _quarantined(warehouse: Warehouse, one: Identity, two: Identity | None) -> dict[str, str]:
    reasons = {str(end): quarantined_because(warehouse, end) for end in (one, two) if end is not None}
    return {name: reason for name, reason in reasons.items() if reason}


def _remaining(
    warehouse: Warehouse, one: Identity, two: Identity, *, rows: list[dict[str, str]]
) -> tuple[dict[str, Any], ...]:
    """The chain that is left once all rows of the file are in force."""
    without = {frozenset(_numbers(warehouse, row)) for row in rows if row["other_type"]}
    gone = {number for row in rows if not row["other_type"] for number in _numbers(warehouse, row)}
    chain = shortest_chain(warehouse, one, two, without=without, left_out=gone)
    return tuple(chain_of_links(warehouse, chain))


def _numbers(warehouse: Warehouse, row: dict[str, str]) -> list[int]:
    number = "select identity_number from core.identity where identity_type = ? and identity_value = ?"
    return [warehouse.value(number, list(end)) for end in _ends(row) if end[0]]


def _add_row(file: Path, one: Identity, two: Identity | None, *, because: str | None) -> bool:
    rows = _rows(file)
    if any(_ends(row) == {_end(one), _end(two)} for row in rows):
        return False
    row = dict(zip(COLUMNS, (*_end(one), *_end(two), " ".join((because or "").split())), strict=True))
    write_rules(file, COLUMNS, [*rows, row])
    return True


def _ends(row: Mapping[str, str | None]) -> set[tuple[str, str]]:
    """Both ends of a row; an e-mail in any letter case, as `core.undone_identity` and `core.undone_link` read it."""
    cells = [
        (row["identity_type"] or "", row["identity_value"] or ""),
        (row["other_type"] or "", row["other_value"] or ""),
    ]
    return {(kind, value.lower() if kind == "email" else value) for kind, value in cells}


def _end(identity: Identity | None) -> tuple[str, str]:
    return ("", "") if identity is None else (identity.identity_type, identity.value)


def _rows(file: Path) -> list[dict[str, str]]:
    if not file.exists():
        return []
    rows = read_rules(file)
    if sorted(rows.columns) != sorted(COLUMNS):
        raise ConfigurationError(f"{file}: the header must be: {','.join(COLUMNS)}")
    return rows.fill_null("").to_dicts()
