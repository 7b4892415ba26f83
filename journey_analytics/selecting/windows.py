"""What became of each entrant, read with another window. Pure: frame in, frame out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.instants import naive

OFFERED: Final = (7, 14, 30, 60, 90)
"""Windows of the stages before the purchase, in days, that are counted every night, so that they answer at once."""

OWN: Final = 0
"""In the place of an offered window: each stage has its own."""

_DAY_US: Final = 86_400_000_000


def windows_of(days: int, own: Mapping[str, int]) -> dict[str, int]:
    """The window of every stage of `own` when those before the purchase have so many days; with `OWN`, their own.

    The time after a purchase keeps its own: who buys again does so in months.
    """
    return {stage: own[stage] if days == OWN or stage == STAGES[-1] else days for stage in own}


def offered_windows(own: Mapping[str, int]) -> dict[int, dict[str, int]]:
    """The windows to count for: by its days the window of every stage; what is the stages' own is that alone."""
    found = {days: windows_of(days, own) for days in (OWN, *OFFERED)}
    return {days: windows for days, windows in found.items() if days == OWN or windows != found[OWN]}


def rewindowed(visits: pl.DataFrame, *, windows: Mapping[str, int], cutoff: datetime) -> pl.DataFrame:
    """The visits with `window_days`, `outcome` and `duration_us` as another window gives them.

    A window and a journey's moments are independent of each other, so this is what a run with these windows would have
    written: `advanced` when the advance came within the window, `dropped` when the window or the journey's closing came
    first and no later than T, else `open`. With the windows of the run itself nothing changes.

    Args:
        visits: rows of `core.stage_visit`: `stage`, `entered_at`, `advanced_at`, `closed_at` (naive UTC, null where
            there was none up to T), and any other columns.
        windows: days by stage; a stage that is missing keeps its own.
        cutoff: T; a naive one is UTC.
    """
    days = pl.col("stage").replace_strict(dict(windows), default=pl.col("window_days"), return_dtype=pl.Int64)
    window = pl.col("window_days").cast(pl.Int64) * _DAY_US
    advance, closing = _elapsed("advanced_at"), _elapsed("closed_at")
    watched = (pl.lit(naive(cutoff)).cast(pl.Datetime("us")) - pl.col("entered_at")).dt.total_microseconds()
    lost = pl.min_horizontal(closing, window)
    is_advanced, is_lost = (advance <= window).fill_null(value=False), lost <= watched
    return visits.with_columns(window_days=days).with_columns(
        outcome=pl.when(is_advanced)
        .then(pl.lit("advanced"))
        .when(is_lost)
        .then(pl.lit("dropped"))
        .otherwise(pl.lit("open")),
        duration_us=pl.when(is_advanced).then(advance).when(is_lost).then(lost).otherwise(watched),
    )


def _elapsed(moment: str) -> pl.Expr:
    return (pl.col(moment) - pl.col("entered_at")).dt.total_microseconds()
