"""Stage visits: how a journey entered each stage, and what became of it by the cut-off (DEFINITIONS.md, Drop-off)."""

from datetime import timedelta
from typing import Final

import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.sequence.rules import Rules
from journey_analytics.sequence.stages import DECISION, POST_PURCHASE

VISIT_COLUMNS: Final = (
    "journey_id", "stage", "entered_at", "left_at", "outcome", "customer_id", "advanced_at", "duration_us",
    "window_days", "entry_touchpoint_id", "regressed_at", "abandoned_at", "decision_at", "purchased_at", "closed_at",
)  # fmt: skip

_MOMENTS: Final = ("advanced", "decision", "purchased", "regressed", "abandoned")
"""What can follow an entry: each is found as the place of a touchpoint, then turned into its time."""


def visit_frame(rows: pl.DataFrame, journeys: pl.DataFrame, rules: Rules, *, cutoff_us: int) -> pl.DataFrame:
    """One row per journey and stage entered up to the cut-off.

    `advanced_at` is the first advance up to the cut-off, also when it came after the window: such a visit counts as
    dropped. `left_at` is the moment of the outcome, null while open. `duration_us` runs from entering to that moment,
    or to the cut-off while open; it never exceeds the window. `entry_touchpoint_id` names the touchpoint that entered.
    What else followed, null where it did not up to the cut-off:

    - `regressed_at`: the first later touchpoint of a lower stage before the advance. After-sales contact is none, and
      `post_purchase` has none.
    - `abandoned_at`: the first explicit end, such as an unsubscription, from the entry on and before the advance.
    - `decision_at`, `purchased_at`: the first later touchpoint of `decision` (or the purchase), and the purchase, in
      this journey; null for `post_purchase`.
    - `closed_at`: until when the journey lived, whatever closed it. Null for `post_purchase`, which no closing ends.

    Args:
        rows: all touchpoints sorted by (journey_row, row): those of a need are neighbours.
        journeys: `journey_row`, `journey_id` and `closing_us` (until when the journey lives) of every journey.
        rules: gives the windows.
        cutoff_us: T in microseconds.
    """
    read = rows.select(
        "row", "touchpoint_id", "customer", "journey_row", "us", "is_pre", "is_active", "is_end", "is_purchase",
        "stage_code",
    )  # fmt: skip
    known = read.filter(pl.col("us") <= cutoff_us).with_row_index("place")
    known = known.with_columns(pl.col("place").cast(pl.Int64), entered_us="us").with_columns(
        abandoned_place=_next(_is_explicit_end())
    )
    entered = _timed(pl.concat([_before_purchase(known), _after_purchase(known)]), known)
    visits = entered.join(
        journeys.select("journey_row", "journey_id", "customer_id", "closing_us"), on="journey_row", how="left"
    )
    states = visits.with_columns(window_us=_window_us(rules)).with_columns(_moments()).with_columns(_state(cutoff_us))
    return states.sort("journey_row", "code").select(_columns(rules))


def _is_explicit_end() -> pl.Expr:
    return pl.col("is_end") & pl.col("is_active")


def _before_purchase(known: pl.DataFrame) -> pl.DataFrame:
    """Entries into the stages up to `decision`, each with the places of what followed in the same need."""
    way = known.filter("is_pre").with_columns(code=_reached())
    staged = way.filter(pl.col("code") > 0)
    higher = [_next(pl.col("code") > code).alias(f"higher_{code}") for code in range(1, DECISION)]
    lower = [_next(pl.col("code") < code).alias(f"lower_{code}") for code in range(2, DECISION + 1)]
    purchase = _next(pl.col("is_purchase")).alias(f"higher_{DECISION}")
    followed = staged.with_columns(*higher, *lower, purchase)
    entries = followed.lazy().unique(["journey_row", "code"], keep="first", maintain_order=True).collect()
    return entries.with_columns(
        advanced_place=_of_code("higher", range(1, DECISION + 1)),
        regressed_place=_of_code("lower", range(2, DECISION + 1)),
        decision_place=pl.when(pl.col("code") < DECISION).then(f"higher_{DECISION - 1}"),
        purchased_place=f"higher_{DECISION}",
    ).select(_ENTRY)


