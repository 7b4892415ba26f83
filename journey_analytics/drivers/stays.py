"""The stays of one stage, from its entrants and what happened in their journeys."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import polars as pl

from journey_analytics.contract import UNKNOWN
from journey_analytics.drivers.drivers import FACTORS, Stays

_BEFORE: Final = (0, 2, 5, 10)
"""Touchpoints before entering, in bands up to each of these."""


def stays_of(
    stage: str,
    entered: pl.DataFrame,
    happened: pl.DataFrame,
    *,
    cutoff: datetime,
    visit_gap_us: int,
    segments: Sequence[str] = (),
    note: str | None = None,
) -> Stays:
    """The stays of one stage as `driver_rows` reads them.

    Args:
        stage: its name.
        entered: its rows of `entrants`.
        happened: touchpoints of these journeys before the end of the stay: `journey_id`, `activity`, `channel`,
            `is_passive`, `position`, `at_us` (after entering; negative before).
        cutoff: T, naive in UTC.
        visit_gap_us: a longer pause begins another visit.
        segments: columns of `entered` to ask.
        note: for every row.
    """
    entered = entered.sort("journey_id").with_columns(stay=pl.int_range(pl.len(), dtype=pl.Int64))
    numbered = happened.join(entered.select("journey_id", "stay", "first_channel"), on="journey_id").sort(
        "stay", "position"
    )
    before = numbered.filter(pl.col("at_us") < 0).group_by("stay").agg(before=pl.len())
    within = numbered.filter(pl.col("at_us") >= 0)
    return Stays(
        stage=stage,
        stay=_facts(entered.join(before, on="stay", how="left", maintain_order="left"), segments, cutoff),
        state=_states(entered, within.filter(~pl.col("is_passive")), visit_gap_us),
        passive=within.filter("is_passive").select("stay", "at_us", "activity"),
        segments=segments,
        note=note,
    )


def _facts(entered: pl.DataFrame, segments: Sequence[str], cutoff: datetime) -> pl.DataFrame:
    window = pl.duration(days="window_days")
    seen = pl.col("before").fill_null(0)
    bands = sum(((seen > limit).cast(pl.Int64) for limit in _BEFORE), start=pl.lit(0, dtype=pl.Int64))
    known = [name for name in FACTORS if name in entered.columns]
    text = [pl.col(name).cast(pl.String).fill_null(UNKNOWN) for name in dict.fromkeys((*known, *segments))]

    return entered.select(
        "stay",
        *text,
        customer=pl.col("customer_id").rank("dense").cast(pl.Int64),
        end_us="duration_us",
        is_advance=pl.col("outcome") == "advanced",
        is_lost=pl.col("outcome") == "dropped",
        is_over=(pl.col("outcome") != "open") & (pl.col("entered_at") <= cutoff - window),
        entered_in=pl.col("entered_at").dt.strftime("%Y-%m"),
        activity_before=bands.cast(pl.String),
    )


def _states(entered: pl.DataFrame, acts: pl.DataFrame, visit_gap_us: int) -> pl.DataFrame:
    """The entry of each stay, then the customer's own touchpoints; `channel` only where it is not the first one."""
    entry = entered.select(
        "stay",
        at_us=pl.lit(0, dtype=pl.Int64),
        activity=pl.lit(None, dtype=pl.String),
        channel=pl.lit(None, dtype=pl.String),
        position=pl.lit(-1, dtype=pl.Int64),
        is_entry=pl.lit(True),
    )
    other = pl.when(pl.col("channel") != pl.col("first_channel").fill_null("")).then("channel")
    own = acts.select("stay", "at_us", "activity", other.alias("channel"), "position", is_entry=pl.lit(False))
    begins = pl.col("at_us") - pl.col("at_us").shift(1) > visit_gap_us
    rows = (
        pl.concat([entry, own])
        .sort("stay", "at_us", "position")
        .with_columns(visit=(pl.col("is_entry") | begins).fill_null(value=True).cast(pl.Int64).cum_sum())
    )
    first = pl.when("is_entry").then("visit").forward_fill()
    return rows.select("stay", "at_us", "activity", "channel", "is_entry", visit=pl.col("visit") - first + 1)
