"""The share of entrants that advances within the window, open ones censored, day by day. Pure: frame in, frame out.

Days end at T's hour. Whoever is watched on a day of the stay is then watched for all of it, and nothing that was
watched is left out. By the minute it would not be so, because customers act at certain hours: of those who enter a
number of days before T, the last ones still seen are seen in the evening, and not in the night that follows. With a T
at midnight, the drop-off of the last 30 days' entrants came out 0.2 points too low, with a T in the morning too high.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import polars as pl

from journey_analytics.instants import naive

BORROWED_COUNT: Final = 3
"""To how many entrants of the days around it each day's hazard is drawn, in the variance only."""
BORROWED_DAYS: Final = 15
"""How many days those are, the day itself in their middle."""

_DAY_US: Final = 86_400_000_000
_WINDOW_US: Final = pl.col("window_days").cast(pl.Int64) * _DAY_US
_N: Final = pl.col("at_risk")
_KNOWN: Final = ("ended", "counted", "competing")


def stay_days(
    visits: pl.LazyFrame, *, cutoff: datetime, group: Sequence[str | pl.Expr], also: Sequence[pl.Expr] = ()
) -> pl.LazyFrame:
    """Count the stays by the day on which they ended or were last seen: all that an incidence needs to know of them.

    Args:
        visits: `entered_at` (naive UTC), `outcome` (`open` for those still in progress at T), `duration_us` (to the
            outcome, or to T; at most the window) and the columns of `group`, `window_days` (whole days) among them. In
            any order.
        cutoff: T; a naive one is UTC.
        group: the columns of a group; each has its own curve.
        also: what else to count of the visits.

    Returns:
        One row per group, `outcome` and `day` of the stay on which there is one, in any order: `stay_count`, and
        `lasting_count` of them that last to the window's end.
    """
    counts = {"stay_count": pl.len(), "lasting_count": (pl.col("duration_us") >= _WINDOW_US).sum()}
    counted = [count.cast(pl.Int64).alias(name) for name, count in counts.items()]
    return visits.with_columns(day=stay_day(cutoff)).group_by(*group, "outcome", "day").agg(*counted, *also)


def window_incidence(
    stays: pl.DataFrame, *, group: Sequence[str], causes: Sequence[str] = ("advanced",)
) -> pl.DataFrame:
    """The Aalen–Johansen cumulative incidence of some outcomes at the window's end, and its variance.

    Args:
        stays: as `stay_days` counts them; one group, outcome and day may have several rows.
        group: the columns of a group, `window_days` among them; each has its own curve.
        causes: the outcomes whose incidence it is, taken together; all others but `open` compete with them.

    Returns:
        The columns of `group`, `incidence` (of all entrants, 0 to 1) and `variance`; one row per group, in their order.

    Source: Aalen & Johansen 1978, Scand. J. Statist. 5:141; the variance is Greenwood's by the delta method, over days
    as ties. With nobody open it is p(1 − p)/n but for what is borrowed.
    """
    days = daily_incidence(stays, group=group, causes=causes)
    parts = days.with_columns(incidence=pl.col("step"), variance=_variance(group))
    return parts.group_by(group, maintain_order=True).agg(pl.col("incidence", "variance").sum())


def daily_incidence(
    stays: pl.DataFrame, *, group: Sequence[str], causes: Sequence[str] = ("advanced",)
) -> pl.DataFrame:
    """The curve itself: one row per group and day in the stage, from 0 to the window, in this order.

    Args are those of `window_incidence`. Returns, beside the columns of `group`: `day`, `at_risk` (entrants in the
    stage and seen on that day), `counted` and `competing` (of them, who end on that day by one of the causes, by
    another one; whoever is still there when the window ends does not compete), `survival` (share to whom nothing has
    happened before), `step` (share of all entrants that the causes take on that day) and `remaining` (that they take
    later).
    """
    found = _days(stays, group=group, causes=causes)
    known = found.with_columns(at_risk=pl.col("ended").cum_sum(reverse=True).over(group))
    survival = (1 - (_hazard("counted") + _hazard("competing"))).cum_prod().shift(1, fill_value=1.0).over(group)
    steps = known.with_columns(survival=survival).with_columns(step=pl.col("survival") * _hazard("counted"))
    later = (pl.col("step").cum_sum(reverse=True) - pl.col("step")).clip(0.0).over(group)
    return steps.with_columns(remaining=later).drop("ended")


def _days(stays: pl.DataFrame, *, group: Sequence[str], causes: Sequence[str]) -> pl.DataFrame:
    """How many ended on each day of the stay, in whatever way; days on which nobody did are there, too."""
    is_counted, is_open = pl.col("outcome").is_in(list(causes)), pl.col("outcome") == "open"
    count = pl.col("stay_count")
    ended = stays.group_by(*group, "day").agg(
        ended=count.sum(),
        counted=count.filter(is_counted).sum(),
        competing=(count - pl.col("lasting_count")).filter(~is_counted & ~is_open).sum(),
    )
    every = ended.select(group).unique().with_columns(day=pl.int_ranges(pl.col("window_days") + 1)).explode("day")
    return (
        every.join(ended, on=[*group, "day"], how="left").with_columns(pl.col(_KNOWN).fill_null(0)).sort(*group, "day")
    )


def stay_day(cutoff: datetime, *, duration: str = "duration_us") -> pl.Expr:
    """On which day in the stage, days ending at T's hour, the stay ended or was last seen; `duration` is its column."""
    followable = (pl.lit(naive(cutoff)).cast(pl.Datetime("us")) - pl.col("entered_at")).dt.total_microseconds()
    return followable // _DAY_US - (followable - pl.col(duration)) // _DAY_US


def _hazard(ending: str) -> pl.Expr:
    return pl.when(_N > 0).then(pl.col(ending) / _N).otherwise(0.0)


def _variance(group: Sequence[str]) -> pl.Expr:
    """What a day adds to the variance of the incidence: of two shares of the same entrants at risk.

    A day's own hazard says too little where few are left: that nobody of three advanced is no certainty. There it is
    drawn to the hazard of the days around it; without that, 95 % intervals of 200 entrants covered 87 %.
    """
    goes_on = 1 - _hazard("counted") - _hazard("competing")
    by_competing = -pl.when(goes_on > 0).then(pl.col("remaining") / goes_on).otherwise(0.0)
    by_counted = pl.col("survival") + by_competing
    counted, competing = _drawn("counted", group), _drawn("competing", group)
    mean = counted * by_counted + competing * by_competing
    spread = counted * by_counted**2 + competing * by_competing**2 - mean**2
    return pl.when(_N > 0).then(spread / _N).otherwise(0.0)


def _drawn(ending: str, group: Sequence[str]) -> pl.Expr:
    around = [
        pl.col(name).rolling_sum(BORROWED_DAYS, center=True, min_samples=1).over(group) for name in (ending, "at_risk")
    ]
    return (pl.col(ending) + BORROWED_COUNT * around[0] / around[1]) / (_N + BORROWED_COUNT)
