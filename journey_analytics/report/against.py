"""Two selections beside each other, in numbers: how many more are lost in one than in the other."""

from collections.abc import Iterator
from math import hypot
from typing import Any

import polars as pl

from journey_analytics.language import said
from journey_analytics.report.figures.dropoff import of_all
from journey_analytics.report.markup import Html, tag
from journey_analytics.report.selection import Choice
from journey_analytics.report.wording import signed, signed_interval, stage_title

_Row = dict[str, Any]


def are_apart(one: Choice, other: Choice) -> bool:
    """Whether no entry into a stage can be in both: each has one value of every segment, and these differ."""
    if one.months and other.months and (one.months[1] < other.months[0] or other.months[1] < one.months[0]):
        return True
    named = (set(one.conditions) & set(other.conditions)) - {"month"}
    return any(one.conditions[segment] != other.conditions[segment] for segment in named)


def against(mine: pl.DataFrame, other: pl.DataFrame, *, letter: str, is_apart: bool) -> Html | None:
    """What differs from the other selection in the estimated share lost, by stage; null where no stage has both.

    Args:
        mine: the drop-off under this selection.
        other: that of the one it is held against.
        letter: what the other one is called.
        is_apart: no entry into a stage is in both (`are_apart`). Only then has a difference an interval: that of two
            independent shares, from the intervals of both (Zou & Donner 2008, Statistics in Medicine 27:1693).
    """
    told = [tag("li", *words) for words in _differences(mine, other, is_apart=is_apart)]
    if not told:
        return None
    title = said("Lost here, against {letter}", letter=letter)
    note = None if is_apart else said("No intervals: the same journeys can be in both selections.")
    return tag(
        "div",
        tag("p", title, class_="what"),
        tag("ul", *told),
        tag("p", note, class_="more") if note else None,
        class_="against",
    )


def _differences(mine: pl.DataFrame, other: pl.DataFrame, *, is_apart: bool) -> Iterator[tuple[Html | str, ...]]:
    there = {row["stage"]: row for row in of_all(other).iter_rows(named=True)}
    for row in of_all(mine).iter_rows(named=True):
        facing = there.get(row["stage"])
        if facing is None or row["estimated_dropoff_share"] is None or facing["estimated_dropoff_share"] is None:
            continue
        points = 100 * (row["estimated_dropoff_share"] - facing["estimated_dropoff_share"])
        text = said("{stage} {points} points", stage=stage_title(row["stage"]), points=signed(points))
        low, high = _interval(row, facing) if is_apart else (None, None)
        if low is None or high is None:
            yield (text,)
        else:
            yield (tag("b", text) if low > 0 or high < 0 else text, f" ({signed_interval(low, high)})")


def _interval(row: _Row, facing: _Row) -> tuple[float | None, float | None]:
    share, low, high = (row[f"estimated_{part}_share"] for part in ("dropoff", "low", "high"))
    other, other_low, other_high = (facing[f"estimated_{part}_share"] for part in ("dropoff", "low", "high"))
    if None in (low, high, other_low, other_high):
        return None, None
    difference = share - other
    below, above = hypot(share - low, other_high - other), hypot(high - share, other - other_low)
    return 100 * (difference - below), 100 * (difference + above)