_ENTRY: Final = ("journey_row", "code", "entered_us", "touchpoint_id", *(f"{name}_place" for name in _MOMENTS))


def _of_code(kind: str, codes: range) -> pl.Expr:
    return pl.coalesce(pl.when(pl.col("code") == code).then(f"{kind}_{code}") for code in codes)


def _reached() -> pl.Expr:
    """A purchase is a decision, whatever the rules say of it."""
    return pl.when("is_purchase").then(DECISION).otherwise("stage_code")


def _next(holds: pl.Expr) -> pl.Expr:
    """The place where `holds` is first true, here or later in the same journey, whose touchpoints are neighbours."""
    found = pl.when(holds).then(pl.int_range(pl.len())).backward_fill()
    same = pl.col("journey_row").gather(found) == pl.col("journey_row")
    return pl.when(same).then(pl.col("place").gather(found))


def _after_purchase(known: pl.DataFrame) -> pl.DataFrame:
    """`post_purchase` is entered at the purchase and advances at the customer's next one, of any journey."""
    bought = known.filter("is_purchase").sort("row")
    same = pl.col("customer") == pl.col("customer").shift(-1)
    nothing = pl.lit(None, pl.Int64)
    return bought.with_columns(
        code=pl.lit(POST_PURCHASE, pl.Int64),
        advanced_place=pl.when(same).then(pl.col("place").shift(-1)),
        regressed_place=nothing,
        decision_place=nothing,
        purchased_place=nothing,
    ).select(_ENTRY)


def _timed(entries: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """The times of what followed; what comes after the advance in the customer's order ends nothing any more."""
    us, row = pl.lit(known["us"]), pl.lit(known["row"])
    advanced = row.gather(pl.col("advanced_place"))
    times = {name: us.gather(pl.col(f"{name}_place")) for name in _MOMENTS}
    for name in ("regressed", "abandoned"):
        is_before = advanced.is_null() | (row.gather(pl.col(f"{name}_place")) < advanced)
        times[name] = pl.when(is_before).then(times[name])
    return entries.with_columns(time.alias(f"{name}_us") for name, time in times.items())


def _window_us(rules: Rules) -> pl.Expr:
    windows = [0, *(rules.window[stage] // timedelta(microseconds=1) for stage in STAGES)]
    return pl.lit(pl.Series(windows, dtype=pl.Int64)).gather(pl.col("code"))


def _moments() -> list[pl.Expr]:
    over = pl.col("entered_us") + pl.col("window_us")
    # The end of after-sales contact closes the journey, not this visit: only the next purchase or the window do.
    closed = pl.when(pl.col("code") < POST_PURCHASE).then("closing_us")
    in_time = pl.col("advanced_us") <= over
    return [
        in_time.fill_null(value=False).alias("in_time"),
        pl.min_horizontal(over, closed).alias("lost_us"),
        closed.alias("closes_us"),
    ]


def _state(cutoff_us: int) -> list[pl.Expr]:
    lost = pl.col("lost_us") <= cutoff_us
    left = pl.when("in_time").then("advanced_us").when(lost).then("lost_us")
    outcome = pl.when("in_time").then(pl.lit("advanced")).when(lost).then(pl.lit("dropped")).otherwise(pl.lit("open"))
    return [
        outcome.alias("outcome"),
        left.alias("left_us"),
        (left.fill_null(cutoff_us) - pl.col("entered_us")).alias("duration_us"),
        pl.when(pl.col("closes_us") <= cutoff_us).then("closes_us").alias("closed_us"),
    ]


def _columns(rules: Rules) -> list[pl.Expr]:
    days = [rules.window[stage].days for stage in STAGES]
    code = pl.col("code") - 1
    values = {
        "stage": pl.lit(pl.Series([*STAGES])).gather(code),
        "entered_at": pl.from_epoch("entered_us", time_unit="us"),
        "left_at": pl.from_epoch("left_us", time_unit="us"),
        **{f"{name}_at": pl.from_epoch(f"{name}_us", time_unit="us") for name in (*_MOMENTS, "closed")},
        "entry_touchpoint_id": pl.col("touchpoint_id"),
        "window_days": pl.lit(pl.Series(days, dtype=pl.Int64)).gather(code),
    }
    return [values.get(name, pl.col(name)).alias(name) for name in VISIT_COLUMNS]
