"""What is counted in each period: who entered a stage, who advanced by the period's end, what followed an activity.

Every period is looked at as from its own end. An entrant of an earlier period who advanced after that end has not
advanced here, and an activity counts only where it had the whole time `follow` to be followed by another one. So the
fresh period has no handicap against the old ones.
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

from journey_analytics.change.periods import Periods
from journey_analytics.contract import UNKNOWN

WHOLE: Final = "all"
NOTHING: Final = ""
"""In place of the next activity: none within the time to follow. Outside this package it is null."""
OCCURRENCE_COLUMNS: Final = (
    "customer_id", "journey_id", "activity", "occurred_at", "next_activity", "next_gap_us", "is_passive",
)  # fmt: skip
"""What is read of a touchpoint."""

_DAY_US: Final = 86_400_000_000


def stage_units(entrants: pl.DataFrame, *, periods: Periods, segments: Sequence[str]) -> pl.DataFrame:
    """Entrants of any of the periods: `stage`, `period`, `stratum`, `x` (1: advanced by its end) and the segments.

    The stratum is the number of whole days from entering to the end of the period: how long the entrant was watched.

    Args:
        entrants: `stage`, `entered_at`, `outcome`, `advanced_at` and the segments, of journeys at any later time.
        periods: which ones.
        segments: columns; a null becomes 'unknown'.
    """
    seen = entrants.with_columns(period=periods.number(pl.col("entered_at"))).filter(pl.col("period").is_not_null())
    waited = (pl.col("advanced_at") - pl.col("entered_at")).dt.total_microseconds()
    seen_us = periods.seen_us(pl.col("entered_at"))
    advanced = (pl.col("outcome") == "advanced") & (waited <= seen_us)
    return seen.select(
        "stage",
        "period",
        *(pl.col(name).cast(pl.String).fill_null(UNKNOWN).alias(name) for name in segments),
        stratum=seen_us // _DAY_US,
        x=advanced.fill_null(value=False).cast(pl.Int64),
    )


def stage_tallies(units: pl.DataFrame, *, segments: Sequence[str]) -> pl.DataFrame:
    """Units by stage, segment and value, period and stratum, as `comparison` reads them; each unit is a cluster."""
    parts = [_of_segment(units, WHOLE, pl.lit(WHOLE))]
    parts += [_of_segment(units, name, pl.col(name)) for name in segments]
    return pl.concat(parts)


def _of_segment(units: pl.DataFrame, name: str, value: pl.Expr) -> pl.DataFrame:
    counts = units.group_by("stage", "period", "stratum", segment_value=value).agg(
        n=pl.len().cast(pl.Int64), x=pl.col("x").sum()
    )
    return counts.with_columns(segment=pl.lit(name), xx="x", xn="x", nn="n").select(
        "stage", "segment", "segment_value", "period", "stratum", "n", "x", "xx", "xn", "nn"
    )


def edge_units(occurrences: pl.DataFrame, *, periods: Periods) -> pl.DataFrame:
    """Occurrences of activities that had time to be followed, with their `period` and what came `next`.

    `next` is the journey's next activity when it came within the time `follow`, else `NOTHING`.

    Args:
        occurrences: touchpoints with `OCCURRENCE_COLUMNS`.
        periods: which ones; the last `follow` of each is left out, in all alike.
    """
    follow_us = periods.follow.total_seconds() * 1e6
    in_time = pl.col("next_gap_us") <= follow_us
    return (
        occurrences.with_columns(period=periods.number(pl.col("occurred_at")))
        .filter(pl.col("period").is_not_null() & (periods.seen_us(pl.col("occurred_at")) >= follow_us))
        .select(
            "customer_id",
            "journey_id",
            "activity",
            "period",
            "is_passive",
            next=pl.when(in_time).then("next_activity").otherwise(pl.lit(NOTHING)).fill_null(NOTHING),
        )
    )


def edge_tallies(units: pl.DataFrame) -> pl.DataFrame:
    """Occurrences by activity, next one and period, as `comparison` reads them; a customer's are one cluster.

    Every edge has a row for each period in which its first activity occurred, also where it was never followed so.
    """
    of_customer = units.group_by("period", "activity", "customer_id", "next").agg(x=pl.len().cast(pl.Int64))
    clusters = of_customer.with_columns(n=pl.col("x").sum().over("period", "activity", "customer_id"))
    followed = clusters.group_by("activity", "next", "period").agg(
        pl.col("x").sum(), xx=(pl.col("x") ** 2).sum(), xn=(pl.col("x") * pl.col("n")).sum()
    )
    totals = (
        of_customer.group_by("activity", "period", "customer_id")
        .agg(n=pl.col("x").sum())
        .group_by("activity", "period")
        .agg(pl.col("n").sum(), nn=(pl.col("n") ** 2).sum())
    )
    edges = followed.select("activity", "next").unique().join(totals, on="activity")
    return (
        edges.join(followed, on=["activity", "next", "period"], how="left")
        .with_columns(pl.col("x", "xx", "xn").fill_null(0), stratum=pl.lit(0, dtype=pl.Int64))
        .select("activity", "next", "period", "stratum", "n", "x", "xx", "xn", "nn")
    )


def sent_activities(units: pl.DataFrame) -> list[str]:
    """Activities that are mostly passive: what the shop sends, not what customers do. Sorted.

    That one of them comes next depends on when the shop sends its mails, so a change of it is no news of customers.
    """
    mostly = units.group_by("activity").agg(pl.col("is_passive").mean()).filter(pl.col("is_passive") > 0.5)  # noqa: PLR2004
    return mostly["activity"].sort().to_list()
