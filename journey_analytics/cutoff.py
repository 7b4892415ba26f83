"""The cut-off T: up to when every source that counts is known to be complete.

Without it, a source that has fallen silent for three days looks like customers leaving.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final

import polars as pl

from journey_analytics.errors import DataError
from journey_analytics.warehouse import Warehouse

USUAL_DAYS: Final = 90
"""A source's pauses are judged by those of so many days before its last touchpoint.

When it was new it was quiet: by its longest pause ever, a help desk of ten touchpoints a day may fall silent for four
days before anybody notices.
"""
SILENCE_NEEDS: Final = 20
"""A source with fewer touchpoints in these days has no usual pause: it is never called silent."""


def cutoff_rows(times: pl.DataFrame, *, guarding: Collection[str], as_of: datetime | None) -> pl.DataFrame:
    """What each source says about T: one row per source, ordered by name, for `run.cutoff`.

    A source is complete until the last touchpoint of all sources, unless it has been silent for longer than its longest
    pause of the last `USUAL_DAYS`; then it is complete until its own last touchpoint. T is the earliest
    `complete_until` of the guarding sources (of all, when none of them has touchpoints), or `as_of` when that is given:
    a date chosen by hand wins.

    Args:
        times: `source`, `first_seen_at`, `last_seen_at`, and of the last `USUAL_DAYS` before that `longest_gap_us`,
            `touchpoint_count`; one row per source.
        guarding: names of the sources that may hold T back.
        as_of: T itself, naive in UTC.

    Returns:
        source, last_seen_at, longest_gap_seconds, is_silent, complete_until, guards_cutoff, cutoff_at (T, the same in
        every row); no row where there is no touchpoint, and then there is no T.
    """
    silence = pl.col("last_seen_at").max() - pl.col("last_seen_at")
    is_silent = (silence.dt.total_microseconds() > pl.col("longest_gap_us")) & (
        pl.col("touchpoint_count") >= SILENCE_NEEDS
    )
    known = times.sort("source").with_columns(
        is_silent=is_silent,
        complete_until=pl.when(is_silent).then("last_seen_at").otherwise(pl.col("last_seen_at").max()),
        guards_cutoff=pl.col("source").is_in(list(guarding)),
    )
    return known.select(
        "source",
        "last_seen_at",
        (pl.col("longest_gap_us") / 1_000_000).alias("longest_gap_seconds"),
        "is_silent",
        "complete_until",
        "guards_cutoff",
        _cutoff(as_of).cast(pl.Datetime("us")).alias("cutoff_at"),
    )


def _cutoff(as_of: datetime | None) -> pl.Expr:
    if as_of is not None:
        return pl.lit(as_of)
    guarded = pl.col("complete_until").filter(pl.col("guards_cutoff")).min()
    return pl.coalesce(guarded, pl.col("complete_until").min())


def last_cutoff(warehouse: Warehouse) -> datetime:
    """T of the last build, naive in UTC.

    Raises:
        DataError: nothing was built yet.
    """
    if not warehouse.has("run.build") or not warehouse.value("select count(*) from run.build"):
        raise DataError("nothing was built yet: run `journey run` first")
    return warehouse.value("select cutoff_at from run.build order by build_id desc limit 1")
