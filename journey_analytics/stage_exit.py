"""What ends the stay in a stage: competing risks, the first thing counts. Pure: frame in, frame out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import polars as pl

from journey_analytics.dropoff import counted_stays, dropoff_of, stage_rank

EXITS: Final = ("advanced", "regressed", "abandoned", "inactive", "window_over")
"""All the ways to leave, in their order of display."""

_DAY_US: Final = 86_400_000_000
_WINDOW_US: Final = pl.col("window_days").cast(pl.Int64) * _DAY_US
_OPEN: Final = pl.col("outcome") == "open"


def stage_exit(
    visits: pl.DataFrame, *, cutoff: datetime, minimum_count: int = 30, segments: Sequence[str] = ()
) -> pl.DataFrame:
    """By the first thing that ended their stay, the journeys that entered each stage, within its window.

    A stay ends as `advanced` (at the first touchpoint of a higher stage, as in `stage_dropoff`), `regressed` (at the
    first one of a lower stage), `abandoned` (at an explicit end, such as an unsubscription), `inactive` (the journey
    was closed by silence before the window was over) or `window_over` (none of these within the window). What comes
    later does not count any more: a journey that fell back and then advanced is `regressed` here and advanced in
    `stage_dropoff`; an open one that fell back is `regressed` here and open there; a purchase followed by an
    unsubscription and then by another purchase is `abandoned`. Hence advanced and open are at most as many as there.
    Of a regression and an end at the same moment the regression counts, of either and the window's end the former.

    Args:
        visits: as for `stage_dropoff`, with `regressed_at` and `abandoned_at` (naive UTC, null where there was none).
        cutoff: T; a naive one is UTC.
        minimum_count: entrants below which a row is marked and not ranked.
        segments: columns to split by, besides the whole.

    Returns:
        Five rows per segment, value and stage, one per exit, in the order of `EXITS`. `exit_count` journeys left so,
        `open_count` (the same in all five) have not left at T: entered_count = Σ exit_count + open_count.
        `estimated_share`: the Aalen–Johansen cumulative incidence of this exit at the window's end, of all entrants,
        the open ones censored at T; of `window_over` what the others leave, so the five sum to 1. 95 % interval and
        nulls are those of `stage_dropoff`.
    """
    stays = counted_stays(exit_stays(visits), cutoff=cutoff, segments=segments)
    return exits_of(stays, cutoff=cutoff, minimum_count=minimum_count)


def exits_of(stays: pl.DataFrame, *, cutoff: datetime, minimum_count: int = 30) -> pl.DataFrame:
    """`stage_exit` of entrants that `counted_stays` has counted by their exits."""
    rows = [_of_exit(name, stays, cutoff=cutoff, minimum_count=minimum_count) for name in EXITS[:-1]]
    over = _of_over(stays, cutoff=cutoff, minimum_count=minimum_count)
    order = ("segment", "segment_value", stage_rank(), pl.col("exit").cast(pl.Enum(EXITS)))
    return pl.concat([*rows, over]).sort(order).select(_COLUMNS)


def exit_stays(visits: pl.DataFrame) -> pl.DataFrame:
    """The visits with `outcome` as the first thing that ended the stay (or open) and `duration_us` until then."""
    regressed, abandoned = (_elapsed(name) for name in ("regressed_at", "abandoned_at"))
    first = pl.min_horizontal(regressed, abandoned, "duration_us")
    return visits.with_columns(
        outcome=pl.when(regressed == first)
        .then(pl.lit("regressed"))
        .when(abandoned == first)
        .then(pl.lit("abandoned"))
        .when(pl.col("outcome") != "dropped")
        .then("outcome")
        .when(pl.col("duration_us") < _WINDOW_US)
        .then(pl.lit("inactive"))
        .otherwise(pl.lit("window_over")),
        duration_us=first,
    )


def _elapsed(moment: str) -> pl.Expr:
    return (pl.col(moment) - pl.col("entered_at")).dt.total_microseconds()


def _of_exit(name: str, stays: pl.DataFrame, *, cutoff: datetime, minimum_count: int) -> pl.DataFrame:
    """One exit as the advance, all others competing with it: what is then not lost is its incidence."""
    found = dropoff_of(_read_as(stays, [name]), cutoff=cutoff, minimum_count=minimum_count)
    return found.with_columns(
        exit=pl.lit(name),
        exit_count="advanced_count",
        estimated_share=1 - pl.col("estimated_dropoff_share"),
        estimated_low_share=1 - pl.col("estimated_high_share"),
        estimated_high_share=1 - pl.col("estimated_low_share"),
    ).select(_COLUMNS)


def _of_over(stays: pl.DataFrame, *, cutoff: datetime, minimum_count: int) -> pl.DataFrame:
    """Nothing happened before the window's end: what is lost when every exit is taken for the advance."""
    found = dropoff_of(_read_as(stays, EXITS[:-1]), cutoff=cutoff, minimum_count=minimum_count)
    renamed = {"dropped_count": "exit_count", "estimated_dropoff_share": "estimated_share"}
    return found.rename(renamed).with_columns(exit=pl.lit(EXITS[-1])).select(_COLUMNS)


def _read_as(stays: pl.DataFrame, exits: Sequence[str]) -> pl.DataFrame:
    """The stays in the words of `dropoff_of`: these exits advance, the others drop."""
    is_counted = pl.col("outcome").is_in(exits)
    told = pl.when(is_counted).then(pl.lit("advanced")).when(_OPEN).then("outcome").otherwise(pl.lit("dropped"))
    return stays.with_columns(outcome=told)


_COLUMNS: Final = (
    "as_of_on", "segment", "segment_value", "stage", "window_days", "exit", "entered_count", "exit_count",
    "open_count", "estimated_share", "estimated_low_share", "estimated_high_share", "is_ranked", "estimate_note",
)  # fmt: skip
