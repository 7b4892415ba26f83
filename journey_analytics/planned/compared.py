"""What goes with each deviation: where it comes, who came there, and how many more of them are lost with it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from journey_analytics.mining.moves import Sight
from journey_analytics.planned.alignments import MISSING, UNPLANNED, Comparison
from journey_analytics.planned.courses import Course, course
from journey_analytics.planned.log import Log
from journey_analytics.planned.outcomes import Cell, Cells, Counts, outcome
from journey_analytics.planned.plan import Plan

AFTER_PURCHASE: Final = "comes after a purchase, or its stage does: no outcome is left to compare"
CERTAIN: Final = "of those who passed it over, only buyers are seen to: their outcome is given"
NOT_COMPARABLE: Final = "no settled journeys with it and without it came to the same place"

COMPARED_SCHEMA: Final = {
    "kind": pl.String,
    "label": pl.String,
    "came_count": pl.Int64,
    "after_activity": pl.String,
    "settled_with_count": pl.Int64,
    "settled_without_count": pl.Int64,
    "dropoff_share_with": pl.Float64,
    "dropoff_share_without": pl.Float64,
    "difference_points": pl.Float64,
    "difference_low_points": pl.Float64,
    "difference_high_points": pl.Float64,
    "note": pl.String,
}
_KEYS: Final = ["steps", "is_cut_short", "is_left_censored"]
_NOBODY: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True)
class _Way:
    """Journeys of one course: all of them, and those whose outcome is settled."""

    course: Course
    journey_count: int
    settled: Counts


def compared(comparison: Comparison, plan: Plan, log: Log) -> pl.DataFrame:
    """One row per deviation of a comparison: `kind`, `label`, and what COMPARED_SCHEMA lists.

    Of an unplanned touchpoint `came_count` are the aligned journeys that came to a place after which it occurs, and
    `after_activity` is the place after which it does in most of them, ties by name. Its outcomes are compared place by
    place, each journey from its first arrival to the next planned step of another order: with it or without. Of a
    missing one those are compared that came to the same next place, having passed it over or done it; both columns are
    null. Only what comes before the purchase is compared, and only journeys with a settled outcome.
    """
    ways = _ways(comparison, plan, log)
    rows = [*_unplanned_rows(ways, log), *_missing_rows(ways)]
    return pl.DataFrame(rows, schema=COMPARED_SCHEMA, orient="row").sort("kind", "label")


def _ways(comparison: Comparison, plan: Plan, log: Log) -> list[_Way]:
    aligned = comparison.groups.filter("is_aligned").select(_KEYS)
    groups = _placed(log.groups, plan).join(aligned, on=_KEYS, how="semi").to_dicts()
    orders = {name: label.order for name, label in plan.labels.items()}
    return [
        _Way(
            course(
                comparison.ways[tuple(row["steps"]), Sight(row["is_cut_short"], row["is_left_censored"])],
                orders=orders,
                is_left_censored=row["is_left_censored"],
                before=row["before_purchase_count"],
            ),
            row["journey_count"],
            (row["settled_converted_count"], row["settled_dropped_count"]),
        )
        for row in groups
    ]


def _placed(groups: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Groups by the labels of the plan, with the steps that are left before the purchase and the settled outcomes."""
    is_kept = ~pl.element().is_in(list(plan.ignore))
    before = pl.col("steps").list.head(pl.col("before_purchase_count")).list.eval(pl.element().filter(is_kept))
    step = pl.element().filter(is_kept).replace(dict(plan.renamed)) if plan.renamed else pl.element().filter(is_kept)
    settled = {
        f"settled_{status}_count": pl.when("is_settled").then(pl.col(f"{status}_count")).otherwise(0)
        for status in ("converted", "dropped")
    }
    has_bought = pl.col("before_purchase_count").is_not_null()
    left = pl.when(has_bought).then(before.list.len().cast(pl.Int64))
    named = groups.with_columns(pl.col("steps").list.eval(step), before_purchase_count=left, **settled)
    return named.group_by(*_KEYS, "before_purchase_count").agg(pl.col("journey_count", *settled).sum())


