"""What became of each stage visit, asked again with another window and another idea of "afterwards".

A run of the kernel fixes touchpoints, stages and journeys; a window and an order only read them differently. So one run
serves all windows and orders. Pure: frames in, frames out.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.sensitivity.grid import scaled
from journey_analytics.sequence import Sequence
from journey_analytics.sequence.kernel import microseconds
from journey_analytics.sequence.rules import STAGE_CODES
from journey_analytics.sequence.stages import DECISION

_FIRST_TO_FALL_BACK: Final = 2
"""The lowest stage from which a journey can fall back."""

ADVANCED_AT: Final = {
    "ordered": pl.col("advanced_us"),
    "strict": pl.when(pl.col("regressed_us").is_null()).then("advanced_us"),
    "any": pl.min_horizontal("advanced_us", "higher_us"),
}
"""When a visit advances, by order mode; each still has to happen within the window of entering.

- `ordered` (as configured): at the journey's first later touchpoint of a higher stage; for `decision`, its purchase.
- `strict`: the same, if the next stage that the journey shows after entering, other than the stage itself, is a higher
  one. A lower one before it fails the visit: it is dropped at that moment.
- `any`: a touchpoint of a higher stage anywhere in the journey up to the cut-off; one that came before the entry
  advances the visit at the moment it is entered.

