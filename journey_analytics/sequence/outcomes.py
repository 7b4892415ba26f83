"""One row per journey: its facts, and its state as known at the cut-off."""

from typing import Final

import polars as pl

from journey_analytics.sequence.rules import STAGE_CODES
from journey_analytics.sequence.stages import DECISION, POST_PURCHASE

JOURNEY_COLUMNS: Final = (
    "journey_id", "customer_id", "started_at", "ended_at", "status", "furthest_stage", "converted_at",
    "touchpoint_count", "session_count", "first_channel", "amount", "currency", "first_source", "device", "country",
    "is_returning", "is_passive", "cut_reason", "activities", "stages", "is_closed", "closed_at", "has_started",
)  # fmt: skip
_READ: Final = (
    "row", "us", "journey_row", "passive_row", "purchase_row", "session_row", "journey_id", "customer_id", "source",
    "activity", "occurred_at", "channel", "stage", "stage_code", "is_active", "is_purchase", "amount", "currency",
    "device", "country", "cut_reason", "lives_until_us",
)  # fmt: skip

_STAGES: Final = tuple(STAGE_CODES)
_OF_PURCHASE: Final = pl.Series([[_STAGES[DECISION], _STAGES[POST_PURCHASE]]])


def journey_frame(rows: pl.DataFrame, *, cutoff_us: int) -> pl.DataFrame:
    """One row per journey, in the order of customers and founding touchpoints; the helper column `journey_row` stays.

    Facts (times, counts, lists, `first_…`) are over all touchpoints. `status`, `is_closed`, `closed_at`,
    `furthest_stage`, `converted_at`, `amount` are as known at the cut-off: only touchpoints up to it count. A journey
    that begins after it has `has_started` false, status `open` and furthest stage `unknown`. A journey holds at most
    one purchase, since a purchase ends the need.

    Args:
        rows: all touchpoints sorted by (journey_row, row).
        cutoff_us: T in microseconds.
    """
    rows = rows.select(_READ).with_columns(pl.col("journey_row").set_sorted())
    known = rows.filter(pl.col("us") <= cutoff_us)
    founding = rows.filter(pl.col("row") == pl.col("journey_row"))
    parts = (
        _founding(founding),
        _first_known(rows, "device"),
        _first_known(rows, "country"),
        _stage_lists(rows),
        _purchases(known),
        _last_known(known),
    )
    frame = _facts(rows)
    for part in parts:
        frame = frame.join(part, on="journey_row", how="left", maintain_order="left")
    return _with_status(frame, cutoff_us).select("journey_row", "closing_us", *JOURNEY_COLUMNS)


def _facts(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.group_by("journey_row", maintain_order=True).agg(
        pl.col("journey_id", "customer_id").first(),
        started_at=pl.col("occurred_at").first(),
        ended_at=pl.col("occurred_at").last(),
        touchpoint_count=pl.len().cast(pl.Int64),
        session_count=pl.col("session_row").n_unique().cast(pl.Int64),
        activities=pl.col("activity"),
    )


def _founding(founding: pl.DataFrame) -> pl.DataFrame:
    """What the founding touchpoint tells; a passive one founds a journey only where no active one ever joins."""
    return founding.select(
        "journey_row",
        "cut_reason",
        first_channel="channel",
        first_source="source",
        is_returning=pl.col("purchase_row").is_not_null(),
        is_passive=~pl.col("is_active"),
    )


def _first_known(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    known = rows.lazy().filter(pl.col(column).is_not_null()).select("journey_row", column)
    return known.unique("journey_row", keep="first", maintain_order=True).collect()


def _stage_lists(rows: pl.DataFrame) -> pl.DataFrame:
    """The stages of a journey's active touchpoints in order, repeats collapsed, unknown left out.

    A purchase is a decision, whatever the rules say of it, and enters `post_purchase`, as in the stage visits: that
    follows it in the list, also where no after-sales touchpoint does.
    """
    told = rows.filter(pl.col("is_purchase") | (pl.col("is_active") & (pl.col("stage_code") > 0)))
    entered = pl.when("is_purchase").then(pl.lit(_OF_PURCHASE)).otherwise(pl.concat_list("stage"))
    staged = told.select("journey_row", stage=entered).explode("stage")
    same = (pl.col("stage") == pl.col("stage").shift(1)) & (pl.col("journey_row") == pl.col("journey_row").shift(1))
    changes = staged.filter(~same.fill_null(value=False))
    return changes.group_by("journey_row", maintain_order=True).agg(stages=pl.col("stage"))


def _purchases(known: pl.DataFrame) -> pl.DataFrame:
    bought = known.filter(pl.col("is_purchase"))
    return bought.select("journey_row", "amount", "currency", converted_at="occurred_at")


def _last_known(known: pl.DataFrame) -> pl.DataFrame:
    """Until when the journey lives, and how far it came; passive touchpoints count in passive journeys only."""
    telling = known.filter(pl.col("is_active") | pl.col("passive_row").is_not_null())
    reached = pl.when("is_active").then("stage_code").otherwise(0).max()
    return telling.group_by("journey_row", maintain_order=True).agg(
        closing_us=pl.col("lives_until_us").last(), furthest_code=reached
    )


def _with_status(frame: pl.DataFrame, cutoff_us: int) -> pl.DataFrame:
    is_closed = (pl.col("closing_us") <= cutoff_us).fill_null(value=False)
    converted = pl.col("converted_at").is_not_null()
    furthest = pl.when(converted).then(POST_PURCHASE).otherwise(pl.col("furthest_code").fill_null(0))
    return frame.with_columns(
        is_closed=is_closed,
        closed_at=pl.from_epoch(pl.when(is_closed).then("closing_us"), time_unit="us"),
        status=pl.when(converted)
        .then(pl.lit("converted"))
        .when(is_closed)
        .then(pl.lit("dropped"))
        .otherwise(pl.lit("open")),
        furthest_stage=pl.lit(pl.Series([*STAGE_CODES])).gather(furthest),
        stages=pl.col("stages").fill_null(pl.lit([], dtype=pl.List(pl.String))),
        has_started=pl.col("started_at").dt.epoch("us") <= cutoff_us,
    )