def _unplanned_rows(ways: Sequence[_Way], log: Log) -> Iterator[tuple[Any, ...]]:
    places, before, came_ever, came = _occurrences(ways)
    shown = _shown(ways)
    for label in sorted(places):
        at = places[label]
        came_count = sum(count for known, count in came_ever.items() if known & at.keys())
        after = min(at, key=lambda place, at=at: (-at[place], place))
        is_before = label in before and log.stages.get(label) != "post_purchase"
        cells = _cells(came, shown.get(label, {}), before[label]) if is_before else {}
        note = NOT_COMPARABLE if is_before else AFTER_PURCHASE
        yield UNPLANNED, label, came_count, after, *_told(cells, note)


_Tally = dict[tuple[frozenset[str], Cell], list[int]]
"""Settled journeys by the places that they came to, and by what of it counts for a label."""


def _occurrences(
    ways: Sequence[_Way],
) -> tuple[dict[str, Counter[str]], dict[str, set[str]], Counter[frozenset[str]], dict[frozenset[str], list[int]]]:
    """Journeys by label and place; places before the purchase; journeys by places, all and those settled."""
    places: dict[str, Counter[str]] = defaultdict(Counter)
    before: dict[str, set[str]] = defaultdict(set)
    came_ever: Counter[frozenset[str]] = Counter()
    came: dict[frozenset[str], list[int]] = defaultdict(lambda: [0, 0])
    for way in ways:
        for label, place in way.course.after:
            places[label][place] += way.journey_count
        for label, place in way.course.after_before_purchase:
            before[label].add(place)
        came_ever[way.course.came_ever] += way.journey_count
        _add(came[way.course.came], way.settled)
    return places, before, came_ever, came


def _shown(ways: Sequence[_Way]) -> dict[str, _Tally]:
    """By label the settled journeys that show it before the purchase.

    Where they came to after they had first shown it they are neither with it nor without.
    """
    found: dict[str, _Tally] = {}
    for way in ways:
        by_label: dict[str, set[str]] = {label: set() for label in way.course.reached}
        for label, place in way.course.shown:
            by_label[label].add(place)
        for label, places in by_label.items():
            at = frozenset(places)
            key = (way.course.came, (way.course.reached[label] | at, at))
            _add(found.setdefault(label, {}).setdefault(key, [0, 0]), way.settled)
    return found


def _cells(came: Mapping[frozenset[str], list[int]], shown: _Tally, places: set[str]) -> Cells:
    """Journeys by the places of a label that they came to, and by those of them after which they show it."""
    found: dict[Cell, list[int]] = defaultdict(lambda: [0, 0])
    for known, counts in came.items():
        _add(found[known & places, _NOBODY], counts)
    for (known, (reached, at)), counts in shown.items():
        _add(found[known & places, _NOBODY], [-count for count in counts])
        _add(found[reached & places, at & places], counts)
    return _kept(found)


def _add(counts: list[int], more: Iterable[int]) -> None:
    for place, count in enumerate(more):
        counts[place] += count


def _kept(found: Mapping[Cell, Sequence[int]]) -> Cells:
    return {cell: (counts[0], counts[1]) for cell, counts in found.items() if cell[0] and any(counts)}


def _missing_rows(ways: Sequence[_Way]) -> Iterator[tuple[Any, ...]]:
    found: dict[str, dict[Cell, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    passed: set[str] = set()
    for way in ways:
        for told, has_it in ((way.course.passed, True), (way.course.done, False)):
            for label, place in told.items():
                at = frozenset({place})
                _add(found[label][at, at if has_it else _NOBODY], way.settled)
        passed |= way.course.missing
    for label in sorted(passed):
        cells = _kept(found[label])
        is_seen = any(shown for _, shown in cells)
        yield MISSING, label, None, None, *_told(cells, NOT_COMPARABLE if is_seen else CERTAIN)


def _told(cells: Cells, note: str) -> tuple[Any, ...]:
    """The columns of an outcome; without one a note that says why."""
    found = outcome(cells)
    if found is None:
        return None, None, None, None, None, None, None, note
    points = (100 * (found.lost_with - found.lost_without), 100 * found.low, 100 * found.high)
    return found.with_count, found.without_count, found.lost_with, found.lost_without, *points, None
