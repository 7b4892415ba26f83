"""Which journey every touchpoint belongs to. A journey is known by the row that founds it, its earliest touchpoint.

- Touchpoints on the way to a purchase: their need (see `stages`), of which a customer may have several at a time.
- After-sales contact: the journey of the order it names, else of the customer's last purchase while the pauses stay
  within the limit or the tail lasts, else a journey of its own.
- Passive touchpoints: the need or the after-sales that lives at that moment, else a passive journey of their own; of
  several needs, that of the last active touchpoint's thread. They never make a journey live longer.
"""

from datetime import timedelta
from typing import Final

import polars as pl

from journey_analytics.sequence.order import NEVER, at, before
from journey_analytics.sequence.rules import Rules
from journey_analytics.sequence.stages import POST_PURCHASE, limit_us

CUT_REASONS: Final = ("first", "inactivity", "purchase", "end", "new_need", "after_sales", "passive")
"""Why a journey does not continue the customer's one before: nothing before, a pause, a purchase, an explicit end, a
need of its own beside the one that still lives; or after-sales contact without a purchase near enough; or only passive
touchpoints."""


def with_journeys(rows: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Add `journey_row` (founding row), `cut_reason` (at founding rows) and `lives_until_us`.

    `lives_until_us` is until when the journey lives if nothing follows: the touchpoint itself for an explicit end.
    """
    limits = limit_us(rules)
    return (
        _with_lives(rows, limits, tail_us=rules.tail // timedelta(microseconds=1))
        .with_columns(order_need_row=at("need_row", pl.col("order_row")))
        .pipe(_with_after_sales)
        .pipe(_with_passive)
        .with_columns(journey_row=pl.coalesce("active_row", "passive_row"))
        .with_columns(cut_reason=_cut_reason())
    )


def _with_lives(rows: pl.DataFrame, limits: pl.Series, *, tail_us: int) -> pl.DataFrame:
    is_after = pl.col("is_active") & ~pl.col("is_pre")
    stage = pl.when(pl.col("is_purchase") | is_after).then(POST_PURCHASE).otherwise("stage_code")
    lives = pl.col("us") + pl.lit(limits).gather(stage)
    bought_us = pl.when("is_purchase").then("us").otherwise(at("us", pl.coalesce("order_row", "purchase_row")))
    until = (
        pl.when(pl.col("is_purchase") | is_after).then(pl.max_horizontal(lives, bought_us + tail_us))
        .when("is_end").then("us")
        .otherwise(lives)
    )  # fmt: skip
    return rows.with_columns(is_after=is_after, lives_until_us=until)


def _with_after_sales(rows: pl.DataFrame) -> pl.DataFrame:
    """The after-sales journey at each row. What names an order before the last one goes there and leaves no trace."""
    is_linked = pl.col("order_row").is_not_null()
    is_detached = is_linked & (pl.col("order_row") != pl.col("purchase_row"))
    continues = pl.col("is_purchase") | (pl.col("is_after") & ~is_detached)
    alive = before(pl.col("lives_until_us"), where=continues, default=NEVER)
    begins = pl.col("is_after") & ~is_linked & (pl.col("us") > alive)
    goes_on_from = (
        pl.when("is_purchase").then("need_row")
        .when(continues & is_linked).then("order_need_row")
        .when(begins).then("row")
    )  # fmt: skip
    return rows.with_columns(
        begins_after_sales=begins,
        after_sales_row=goes_on_from.forward_fill(),
        after_sales_until_us=alive,
    ).with_columns(active_row=_active_row())


def _active_row() -> pl.Expr:
    after = pl.coalesce("order_need_row", "after_sales_row")
    return pl.when("is_pre").then("need_row").when("is_after").then(after)


def _with_passive(rows: pl.DataFrame) -> pl.DataFrame:
    in_need = pl.when(pl.col("us") <= pl.col("need_until_us")).then("need_row")
    in_after = pl.when(pl.col("us") <= pl.col("after_sales_until_us")).then("after_sales_row")
    about_order = pl.when(pl.col("stage_code") == POST_PURCHASE).then(in_after)
    joined = pl.when(~pl.col("is_active")).then(pl.coalesce("order_need_row", about_order, in_need, in_after))
    attached = rows.with_columns(active_row=pl.coalesce("active_row", joined))
    alone = pl.col("active_row").is_null()
    alive = before(pl.col("lives_until_us"), where=alone, default=NEVER)
    return attached.with_columns(begins_passive=alone & (pl.col("us") > alive)).with_columns(
        passive_row=pl.when(alone).then(pl.when("begins_passive").then("row").forward_fill())
    )


def _cut_reason() -> pl.Expr:
    """At founding rows; null elsewhere."""
    kind = pl.when("is_purchase").then(2).when("is_end").then(3).otherwise(1)
    last_kind = before(kind, where=pl.col("is_pre"), default=0)
    still_lives = pl.col("us") <= before(pl.col("lives_until_us"), where=pl.col("is_pre"), default=NEVER)
    after_need = pl.when((last_kind == 1) & still_lives).then(4).otherwise(last_kind)
    reason = (
        pl.when("begins_need").then(after_need).when("begins_after_sales").then(5).when("begins_passive").then(6)
    )  # fmt: skip
    return pl.lit(pl.Series(CUT_REASONS)).gather(reason)
