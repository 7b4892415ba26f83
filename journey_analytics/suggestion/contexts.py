"""Where in a customer's history a touchpoint stands: what came before and after it, and whether a purchase lies behind.

The neighbours of a touchpoint are touchpoints of *other* activities with a stage. So a known activity is described as
an unknown one can be: without its own repetitions, which say nothing about a stage that is to be found.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import polars as pl

from journey_analytics.contract import UNKNOWN

NOTHING: Final = "nothing"
"""The neighbour of a touchpoint that has none in reach."""

CELL: Final = ("before", "is_before_near", "after", "is_after_near", "has_bought")
"""What a context consists of: the stages of the neighbours (`NOTHING` where there is none within the inactivity limit),
whether each is in the same session, and whether a purchase lies within the tail behind."""

_KNOWN: Final = pl.col("stage").is_not_null()
_MICROSECOND: Final = timedelta(microseconds=1)


def contexts(
    touchpoints: pl.DataFrame, *, inactivity: Mapping[str, timedelta], tail: timedelta, window: timedelta
) -> pl.DataFrame:
    """Add `CELL` and `buys` to touchpoints of whole customers.

    Args:
        touchpoints: what the customers did, sorted by customer and then in the order of touchpoints: `customer_id`,
            `session_id`, `activity`, `us` (the instant in microseconds), `is_purchase`, `stage` (null: no rule
            matched). Further columns stay.
        inactivity: by stage and `unknown`: a neighbour of another session counts within the limit of the earlier one.
        tail: so long, inclusive, a purchase counts as lying behind.
        window: `buys` is whether the customer's next purchase comes within it, inclusive.
    """
    limits = {stage: limit // _MICROSECOND for stage, limit in inactivity.items()}
    rows = touchpoints.with_columns(customer=_changed("customer_id").fill_null(value=True).cast(pl.Int64).cum_sum())
    last = len(rows) - 1
    found = rows.with_columns(
        before_row=_last_other(rows),
        after_row=last - _last_other(rows.reverse()).reverse(),
        bought_us=_last_purchase_us(rows),
        buys_us=_last_purchase_us(rows.reverse()).reverse(),
    )
    return (
        found.with_columns(*_neighbour("before", limits), *_neighbour("after", limits))
        .with_columns(
            has_bought=(pl.col("us") - pl.col("bought_us") <= tail // _MICROSECOND).fill_null(value=False),
            buys=(pl.col("buys_us") - pl.col("us") <= window // _MICROSECOND).fill_null(value=False),
        )
        .select(*touchpoints.columns, *CELL, "buys")
    )


def _changed(column: str) -> pl.Expr:
    return pl.col(column) != pl.col(column).shift(1)


def _last_other(rows: pl.DataFrame) -> pl.Series:
    """The row of the last earlier touchpoint of another activity that has a stage; null where none is this customer's.

    All touchpoints with a stage of one activity in a row look back from the first of them.
    """
    last = pl.when(_KNOWN).then(pl.int_range(pl.len(), dtype=pl.Int64)).shift(1).forward_fill()
    seen = rows.with_columns(last=last).with_columns(is_same=_is_same("activity") & _is_same("customer"))
    begins = _KNOWN & ~pl.col("is_same").fill_null(value=False)
    from_first = pl.when(begins).then(pl.col("last").fill_null(-1)).forward_fill()
    looked = seen.with_columns(last=pl.when(_KNOWN).then(from_first).otherwise("last"))
    looked = looked.with_columns(last=pl.when(pl.col("last") >= 0).then("last"))
    return looked.select(pl.when(_is_same("customer")).then("last")).to_series()


def _is_same(column: str) -> pl.Expr:
    return pl.col(column).gather(pl.col("last")) == pl.col(column)


def _last_purchase_us(rows: pl.DataFrame) -> pl.Series:
    """The instant of the customer's last purchase strictly before each row, in the order of the frame."""
    return rows.select(pl.when("is_purchase").then("us").shift(1).forward_fill().over("customer")).to_series()


def _neighbour(side: str, limits: Mapping[str, int]) -> tuple[pl.Expr, pl.Expr]:
    """The stage of the neighbour and whether it is near; `NOTHING` and false when it is out of reach."""
    row = pl.col(f"{side}_row")
    stage, is_near = pl.col("stage").gather(row), pl.col("session_id").gather(row) == pl.col("session_id")
    earlier = stage if side == "before" else pl.col("stage").fill_null(UNKNOWN)
    limit = earlier.replace_strict(limits, default=None, return_dtype=pl.Int64)
    is_reached = is_near | ((pl.col("us").gather(row) - pl.col("us")).abs() <= limit)
    return (
        pl.when(is_reached).then(stage).otherwise(pl.lit(NOTHING)).alias(side),
        is_near.fill_null(value=False).alias(f"is_{side}_near"),
    )


def votes(found: pl.DataFrame) -> pl.DataFrame:
    """How often each activity stands in each context: one vote per journey, activity, source and stage.

    A journey with the activity in several contexts divides its vote. Contexts without anything in reach say nothing and
    are left out.

    Args:
        found: `contexts` with `journey_id`, `source` and `is_inherited` (the rule took the stage over from the need,
            so that its contexts show the need, not the activity).

    Returns:
        `activity`, `source`, `stage` (null: no rule matched), `is_inherited`, `CELL` and `vote_count`, a sum of shares.
    """
    voter = ("activity", "source", "stage", "is_inherited", "journey_id")
    telling = (pl.col("before") != NOTHING) | (pl.col("after") != NOTHING) | pl.col("has_bought")
    seen = found.filter(telling).group_by(*voter, *CELL).agg(count=pl.len())
    shares = seen.with_columns(vote_count=pl.col("count") / pl.col("count").sum().over(voter))
    return shares.group_by(*voter[:-1], *CELL).agg(pl.col("vote_count").sum())


def place_counts(found: pl.DataFrame) -> pl.DataFrame:
    """Of the touchpoints that no rule matched, per activity and source: journeys by neighbouring stages, and totals.

    `before` and `after` are null in the row of the totals: `journey_count` of the activity, `act_count` touchpoints,
    `bought_count` of them with a purchase behind and `buys_count` with one soon after.
    """
    unknown = found.filter(~_KNOWN)
    counts = (
        pl.col("journey_id").n_unique().cast(pl.Int64).alias("journey_count"),
        pl.len().cast(pl.Int64).alias("act_count"),
        pl.col("has_bought").sum().cast(pl.Int64).alias("bought_count"),
        pl.col("buys").sum().cast(pl.Int64).alias("buys_count"),
    )
    key = ("activity", "source")
    by_place = unknown.group_by(*key, "before", "after").agg(*counts)
    return pl.concat([by_place, unknown.group_by(key).agg(*counts)], how="diagonal")
