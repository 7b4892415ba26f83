"""Planned and actual in plain words, for the report and the command."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from journey_analytics.language import number, said

CAUTION: Final = (
    "Lost with it and without: settled journeys that came to the same place of the plan before a purchase. "
    "Association, not cause: what is at stake is what the journeys with it would buy more if they were lost as seldom "
    "as those without it, told where the 95 % interval of the difference excludes 0."
)
SIGHT: Final = (
    "Journeys in progress are judged by what came so far; where a lost journey was left, the rest is not missing; nor "
    "is what may have come before the data begin."
)
NEVER: Final = "never_happens"
UNPLANNED: Final = "unplanned"

_Row = Mapping[str, Any]


def deviation_words(row: _Row) -> str:
    """What a deviation is, in a few words after the name of its activity."""
    if row["kind"] == "missing":
        return said("left out")
    return said("out of place") if row["is_planned"] else said("not planned")


def costliest(rows: Sequence[_Row]) -> _Row | None:
    """The deviation with most at stake; None where nothing is."""
    return next((row for row in rows if row["stake_place"] == 1), None)


def fit_sentence(row: _Row) -> str:
    """How many journeys do nothing but what is planned; percentages have their base."""
    if row["aligned_journey_count"] is None:
        return row["note"] or said("nothing was held against the plan")
    if row["conforming_share"] is None:
        return said("no journey could be held against the plan")
    share, low, high = (number(f"{100 * row[f'conforming_{end}share']:.1f}") for end in ("", "low_", "high_"))
    return said(
        "{conforming} of {aligned} journeys ({share} %, 95 % interval {low}–{high} %) did nothing but what is planned, "
        "as far as can be seen",
        conforming=number(f"{row['conforming_count']:,}"),
        aligned=number(f"{row['aligned_journey_count']:,}"),
        share=share,
        low=low,
        high=high,
    )
