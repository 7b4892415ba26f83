"""The stays of all entrants, counted by everything that can be chosen: any combination is a sum over few rows. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import polars as pl
from polars import selectors

from journey_analytics.dropoff import FOLLOWED, watched
from journey_analytics.incidence import stay_day, stay_days
from journey_analytics.stage_exit import exit_stays

_WINDOW_US: Final = pl.col("window_days").cast(pl.Int64) * 86_400_000_000
_WHOLE: Final = "all"
_READS: Final = ("outcome", "exit")
_COUNTS: Final = ("stay_count", "lasting_count", "exit_lasting_count", "over_count", "followed_count")


def stay_cube(visits: pl.DataFrame, *, cutoff: datetime, segments: Sequence[str]) -> pl.DataFrame:
    """Count the stays by stage, all segments at once, and how and on which day they ended.

    Args:
        visits: as for `stage_exit`, with a column per segment.
        cutoff: T; a naive one is UTC.
        segments: the columns that can be chosen by.

    Returns:
        One row per `stage`, `window_days`, value of every segment, `outcome` (advanced | dropped | open) and its `day`
        of the stay, and `exit` (the first thing that ended it) and its `exit_day`: `stay_count` and what
        `counted_stays` counts beside it. Sums of these rows are therefore what `counted_stays` gives for any part of
        the visits, to the last digit.
    """
    ended = exit_stays(visits).select(exit="outcome", exit_us="duration_us")
    read = visits.select("stage", "window_days", "entered_at", "outcome", "duration_us", *segments)
    coded = pl.concat([read, ended], how="horizontal").lazy().with_columns(selectors.string().cast(pl.Categorical))
    days = {"day": stay_day(cutoff), "exit_day": stay_day(cutoff, duration="exit_us")}
    found = watched(coded, cutoff=cutoff).with_columns(**days)
    keys = ["stage", "window_days", *segments, "outcome", "day", "exit", "exit_day"]
    counts = {
        "stay_count": pl.len(),
        "lasting_count": (pl.col("duration_us") >= _WINDOW_US).sum(),
        "exit_lasting_count": (pl.col("exit_us") >= _WINDOW_US).sum(),
    }
    counted = [count.cast(pl.Int64).alias(name) for name, count in counts.items()]
    cube = found.group_by(keys).agg(*counted, *FOLLOWED).collect()
    return cube.with_columns(selectors.categorical().cast(pl.String)).sort(keys)


def way_cube(ways: pl.DataFrame, *, cutoff: datetime, segments: Sequence[str]) -> pl.DataFrame:
    """The same of the ways of `stage_ways`, which end in one manner only: without `exit`, `exit_day` and its count."""
    coded = ways.lazy().with_columns(selectors.string().cast(pl.Categorical))
    keys = ["stage", "window_days", *segments]
    found = stay_days(watched(coded, cutoff=cutoff), cutoff=cutoff, group=keys, also=FOLLOWED).collect()
    return found.with_columns(selectors.categorical().cast(pl.String)).sort(*keys, "outcome", "day")


def stays_of(cube: pl.DataFrame, *, read: str = "outcome", segments: Sequence[str] = ()) -> pl.DataFrame:
    """What `counted_stays` gives for the visits that some rows of the cube count.

    Args:
        cube: the rows of `stay_cube` that were chosen.
        read: `outcome` for `dropoff_of`, `exit` for `exits_of`.
        segments: columns to split by, besides the whole.
    """
    if read not in _READS:
        raise ValueError(f"stays are read by {' or '.join(_READS)}, not by {read!r}")
    is_exit = read == "exit"
    named = cube.with_columns(
        outcome=read,
        day="exit_day" if is_exit else "day",
        lasting_count="exit_lasting_count" if is_exit else "lasting_count",
    )
    columns = [(_WHOLE, pl.lit(_WHOLE)), *((name, pl.col(name)) for name in segments)]
    return pl.concat([_summed(named, column).with_columns(segment=pl.lit(name)) for name, column in columns])


def _summed(cube: pl.DataFrame, column: pl.Expr) -> pl.DataFrame:
    keys = [column.alias("segment_value"), "stage", "window_days", "outcome", "day"]
    sums = [pl.col(name).sum() for name in _COUNTS if name != "exit_lasting_count"]
    return cube.group_by(keys).agg(*sums, pl.col("followable_us").max())
