"""The frames of any selection, from the published copy: what the tables hold is read, the rest computed when asked for.

A view reads few tables, so each is made when a section first asks for it, and never before.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import polars as pl

from journey_analytics.errors import ConfigurationError, nearest
from journey_analytics.report.active import active_frames
from journey_analytics.report.computed_frames import (
    BY_ENTRY,
    COMPUTED,
    entry_counts,
    entry_months,
    is_by_entry,
    selected_counts,
)
from journey_analytics.report.frames import TABLES, report_frame
from journey_analytics.report.group_sizes import (
    SMALLEST_GROUP,
    group_counts,
    is_large,
    is_small_group,
    journeys_of,
    small_groups,
)
from journey_analytics.report.selection import (
    ALL,
    SEGMENTS,
    WHOLE,
    Choice,
    Narrowed,
    is_stored,
    narrowed_table,
    suppressed_table,
)
from journey_analytics.warehouse import Warehouse

_HEADLINE: Final = "mart.selection_headline"
_COUNTED_IN: Final = (_HEADLINE, "mart.path_activity", "mart.stage_dropoff")
_DROPOFF: Final = "mart.stage_dropoff"
_FOLDED: Final = "other"


@dataclass(frozen=True)
class Choosable:
    """A segment that can be chosen by, with its values and how many active journeys each has.

    Months newest first, other values by journeys, ties by name. Values of fewer than `SMALLEST_GROUP` journeys are not
    offered, nor what is folded into `other`.
    """

    segment: str
    values: tuple[tuple[str, int], ...]


def choosable(warehouse: Warehouse) -> tuple[Choosable, ...]:
    """What can be chosen in this warehouse or published copy, in the order of display; none without a value.

    In a copy that an older release published, what the tables of paths and drop-off tell. Of countries, journeys that
    entered a stage there.
    """
    counts = _with_entries(warehouse, group_counts({table: report_frame(warehouse, table) for table in _COUNTED_IN}))
    shown = counts.filter(is_large() & (pl.col("segment_value") != _FOLDED))
    found = (Choosable(segment, _values(shown, segment)) for segment in SEGMENTS)
    return tuple(one for one in found if one.values)


def _with_entries(warehouse: Warehouse, counts: pl.DataFrame) -> pl.DataFrame:
    """The counts, with the journeys of the segments that are known by entry in place of the entrants of one stage."""
    parts = [found for segment in sorted(BY_ENTRY) if (found := entry_counts(warehouse, segment)) is not None]
    told = [part["segment"][0] for part in parts if part.height]
    return pl.concat([counts.filter(~pl.col("segment").is_in(told)), *(part.select(counts.columns) for part in parts)])


def _values(counts: pl.DataFrame, segment: str) -> tuple[tuple[str, int], ...]:
    if segment == "month":
        rows = counts.filter(pl.col("segment") == "started_month").sort("segment_value", descending=True)
    else:
        rows = counts.filter(pl.col("segment") == segment).sort(
            ["journey_count", "segment_value"], descending=[True, False]
        )
    return tuple(rows.select("segment_value", "journey_count").iter_rows())


def selected_frames(warehouse: Warehouse, choice: Choice) -> Narrowed:
    """The frames of a choice, without passive journeys, as the sections want them; each is made when it is asked for.

    What the pipeline would write if there were nothing but the journeys of the choice: of one value its own rows, of
    several at once, other windows or periods what is computed here, from the tables of `selecting` (entrants and their
    stays) and the journeys. A table that cannot follow is that of all journeys, and `follows` says so. A choice of
    fewer than `SMALLEST_GROUP` journeys has no rows in any table that follows.

    Args:
        warehouse: the warehouse or its published copy; it must stay open while frames are asked for.
        choice: any combination.

    Raises:
        ConfigurationError: for a value that no journey has, with the nearest.
    """
    stored = _Stored(warehouse)
    _check_values(stored, choice)
    journeys, is_small = _group(warehouse, stored, choice)
    found = _Selected(warehouse, choice, stored, is_small)
    whole = _Selected(warehouse, ALL, stored, is_small=False)
    return Narrowed(found, _Follows(found), journeys, is_small, whole=whole)


def _check_values(stored: "_Stored", choice: Choice) -> None:
    counts = stored.counts
    for segment, value in choice.conditions.items():
        names = ("started_month", "entry_month") if segment == "month" else (segment,)
        known = counts.filter(pl.col("segment").is_in(names))["segment_value"].to_list()
        wanted = [value] if not (segment == "month" and choice.is_several_months) else []
        if any(one not in known for one in wanted):
            raise ConfigurationError(f"{segment}={value}: no journey has it; {nearest(value, known)}")


def _group(warehouse: Warehouse, stored: "_Stored", choice: Choice) -> tuple[int | None, bool]:
    """Journeys of the conditions (the window asks for none), as `selected_counts`, and whether they are too few."""
    if not choice.conditions:
        return journeys_of(stored.counts, WHOLE, WHOLE), False
    if is_stored(choice) and not is_by_entry(choice):
        ((segment, value),) = choice.conditions.items()
        return journeys_of(stored.counts, segment, value), is_small_group(stored.counts, segment, value)
    counted = selected_counts(warehouse, choice)
    return (None, False) if counted is None else (counted[0], min(counted) < SMALLEST_GROUP)


class _Lazy(Mapping[str, pl.DataFrame]):
    """Frames by table, each made once, when it is first asked for."""

    def __init__(self) -> None:
        self._made: dict[str, pl.DataFrame] = {}

    def __getitem__(self, table: str) -> pl.DataFrame:
        if table not in TABLES:
            raise KeyError(table)
        if table not in self._made:
            self._made[table] = self.make(table)
        return self._made[table]

    def __iter__(self) -> Iterator[str]:
        return iter(TABLES)

    def __len__(self) -> int:
        return len(TABLES)

    def __contains__(self, table: object) -> bool:
        return table in TABLES

    def make(self, table: str) -> pl.DataFrame:
        """The frame of one table."""
        raise NotImplementedError


class _Stored(_Lazy):
    """The tables as they are, over active journeys."""

    def __init__(self, warehouse: Warehouse) -> None:
        super().__init__()
        self._warehouse = warehouse

    def make(self, table: str) -> pl.DataFrame:
        return active_frames({table: report_frame(self._warehouse, table)})[table]

    @cached_property
    def counts(self) -> pl.DataFrame:
        """How many journeys each value has."""
        return group_counts({table: self[table] for table in _COUNTED_IN})

    @cached_property
    def small(self) -> pl.DataFrame:
        """The groups of which nothing is shown."""
        return small_groups(self.counts, self["mart.stage_dropoff"])


class _Selected(_Lazy):
    """The tables of a choice; those that cannot follow as they are, less what is too small."""

    def __init__(self, warehouse: Warehouse, choice: Choice, stored: _Stored, is_small: bool) -> None:
        super().__init__()
        self._warehouse, self._choice, self._stored, self._is_small = warehouse, choice, stored, is_small
        self._following: dict[str, bool] = {}

    def make(self, table: str) -> pl.DataFrame:
        rows = self._stored[table] if not self._choice else self._rows(table)
        self._following[table] = rows is not None
        if rows is None:
            return suppressed_table(table, self._stored[table], self._stored.small)
        shown = suppressed_table(table, rows, self._stored.small)
        return shown.clear() if self._is_small else shown

    def follows(self, table: str) -> bool:
        """Whether a table's rows are those of the choice; asking makes it."""
        _ = self[table]
        return self._following[table]

    def _rows(self, table: str) -> pl.DataFrame | None:
        if is_stored(self._choice):
            ((segment, value),) = self._choice.conditions.items()
            rows = narrowed_table(self._stored, table, segment=segment, value=value, small=self._stored.small)
            if rows is not None:
                return self._with_months(rows) if table == _DROPOFF else rows
        compute: Callable[..., pl.DataFrame | None] | None = COMPUTED.get(table)
        return None if compute is None else compute(self._warehouse, self._choice, self._stored)

    def _with_months(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The drop-off of one value, and the same by month of entering, which no table holds: for the trend."""
        months = entry_months(self._warehouse, self._choice)
        return rows if months is None else pl.concat([rows, months.select(rows.columns)])


class _Follows(Mapping[str, bool]):
    """Whether each table follows the choice, told when it is asked."""

    def __init__(self, selected: _Selected) -> None:
        self._selected = selected

    def __getitem__(self, table: str) -> bool:
        return self._selected.follows(table)

    def __iter__(self) -> Iterator[str]:
        return iter(TABLES)

    def __len__(self) -> int:
        return len(TABLES)
