"""Who entered each stage, with what they can be broken down by: the one frame that every statistic starts from."""

from collections.abc import Iterable, Sequence
from typing import Final

import polars as pl

from journey_analytics.build import builtin_sql, read_rules
from journey_analytics.errors import ConfigurationError
from journey_analytics.segment_rules import Segment, no_such_table, read_segments
from journey_analytics.settings import setting
from journey_analytics.warehouse import Warehouse

ENTRANT_READS: Final = frozenset({"core.stage_visit", "core.journey", "core.touchpoint", "core.journey_segment"})
"""What `entrants` reads with the built-in segments."""

OTHER: Final = "other"
"""The value that stands for all values of a segment but the most frequent ones, and for a logged one of that name."""

_UNKNOWN: Final = "unknown"
_VALUE_CAP: Final = 30
_KEYS: Final = ("journey_id", "customer_id")
_PERIODS: Final = {
    "day": "strftime(visit.entered_at, '%Y-%m-%d')",
    "week": "strftime(date_trunc('week', visit.entered_at), '%Y-%m-%d')",
    "month": "strftime(visit.entered_at, '%Y-%m')",
    "quarter": "strftime(visit.entered_at, '%Y') || '-Q' || quarter(visit.entered_at)",
    "weekday": "strftime(visit.entered_at, '%u %A')",
    "hour": "strftime(visit.entered_at, '%H:00')",
}
_SOURCES: Final = {
    "entry": "left join core.touchpoint as {name} on visit.entry_touchpoint_id = {name}.touchpoint_id",
    "first": "left join core.touchpoint as {name} on visit.journey_id = {name}.journey_id and {name}.position = 1",
    "known_in_journey": """left join (
    select journey_id, min_by({column}, position) as {column}, min(occurred_at) as known_at
    from core.touchpoint
    where {column} is not null
    group by journey_id
) as {name} on visit.journey_id = {name}.journey_id and visit.entered_at >= {name}.known_at""",
    "known_of_customer": """left join (
    select later.journey_id, later.stage, known.{column}
    from core.stage_visit as later
    asof inner join (
        select customer_id, occurred_at, max({column}) as {column}
        from core.touchpoint
        where {column} is not null
        group by customer_id, occurred_at
    ) as known on later.customer_id = known.customer_id and later.entered_at >= known.occurred_at
) as {name} on visit.journey_id = {name}.journey_id and visit.stage = {name}.stage""",
}
"""How a segment's value joins a visit; each gives at most one row.

An asof join sorts all columns that it is given, so it is given only its keys.
"""

_ORDER: Final = "order by visit.journey_id, visit.stage"


def entrants(warehouse: Warehouse, *, by: Sequence[Segment] | None = None) -> pl.DataFrame:
    """One row per journey and stage entered up to T: the columns of `core.stage_visit`, and one per segment.

    A segment's value is text; null and empty are 'unknown'. Of more values than the setting `segment_value_cap` those
    with most entrants stay, ties by name, and the rest is 'other', together with what was logged as 'other'. 'unknown'
    stays what it is, logged or not; neither takes a place of the cap. Periods are never folded.

    Args:
        warehouse: the warehouse or its published copy.
        by: the segments; by default those of `config.segment`.

    Raises:
        ConfigurationError: for a table or column that is not there, or a table with several rows per key.
    """
    chosen = segment_rows(warehouse) if by is None else tuple(by)
    for segment in chosen:
        check_place(warehouse, segment)
    visits = warehouse.frame(_sql(warehouse, chosen), name="entrants")
    cap = setting(warehouse, "segment_value_cap", _VALUE_CAP)
    return _folded(visits, [one.name for one in chosen if not one.is_period], cap=cap)


def segments(warehouse: Warehouse) -> tuple[str, ...]:
    """The columns of `entrants` by which figures are broken down, in their order of display."""
    return tuple(segment.name for segment in segment_rows(warehouse))


