"""Which groups of journeys the map compares: a value of a segment with everybody else, a month with the one before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from journey_analytics.contract import START
from journey_analytics.language import said
from journey_analytics.report.figures.map_graph import Tally, tally
from journey_analytics.report.segment_words import segment_title, value_title
from journey_analytics.report.wording import SMALL_SAMPLE

SEGMENTS = ("device", "first_channel", "customer_kind", "persona")
"""Segments of the map, in the order in which they are offered."""

MONTH = "started_month"
MOST_VALUES = 3
"""Values of a segment that are offered, the largest first; months, the latest first."""

_KEYS = ("segment", "segment_value", "activity", "next_activity", "stage")
_UNCOUNTED = ("median_seconds", "p90_seconds")


@dataclass(frozen=True)
class Selection:
    """The rows of one group of journeys, without its segment."""

    links: pl.DataFrame
    activities: pl.DataFrame

    @cached_property
    def tally(self) -> Tally:
        """What a comparison counts of the group, read once for all maps."""
        return tally(self.links, self.activities)

    @property
    def journey_count(self) -> int:
        """Journeys of the group: each starts once."""
        return int(self.activities["start_count"].sum())

    @property
    def is_settled(self) -> bool:
        """Whether all its closed journeys began early enough for their outcome to be known."""
        starts = self.links.filter(pl.col("activity") == START)
        closed = pl.col("converted_count").sum() + pl.col("dropped_count").sum()
        return bool(starts.select(pl.col("settled_count").sum() == closed).item())


@dataclass(frozen=True)
class Comparison:
    """Two groups with their names; `title` offers them.

    `ends_known` is false where one of two months is too recent to know how its journeys end.
    """

    title: str
    names: tuple[str, str]
    first: Selection
    second: Selection
    ends_known: bool = True


def selection(links: pl.DataFrame, activities: pl.DataFrame, segment: str = "all", value: str = "all") -> Selection:
    """The journeys of one value of a segment; all of them by default."""
    is_it = (pl.col("segment") == segment) & (pl.col("segment_value") == value)
    return Selection(*(frame.filter(is_it).drop("segment", "segment_value") for frame in (links, activities)))


def comparisons(links: pl.DataFrame, activities: pl.DataFrame) -> list[Comparison]:
    """All that are offered; a group with fewer than 30 journeys is in none."""
    return [
        *(found for segment in SEGMENTS for found in _of_segment(links, activities, segment)),
        *_of_months(links, activities),
    ]


def rest(whole: Selection, part: Selection) -> Selection:
    """The journeys of the whole that are not in a part of it. Waits of the rest are not known: null."""
    return Selection(
        _less(whole.links, part.links, ["activity", "next_activity"], "follow_count"),
        _less(whole.activities, part.activities, ["activity"], "touchpoint_count"),
    )


def _less(whole: pl.DataFrame, part: pl.DataFrame, keys: Sequence[str], counted: str) -> pl.DataFrame:
    counts = [column for column in whole.columns if column.endswith("_count")]
    joined = whole.join(part.select(*keys, *counts), on=keys, how="left", suffix="_part")
    left = joined.with_columns(pl.col(column) - pl.col(f"{column}_part").fill_null(0) for column in counts)
    unknown = [pl.lit(None, dtype=pl.Float64).alias(column) for column in _UNCOUNTED if column in whole.columns]
    return left.with_columns(unknown).select(whole.columns).filter(pl.col(counted) > 0).sort(keys)


def _sizes(activities: pl.DataFrame, segment: str) -> list[tuple[str, int]]:
    """The values of a segment with their journeys, the largest first, then by name."""
    sizes = (
        activities.filter(pl.col("segment") == segment)
        .group_by("segment_value")
        .agg(pl.col("start_count").sum())
        .filter(pl.col("start_count") >= SMALL_SAMPLE)
        .sort(["start_count", "segment_value"], descending=[True, False])
    )
    return list(sizes.iter_rows())


def _of_segment(links: pl.DataFrame, activities: pl.DataFrame, segment: str) -> Iterator[Comparison]:
    whole, sizes = selection(links, activities), _sizes(activities, segment)
    if _are_a_pair(sizes, whole):
        yield _pair(links, activities, segment, [value for value, _ in sizes])
        return
    for value, _ in sizes[:MOST_VALUES]:
        one = selection(links, activities, segment, value)
        others = rest(whole, one)
        if others.journey_count >= SMALL_SAMPLE:
            shown = value_title(segment, value)
            title = said("{segment}: {value} with everybody else", segment=segment_title(segment), value=shown)
            yield Comparison(title, (shown, said("everybody else")), one, others)


def _are_a_pair(sizes: Sequence[tuple[str, int]], whole: Selection) -> bool:
    """Whether a segment has two values and no other: each is everybody else of the other one."""
    return sum(number for _, number in sizes[:2]) == whole.journey_count and len(sizes) > 1


def _of_months(links: pl.DataFrame, activities: pl.DataFrame) -> Iterator[Comparison]:
    months = sorted(value for value, _ in _sizes(activities, MONTH) if value[:1].isdigit())
    for later, earlier in list(zip(months[:0:-1], months[-2::-1], strict=True))[:MOST_VALUES]:
        yield _pair(links, activities, MONTH, [later, earlier])


def _pair(links: pl.DataFrame, activities: pl.DataFrame, segment: str, values: Sequence[str]) -> Comparison:
    first, second = (value_title(segment, value) for value in values)
    if segment in SEGMENTS:
        title = said("{segment}: {first} with {second}", segment=segment_title(segment), first=first, second=second)
    else:
        title = said("Journeys begun in {first} with {second}", first=first, second=second)
    sides = [selection(links, activities, segment, value) for value in values]
    ends_known = segment != MONTH or all(side.is_settled for side in sides)
    return Comparison(title, (first, second), *sides, ends_known=ends_known)
