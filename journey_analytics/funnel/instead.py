"""Those who dropped out of a funnel: who they are, and what they did instead. Pure: frame in, frame out."""

from typing import Final

import polars as pl

from journey_analytics.funnel.definition import Funnel
from journey_analytics.funnel.timing import END, Rung, rungs

TOP_PLACES: Final = 10
OTHER: Final = "other"
INSTEAD_COLUMNS: Final = {
    "funnel": pl.String, "step_number": pl.Int64, "step": pl.String, "activity": pl.String, "place": pl.Int64,
    "unit_count": pl.Int64, "dropped_count": pl.Int64, "share": pl.Float64,
}  # fmt: skip
"""The columns of `mart.funnel_instead` with their types, also of an empty one."""


def dropped_attempts(timed: pl.DataFrame, funnel: Funnel) -> pl.DataFrame:
    """The attempts that are over without being complete, with the last required step that each reached.

    Args:
        timed: `timing.timed_attempts`, with `next_activity` and `next_at` (the first later touchpoint of the unit after
            the last matched one that the customer did, or the funnel names; null: none).
        funnel: what was matched.

    Returns:
        The columns of `timed`, `step_number` and `step` (the last required one reached), `reached_at` (when it was),
        and `activity`: the next one, if it came within the window; null: nothing did. By step and entry.
    """
    required = [rung for rung in rungs(funnel) if not rung.is_optional]
    is_lost = pl.col(END).is_not_null() & pl.col(required[-1].reached).is_null()
    last = pl.coalesce(pl.when(pl.col(rung.reached).is_not_null()).then(rung.number) for rung in reversed(required))
    names = {rung.number: rung.name for rung in required}
    lasted = pl.coalesce(rung.reached for rung in reversed(required))
    since_entry = (pl.col("next_at") - pl.col("entered_at")).dt.total_microseconds()
    in_time = pl.lit(value=True) if funnel.window is None else since_entry <= pl.col("window_us")
    return (
        timed.filter(is_lost)
        .with_columns(
            step_number=last.cast(pl.Int64),
            reached_at=pl.col("entered_at") + pl.duration(microseconds=lasted),
            activity=pl.when(in_time).then("next_activity"),
        )
        .with_columns(step=pl.col("step_number").replace_strict(names, return_dtype=pl.String))
        .sort("step_number", "entry")
    )


def instead_rows(dropped: pl.DataFrame, funnel: Funnel) -> pl.DataFrame:
    """What those who dropped did next: one row per last step reached and activity, most frequent first; ties by name.

    Args:
        dropped: `dropped_attempts`.
        funnel: what was matched.

    Returns:
        `place` counts from 1 within a step. `activity` is null for nothing, and 'other', always last, for all beyond
        the ten most frequent. `share` is of `dropped_count`, the attempts that dropped after this step: together 1.
    """
    counts = dropped.group_by("step_number", "step", "activity").agg(unit_count=pl.len().cast(pl.Int64))
    ranked = counts.sort("step_number", "unit_count", "activity", descending=[False, True, False]).with_columns(
        place=pl.int_range(1, pl.len() + 1).over("step_number")
    )
    is_rest = pl.col("place") > TOP_PLACES
    folded = ranked.with_columns(
        activity=pl.when(is_rest).then(pl.lit(OTHER)).otherwise("activity"),
        place=pl.when(is_rest).then(TOP_PLACES + 1).otherwise("place"),
    )
    rows = folded.group_by("step_number", "step", "place", "activity").agg(pl.col("unit_count").sum())
    whole = pl.col("unit_count").sum().over("step_number")
    return (
        rows.with_columns(funnel=pl.lit(funnel.name), dropped_count=whole, share=pl.col("unit_count") / whole)
        .select(pl.col(name).cast(kind) for name, kind in INSTEAD_COLUMNS.items())
        .sort("step_number", "place")
    )


def empty_instead() -> pl.DataFrame:
    """`mart.funnel_instead` without a row."""
    return pl.DataFrame(schema=INSTEAD_COLUMNS)


def last_steps(funnel: Funnel) -> list[Rung]:
    """The steps after which one can drop: all required ones but the last."""
    return [rung for rung in rungs(funnel) if not rung.is_optional][:-1]