def segment_rows(warehouse: Warehouse) -> tuple[Segment, ...]:
    """The rows of `config.segment`; where an older release built the warehouse, those built in that it can give."""
    if warehouse.has("config.segment"):
        return read_segments({"segment": warehouse.frame("select * from config.segment order by rowid")})
    builtin = read_segments({"segment": read_rules(builtin_sql() / "config" / "segment.csv")})
    return tuple(segment for segment in builtin if is_there(warehouse, segment))


def segment_tables(warehouse: Warehouse) -> frozenset[str]:
    """The tables that the configured segments are taken from: they are built before what reads entrants."""
    return frozenset(segment.table for segment in segment_rows(warehouse) if segment.table)


def is_there(warehouse: Warehouse, segment: Segment) -> bool:
    """Whether this warehouse, or published copy, holds what a segment is taken from."""
    return segment.table is None or segment.column in warehouse.columns(segment.table)


def check_place(warehouse: Warehouse, segment: Segment) -> None:
    """Check that the table is there, with the column, and that its key leads to one row.

    Raises:
        ConfigurationError: naming the file, the row and what is nearest.
    """
    if segment.table is None:
        return
    columns = warehouse.columns(segment.table)
    if not columns:
        raise no_such_table(segment, [name for schema in ("core", "mart") for name in warehouse.tables(schema)])
    if segment.column not in columns:
        raise segment.cell.wrong(f"a column of {segment.table}", columns)
    if segment.taken_from == segment.table:
        _check_key(warehouse, segment, columns)


def _check_key(warehouse: Warehouse, segment: Segment, columns: Iterable[str]) -> None:
    key = _key(columns)
    if key is None:
        raise ConfigurationError(
            f"{segment.cell.file}, {segment.cell.row}: {segment.table} has no column journey_id or customer_id"
        )
    doubled = warehouse.value(f"select {key} from {segment.table} group by {key} having count(*) > 1 limit 1")
    if doubled is not None:
        raise ConfigurationError(
            f"{segment.cell.file}, {segment.cell.row}: {segment.table} has several rows for one {key}, e.g. {doubled!r}"
        )


def _key(columns: Iterable[str]) -> str | None:
    return next((key for key in _KEYS if key in columns), None)


def _sql(warehouse: Warehouse, chosen: Sequence[Segment]) -> str:
    """The visits with each segment joined on; names were checked, so they may stand in the text."""
    values = [f"{_value(segment)} as {segment.name}" for segment in chosen]
    joins = dict.fromkeys(_join(warehouse, segment) for segment in chosen if segment.table)
    columns = ",\n    ".join(["visit.*", *values])
    return "\n".join([f"select\n    {columns}", "from core.stage_visit as visit", *joins, _ORDER])


def _value(segment: Segment) -> str:
    if segment.is_period:
        return _PERIODS[segment.column]
    return f"coalesce(nullif(cast({_alias(segment)}.{segment.column} as varchar), ''), '{_UNKNOWN}')"


def _alias(segment: Segment) -> str:
    """One join serves all columns of a table, but what is known by a time is so column by column."""
    place = segment.taken_from.replace(".", "_")
    return f"{place}_{segment.column}" if place.startswith("known") else f"at_{place}"


def _join(warehouse: Warehouse, segment: Segment) -> str:
    name = _alias(segment)
    if segment.taken_from in _SOURCES:
        return _SOURCES[segment.taken_from].format(name=name, column=segment.column)
    key = _key(warehouse.columns(segment.taken_from))
    return f"left join {segment.taken_from} as {name} on visit.{key} = {name}.{key}"


def _folded(visits: pl.DataFrame, names: Sequence[str], *, cap: int) -> pl.DataFrame:
    return visits.with_columns(_kept(visits, name, cap=cap) for name in names if visits[name].n_unique() > cap)


def _kept(visits: pl.DataFrame, name: str, *, cap: int) -> pl.Expr:
    """The `cap` values with most entrants, ties by name, and what is unknown; another one in place of the rest."""
    own = visits.filter(~pl.col(name).is_in([OTHER, _UNKNOWN]))
    counted = own.group_by(name).len().sort(["len", name], descending=[True, False])
    is_kept = pl.col(name).is_in([*counted[name].head(cap), _UNKNOWN])
    return pl.when(is_kept).then(name).otherwise(pl.lit(OTHER)).alias(name)
