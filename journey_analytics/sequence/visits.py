"""Stage visits: how a journey entered each stage, and what became of it by the cut-off (DEFINITIONS.md, Drop-off)."""

from datetime import timedelta
from typing import Final

import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.sequence.rules import Rules
from journey_analytics.sequence.stages import DECISION, POST_PURCHASE

VISIT_COLUMNS: Final = (
    "journey_id", "stage", "entered_at", "left_at", "outcome", "customer_id", "advanced_at", "duration_us",
    "window_days",
)  # fmt: skip


def visit_frame(rows: pl.DataFrame, journeys: pl.DataFrame, rules: Rules, *, cutoff_us: int) -> pl.DataFrame:
    """One row per journey and stage entered up to the cut-off.

    `advanced_at` is the first advance up to the cut-off, also when it came after the window: such a visit counts as
    dropped. `left_at` is the moment of the outcome, null while open. `duration_us` runs from entering to that moment,
    or to the cut-off while open; it never exceeds the window.

    Args:
        rows: all touchpoints sorted by (journey_row, row): those of a need are neighbours.
        journeys: `journey_row`, `journey_id` and `closing_us` (until when the journey lives) of every journey.
        rules: gives the windows.
        cutoff_us: T in microseconds.
    """
    read = rows.select("row", "customer", "journey_row", "us", "is_pre", "is_purchase", "stage_code")
    known = read.filter(pl.col("us") <= cutoff_us)
    entered = pl.concat([_before_purchase(known), _after_purchase(known)])
    visits = entered.join(
        journeys.select("journey_row", "journey_id", "customer_id", "closing_us"), on="journey_row", how="left"
    )
    states = visits.with_columns(window_us=_window_us(rules)).with_columns(_moments()).with_columns(_state(cutoff_us))
    return states.sort("journey_row", "code").select(_columns(rules))


def _before_purchase(known: pl.DataFrame) -> pl.DataFrame:
    """Entries into the stages up to `decision`, each with its first later touchpoint of a higher stage."""
    way = known.filter("is_pre").select("journey_row", "us", "is_purchase", code=_reached())
    staged = way.filter(pl.col("code") > 0).with_columns(entered_us="us")
    higher = [_next(pl.col("code") > code).alias(f"advance_{code}") for code in range(1, DECISION)]
    advances = staged.with_columns(*higher, _next(pl.col("is_purchase")).alias(f"advance_{DECISION}"))
    entries = advances.lazy().unique(["journey_row", "code"], keep="first", maintain_order=True).collect()
    advanced = pl.coalesce(pl.when(pl.col("code") == code).then(f"advance_{code}") for code in range(1, DECISION + 1))
    return entries.select("journey_row", "code", "entered_us", advanced_us=advanced)


def _reached() -> pl.Expr:
    """A purchase is a decision, whatever the rules say of it."""
    return pl.when("is_purchase").then(DECISION).otherwise("stage_code")


def _next(holds: pl.Expr) -> pl.Expr:
    """When `holds` is first true, here or later in the same need, whose touchpoints are neighbours in the order."""
    found = pl.when(holds).then(pl.int_range(pl.len())).backward_fill()
    same = pl.col("journey_row").gather(found) == pl.col("journey_row")
    return pl.when(same).then(pl.col("us").gather(found))


def _after_purchase(known: pl.DataFrame) -> pl.DataFrame:
    """`post_purchase` is entered at the purchase and advances at the customer's next one, of any journey."""
    bought = known.filter("is_purchase").sort("row").select("journey_row", "customer", "us")
    same = pl.col("customer") == pl.col("customer").shift(-1)
    return bought.select(
        "journey_row",
        code=pl.lit(POST_PURCHASE, pl.Int64),
        entered_us="us",
        advanced_us=pl.when(same).then(pl.col("us").shift(-1)),
    )


def _window_us(rules: Rules) -> pl.Expr:
    windows = [0, *(rules.window[stage] // timedelta(microseconds=1) for stage in STAGES)]
    return pl.lit(pl.Series(windows, dtype=pl.Int64)).gather(pl.col("code"))


def _moments() -> list[pl.Expr]:
    over = pl.col("entered_us") + pl.col("window_us")
    # The end of after-sales contact closes the journey, not this visit: only the next purchase or the window do.
    closed = pl.when(pl.col("code") < POST_PURCHASE).then("closing_us")
    in_time = pl.col("advanced_us") <= over
    return [in_time.fill_null(value=False).alias("in_time"), pl.min_horizontal(over, closed).alias("lost_us")]


def _state(cutoff_us: int) -> list[pl.Expr]:
    lost = pl.col("lost_us") <= cutoff_us
    left = pl.when("in_time").then("advanced_us").when(lost).then("lost_us")
    outcome = pl.when("in_time").then(pl.lit("advanced")).when(lost).then(pl.lit("dropped")).otherwise(pl.lit("open"))
    return [
        outcome.alias("outcome"),
        left.alias("left_us"),
        (left.fill_null(cutoff_us) - pl.col("entered_us")).alias("duration_us"),
    ]


def _columns(rules: Rules) -> list[pl.Expr]:
    days = [rules.window[stage].days for stage in STAGES]
    code = pl.col("code") - 1
    values = {
        "stage": pl.lit(pl.Series([*STAGES])).gather(code),
        "entered_at": pl.from_epoch("entered_us", time_unit="us"),
        "left_at": pl.from_epoch("left_us", time_unit="us"),
        "advanced_at": pl.from_epoch("advanced_us", time_unit="us"),
        "window_days": pl.lit(pl.Series(days, dtype=pl.Int64)).gather(code),
    }
    return [values.get(name, pl.col(name)).alias(name) for name in VISIT_COLUMNS]
