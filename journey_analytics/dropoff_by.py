"""Drop-off by one column that somebody names, computed on the spot from the published copy or the warehouse."""

from collections.abc import Iterator
from typing import Final

import polars as pl

from journey_analytics.config import Config
from journey_analytics.contract import STAGES
from journey_analytics.cutoff import last_cutoff
from journey_analytics.dropoff import WHOLE, stage_dropoff, stage_rank
from journey_analytics.entrants import entrants, is_there, segment_rows
from journey_analytics.errors import ConfigurationError, nearest
from journey_analytics.rule_cells import Cell
from journey_analytics.segment_rules import LATER_KNOWN, Segment
from journey_analytics.settings import setting
from journey_analytics.warehouse import Warehouse, open_published
from journey_analytics.workspace import existing

PLACES: Final = ("entry", "first")
"""At which touchpoint a column is read: the one that entered the stage, or the journey's first."""

_TOUCHPOINT: Final = "core.touchpoint"
_OF_JOURNEYS: Final = ("core.journey", "core.journey_segment")
_COLUMN: Final = "value_asked_for"


def dropoff_by(
    config: Config, *, by: str | None = None, at: str | None = None, stage: str | None = None
) -> pl.DataFrame:
    """The rows of `mart.stage_dropoff` for the whole and for one breakdown, which need not be configured.

    Args:
        config: the workspace.
        by: a segment of `config.segment`; a column of a touchpoint (`campaign`); or TABLE.COLUMN of a table with one
            row per journey or customer (`core.journey.first_source`). None: the whole alone.
        at: the touchpoint that a touchpoint's column is read from, one of `PLACES`; None: the one that entered.
        stage: this stage alone.

    Returns:
        By stage in journey order: the whole, then the values by journeys entered, ties by name; periods in time order.

    Raises:
        ConfigurationError: for a name that is none, with the nearest one, or a column that is only known later.
        DataError: when nothing is published yet.
        LockedError: what is asked for is in the warehouse only, and a run is at work on it.
    """
    _check_choices(stage=stage, at=at)
    with open_published(config.published) as published:
        found = None if by is None else find_segment(published, by, at=at)
        if by is None or (found is not None and is_there(published, found)):
            return _computed(published, by=by, at=at, stage=stage)
    with existing(config, table="core.stage_visit") as warehouse:
        return _computed(warehouse, by=by, at=at, stage=stage)


def _check_choices(*, stage: str | None, at: str | None) -> None:
    for option, value, known in (("--stage", stage, STAGES), ("--at", at, PLACES)):
        if value is not None and value not in known:
            raise ConfigurationError(f"{option} {value!r} is none; {nearest(value, known)}")


def find_segment(warehouse: Warehouse, by: str, *, at: str | None) -> Segment | None:
    """What a name stands for in this warehouse: a configured segment, then a column; None when it is not there.

    Raises:
        ConfigurationError: it is only known after the stage was entered, or `at` is given for what is no touchpoint's.
    """
    found = next((one for one in _candidates(warehouse, by, at=at) if one is not None), None)
    if found is not None and found.why_refused:
        raise ConfigurationError(f"--by {by}: {found.why_refused}")
    if found is not None and at is not None and found.table != _TOUCHPOINT:
        raise ConfigurationError(f"--at {at}: {by} is no column of a touchpoint; leave --at out")
    return found


def _candidates(warehouse: Warehouse, by: str, *, at: str | None) -> Iterator[Segment | None]:
    if at is None:
        yield next((one for one in segment_rows(warehouse) if one.name == by), None)
    table, _, column = by.rpartition(".")
    if table and table != _TOUCHPOINT:
        yield _column_of(warehouse, by, table, column, taken_from=table)
    else:
        yield _column_of(warehouse, by, _TOUCHPOINT, column, taken_from=at or PLACES[0])
    for one in _OF_JOURNEYS if not table else ():
        yield _column_of(warehouse, by, one, column, taken_from=one)


def _column_of(warehouse: Warehouse, by: str, table: str, column: str, *, taken_from: str) -> Segment | None:
    is_table = table.count(".") == 1 and table.split(".", maxsplit=1)[0] in ("core", "mart", "config")
    if not is_table or column not in warehouse.columns(table):
        return None
    return Segment(by, taken_from, column, Cell("--by", by, "--by", by))


def _computed(warehouse: Warehouse, *, by: str | None, at: str | None, stage: str | None) -> pl.DataFrame:
    segment = None if by is None else find_segment(warehouse, by, at=at)
    if by is not None and segment is None:
        raise ConfigurationError(f"--by {by!r} is no segment and no column; {nearest(by, _names(warehouse))}")
    asked = () if segment is None else (Segment(_COLUMN, segment.taken_from, segment.column, segment.cell),)
    visits = entrants(warehouse, by=asked)
    if stage is not None:
        visits = visits.filter(pl.col("stage") == stage)
    found = stage_dropoff(
        visits,
        cutoff=last_cutoff(warehouse),
        minimum_count=setting(warehouse, "minimum_count", 30),
        segments=[one.name for one in asked],
    )
    in_time_order = pl.lit(segment is not None and segment.is_period)
    return found.with_columns(pl.col("segment").replace(_COLUMN, by or WHOLE)).sort(
        stage_rank(),
        pl.col("segment") != WHOLE,
        pl.when(in_time_order).then(0).otherwise(-pl.col("entered_count")),
        "segment_value",
    )


def _names(warehouse: Warehouse) -> set[str]:
    """All that may be asked for without a table's name, and the columns of tables by journey with it."""
    names = {one.name for one in segment_rows(warehouse)}
    for table in (_TOUCHPOINT, *_OF_JOURNEYS):
        told = [column for column in warehouse.columns(table) if (table, column) not in LATER_KNOWN]
        names |= {*told, *(f"{table}.{column}" for column in told)}
    return names
