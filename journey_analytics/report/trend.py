"""How the loss of a stage moves from month to month, and whether the last move is more than chance. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from journey_analytics.report.wording import SMALL_SAMPLE

_SURE = 1.959963984540054
"""Standard errors on either side of a 95 % interval."""


@dataclass(frozen=True)
class Month:
    """The entrants of a stage in one month.

    `share`, `low`, `high`: estimated share lost within the window with its 95 % interval. `is_over`: the window of all
    of them is over at the cut-off, so the share is final.
    """

    month: str
    share: float
    low: float
    high: float
    entered_count: int
    is_over: bool

    @property
    def is_small(self) -> bool:
        """Fewer than 30 entrants: shown, but nothing is concluded from it."""
        return self.entered_count < SMALL_SAMPLE


@dataclass(frozen=True)
class Move:
    """The last month whose window is over against the one before it that is: points (0–100) more lost, 95 % interval.

    The months are different journeys, so the variances add up (normal approximation of each interval).
    """

    before: Month
    after: Month
    points: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """`worse` or `better` where the interval leaves zero out, else `same`."""
        return "worse" if self.low > 0 else "better" if self.high < 0 else "same"


def months(dropoff: pl.DataFrame, stage: str | None, *, as_of: datetime | None) -> list[Month]:
    """The months of entering a stage that have an estimate, in time.

    Args:
        dropoff: `mart.stage_dropoff`; its rows of the segment `entry_month` are read.
        stage: null gives no months.
        as_of: the cut-off T, UTC; null: no window is known to be over.
    """
    rows = dropoff.filter((pl.col("segment") == "entry_month") & pl.col("stage").eq_missing(pl.lit(stage)))
    known = rows.drop_nulls(["estimated_dropoff_share", "estimated_low_share", "estimated_high_share"])
    return [_month(row, as_of) for row in known.sort("segment_value").to_dicts()]


def last_move(found: list[Month]) -> Move | None:
    """The difference of the two last months that are over and large enough; null where there are no two."""
    sure = [month for month in found if month.is_over and not month.is_small]
    if len(sure) < 2:  # noqa: PLR2004 - a move needs two
        return None
    before, after = sure[-2:]
    points = 100 * (after.share - before.share)
    reach = 100 * _SURE * math.hypot(_error(before), _error(after))
    return Move(before, after, points, points - reach, points + reach)


def _error(month: Month) -> float:
    return (month.high - month.low) / (2 * _SURE)


def _month(row: Mapping[str, Any], as_of: datetime | None) -> Month:
    return Month(
        month=row["segment_value"],
        share=row["estimated_dropoff_share"],
        low=row["estimated_low_share"],
        high=row["estimated_high_share"],
        entered_count=row["entered_count"],
        is_over=_is_over(row["segment_value"], row["window_days"], as_of),
    )


def _is_over(month: str, window_days: int, as_of: datetime | None) -> bool:
    """Whether those who entered in the last moment of the month have had their whole window."""
    try:
        first = datetime.strptime(month, "%Y-%m")  # noqa: DTZ007 - instants of the marts are naive UTC
    except ValueError:
        return False
    after = (first + timedelta(days=31)).replace(day=1)
    return as_of is not None and after + timedelta(days=window_days) <= as_of