`post_purchase` advances at the customer's next purchase, which is another journey's: it is the same in every mode.
"""


def followed_visits(sequence: Sequence, *, cutoff: datetime) -> pl.DataFrame:
    """One row per journey and stage entered, in the kernel's order, with all moments that decide about it.

    Columns: `customer_id`, `stage`, `first_channel` (of the journey), `entered_at`, and in microseconds `entered_us`,
    `advanced_us` (first advance up to the cut-off), `higher_us` (`entered_us` where a higher stage came before, else
    null), `regressed_us` (first touchpoint of a lower stage after entering, if it precedes the advance, else null),
    `closed_us` (end of the journey by inactivity or by itself; null while open, and for `post_purchase`).
    """
    regressions = _regressions(sequence.touchpoint, cutoff=cutoff)
    journeys = sequence.journey.lazy().select("journey_id", "first_channel", closed_us=_us("closed_at"))
    return (
        sequence.stage_visit.lazy()
        .select(
            "journey_id", "customer_id", "stage", "entered_at",
            entered_us=_us("entered_at"), advanced_us=_us("advanced_at"),
        )
        .join(journeys, on="journey_id", how="left", maintain_order="left")
        .join(regressions, on=["journey_id", "stage"], how="left", maintain_order="left")
        .with_columns(
            code=_code("stage"), closed_us=pl.when(pl.col("stage") != "post_purchase").then("closed_us")
        )
        .with_columns(higher_us=pl.when(_came_higher_before()).then("entered_us"))
        .drop("journey_id", "code")
        .collect()
    )  # fmt: skip


def reread(
    visits: pl.DataFrame, *, windows: Mapping[str, timedelta], window_scale: float, order_mode: str, cutoff: datetime
) -> pl.DataFrame:
    """The visits with `window_days`, `outcome` and `duration_us` under one window scale and order, for `stage_dropoff`.

    Args:
        visits: as `followed_visits` returns them.
        windows: by stage, as configured.
        window_scale: factor on them, rounded to whole days.
        order_mode: a key of `ADVANCED_AT`.
        cutoff: T; a naive one is UTC.
    """
    days = {stage: window.days for stage, window in scaled(windows, scale=window_scale).items()}
    cutoff_us = microseconds(cutoff)
    over = pl.col("entered_us") + pl.col("window_days") * (timedelta(days=1) // timedelta(microseconds=1))
    fallen = [pl.col("regressed_us")] if order_mode == "strict" else []
    return (
        visits.lazy()
        .with_columns(
            window_days=pl.col("stage").replace_strict(days, return_dtype=pl.Int64),
            advance_us=ADVANCED_AT[order_mode],
        )
        .with_columns(in_time=(pl.col("advance_us") <= over).fill_null(value=False))
        .with_columns(lost_us=pl.min_horizontal(over, "closed_us", *fallen))
        .with_columns(outcome=_outcome(cutoff_us))
        .with_columns(duration_us=_left_us(cutoff_us) - pl.col("entered_us"))
        .select("stage", "first_channel", "window_days", "entered_at", "outcome", "duration_us")
        .collect()
    )


def _outcome(cutoff_us: int) -> pl.Expr:
    lost = pl.when(pl.col("lost_us") <= cutoff_us).then(pl.lit("dropped")).otherwise(pl.lit("open"))
    return pl.when("in_time").then(pl.lit("advanced")).otherwise(lost)


def _left_us(cutoff_us: int) -> pl.Expr:
    return pl.when("in_time").then("advance_us").otherwise(pl.min_horizontal("lost_us", pl.lit(cutoff_us)))


def _came_higher_before() -> pl.Expr:
    """Whether the journey had entered a higher stage before the purchase no later than this one."""
    entered = {
        code: pl.col("entered_us").filter(pl.col("code") == code).min().over("journey_id")
        for code in range(1, DECISION + 1)
    }
    higher = {code: [moment for other, moment in entered.items() if other > code] for code in range(1, DECISION)}
    first = pl.coalesce(
        pl.when(pl.col("code") == code).then(pl.min_horizontal(later)) for code, later in higher.items()
    )
    return (first <= pl.col("entered_us")).fill_null(value=False)


def _regressions(touchpoints: pl.DataFrame, *, cutoff: datetime) -> pl.LazyFrame:
    """Journeys and stages whose next other stage after entering is a lower one: `regressed_us`, when."""
    way = _way_to_purchase(touchpoints, cutoff=cutoff)
    found = [_regressions_from(way, code) for code in range(_FIRST_TO_FALL_BACK, DECISION + 1)]
    return pl.concat(found).lazy()


def _way_to_purchase(touchpoints: pl.DataFrame, *, cutoff: datetime) -> pl.DataFrame:
    """Active touchpoints with a known stage up to the purchase, which is a decision whatever the rules say of it.

    What follows the purchase in its journey is after-sales contact, or about that order: no part of the way. Rows keep
    the kernel's order, in which those of a journey are neighbours.
    """
    bought = pl.col("position").filter(pl.col("is_purchase")).min().over("journey_id")
    code = pl.when("is_purchase").then(DECISION).otherwise(_code("stage"))
    return (
        touchpoints.lazy()
        .filter(_us("occurred_at") <= microseconds(cutoff))
        .filter((pl.col("position") <= bought).fill_null(value=True))
        .filter(~pl.col("is_passive") | pl.col("is_purchase"))
        .select("journey_id", "position", "is_purchase", us=_us("occurred_at"), code=code)
        .filter(pl.col("code").is_between(1, DECISION))
        .collect()
    )


def _regressions_from(way: pl.DataFrame, code: int) -> pl.DataFrame:
    """For one stage: the journeys in which a lower stage is the next thing after its first touchpoint.

    `is_purchase` ends the search at `decision`, which advances by it and by nothing else.
    """
    is_other = (pl.col("code") != code) | (pl.col("is_purchase") if code == DECISION else pl.lit(value=False))
    next_row = pl.when(is_other).then(pl.int_range(pl.len())).backward_fill()
    is_same = pl.col("journey_id").gather(next_row) == pl.col("journey_id")
    regressed = is_same & (pl.col("code").gather(next_row) < code)
    marked = way.with_columns(regressed_us=pl.when(regressed).then(pl.col("us").gather(next_row)))
    entries = marked.filter(pl.col("code") == code).unique("journey_id", keep="first", maintain_order=True)
    return entries.filter(pl.col("regressed_us").is_not_null()).select(
        "journey_id", "regressed_us", stage=pl.lit(STAGES[code - 1])
    )


def _code(column: str) -> pl.Expr:
    return pl.col(column).replace_strict(STAGE_CODES, default=0, return_dtype=pl.Int64)


def _us(column: str) -> pl.Expr:
    return pl.col(column).dt.epoch("us")
