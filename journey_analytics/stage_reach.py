"""How many get from one stage to a later one: overall shares, in the same three states. Pure: frame in, frame out."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import combinations
from typing import Final

import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.dropoff import counted_stays, dropoff_of
from journey_analytics.instants import naive

PURCHASE: Final = "purchase"
GOALS: Final = (*STAGES[:3], PURCHASE)
"""What can be left and reached, in order: `post_purchase` is entered at the purchase, and so stands for it."""

_DAY_US: Final = 86_400_000_000
_SEPARATOR: Final = " > "
_REACHED_AT: Final = {"consideration": "advanced_at", "decision": "decision_at", PURCHASE: "purchased_at"}
_PAIR: Final = ("from_stage", "to_stage")


def stage_reach(
    visits: pl.DataFrame,
    *,
    windows: Mapping[str, int],
    cutoff: datetime,
    minimum_count: int = 30,
    segments: Sequence[str] = (),
) -> pl.DataFrame:
    """Of the journeys that entered a stage, those that reach a later one, or the purchase.

    Reached is at the first later touchpoint of `to_stage` *or of a higher one*: who goes from awareness straight to the
    checkout has reached the consideration, as in `stage_dropoff`. The window is the sum of the windows of `from_stage`
    and of the stages between, counted from the entry. A journey is missed when the window has passed or the journey was
    closed before, and open when neither. So of two neighbouring stages the counts are those of `stage_dropoff`, to the
    journey. Over several stages the share is *not* the product of the steps: journeys enter in the middle, skip stages,
    and have the whole window for all steps together.

    Args:
        visits: as for `stage_dropoff`, with `advanced_at`, `decision_at`, `purchased_at` and `closed_at` (naive UTC,
            null where there was none up to T).
        windows: days by stage, as in `config.stage_window`.
        cutoff: T; a naive one is UTC.
        minimum_count: entrants below which a row is marked and not ranked.
        segments: columns to split by, besides the whole.

    Returns:
        One row per segment, value, from_stage and to_stage: entered_count = reached_count + missed_count + open_count.
        `observed_reach_share` is reached / (reached + missed) of the `observed_count` entrants whose window is over at
        T, `estimated_reach_share` the Aalen–Johansen cumulative incidence of reaching at the window's end, of all
        entrants. Intervals and nulls are those of `stage_dropoff`, turned round.
    """
    ways = stage_ways(visits, windows=windows, cutoff=cutoff, segments=segments)
    stays = counted_stays(ways, cutoff=cutoff, segments=segments)
    return reach_of(stays, cutoff=cutoff, minimum_count=minimum_count)


def stage_ways(
    visits: pl.DataFrame, *, windows: Mapping[str, int], cutoff: datetime, segments: Sequence[str] = ()
) -> pl.DataFrame:
    """The ways from a stage to each later goal, in the words of `stage_dropoff`: who reaches the goal advances.

    Args are those of `stage_reach`. One row per visit and goal after its stage; `stage` is `from_stage > to_stage`.
    """
    pairs = combinations(GOALS, 2)
    return pl.concat([_way(visits, *pair, windows=windows, cutoff=cutoff, segments=segments) for pair in pairs])


def reach_of(stays: pl.DataFrame, *, cutoff: datetime, minimum_count: int = 30) -> pl.DataFrame:
    """`stage_reach` of ways that `counted_stays` has counted."""
    found = dropoff_of(stays, cutoff=cutoff, minimum_count=minimum_count)
    pair = pl.col("stage").str.split_exact(_SEPARATOR, 1).struct.rename_fields(_PAIR)
    in_order = [pl.col(name).cast(pl.Enum(GOALS)) for name in _PAIR]
    return (
        found.with_columns(pair.alias("pair"))
        .unnest("pair")
        .with_columns(**_turned_round())
        .select(_COLUMNS)
        .sort("segment", "segment_value", *in_order)
    )


def _way(
    visits: pl.DataFrame,
    start: str,
    goal: str,
    *,
    windows: Mapping[str, int],
    cutoff: datetime,
    segments: Sequence[str],
) -> pl.DataFrame:
    days = sum(windows[stage] for stage in GOALS[GOALS.index(start) : GOALS.index(goal)])
    reached, closed = _elapsed(_REACHED_AT[goal]), _elapsed("closed_at")
    lost = pl.min_horizontal(closed, pl.lit(days * _DAY_US))
    watched = (pl.lit(naive(cutoff)).cast(pl.Datetime("us")) - pl.col("entered_at")).dt.total_microseconds()
    is_reached, is_lost = reached <= days * _DAY_US, lost <= watched
    return visits.filter(pl.col("stage") == start).select(
        "entered_at",
        *segments,
        stage=pl.lit(f"{start}{_SEPARATOR}{goal}"),
        window_days=pl.lit(days, dtype=pl.Int64),
        outcome=pl.when(is_reached)
        .then(pl.lit("advanced"))
        .when(is_lost)
        .then(pl.lit("dropped"))
        .otherwise(pl.lit("open")),
        duration_us=pl.when(is_reached).then(reached).when(is_lost).then(lost).otherwise(watched),
    )


def _elapsed(moment: str) -> pl.Expr:
    return (pl.col(moment) - pl.col("entered_at")).dt.total_microseconds()


def _turned_round() -> dict[str, pl.Expr]:
    """What is not lost is reached: shares and their bounds from the other end."""
    turned = {"low": "high", "high": "low"}
    bounds = {
        f"{kind}_{end}_share": 1 - pl.col(f"{kind}_{other}_share")
        for kind in ("observed", "estimated")
        for end, other in turned.items()
    }
    shares = {f"{kind}_reach_share": 1 - pl.col(f"{kind}_dropoff_share") for kind in ("observed", "estimated")}
    return {**shares, **bounds, "reached_count": pl.col("advanced_count"), "missed_count": pl.col("dropped_count")}


_COLUMNS: Final = (
    "as_of_on", "segment", "segment_value", *_PAIR, "window_days", "entered_count", "reached_count", "missed_count",
    "open_count", "observed_reach_share", "estimated_reach_share", "estimated_low_share", "estimated_high_share",
    "observed_low_share", "observed_high_share", "observed_count", "is_ranked", "at_risk_count", "estimate_note",
)  # fmt: skip
