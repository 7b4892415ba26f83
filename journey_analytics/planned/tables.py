"""The tables of planned and actual: how well journeys fit, in what they deviate, and what never happens."""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

import polars as pl

from journey_analytics.intervals import wilson_high, wilson_low
from journey_analytics.planned.alignments import MISSING, PASSED, UNPLANNED, Comparison
from journey_analytics.planned.compared import compared
from journey_analytics.planned.log import EXAMPLES, Log
from journey_analytics.planned.plan import Plan

HAPPENS, NEVER_HAPPENS = "happens", "never_happens"

FIT_SCHEMA: Final = {
    "planned": pl.String,
    "level": pl.String,
    "journey_count": pl.Int64,
    "variant_count": pl.Int64,
    "aligned_journey_count": pl.Int64,
    "aligned_variant_count": pl.Int64,
    "conforming_count": pl.Int64,
    "conforming_share": pl.Float64,
    "conforming_low_share": pl.Float64,
    "conforming_high_share": pl.Float64,
    "open_count": pl.Int64,
    "left_censored_count": pl.Int64,
    "fitness": pl.Float64,
    "full_fitness": pl.Float64,
    "precision": pl.Float64,
    "is_ranked": pl.Boolean,
    "note": pl.String,
}
DEVIATION_SCHEMA: Final = {
    "planned": pl.String,
    "place": pl.Int64,
    "stake_place": pl.Int64,
    "kind": pl.String,
    "activity": pl.String,
    "stage": pl.String,
    "is_planned": pl.Boolean,
    "after_activity": pl.String,
    "journey_count": pl.Int64,
    "affected_count": pl.Int64,
    "affected_share": pl.Float64,
    "affected_low_share": pl.Float64,
    "affected_high_share": pl.Float64,
    "moved_count": pl.Int64,
    "converted_count": pl.Int64,
    "dropped_count": pl.Int64,
    "open_count": pl.Int64,
    "settled_with_count": pl.Int64,
    "dropoff_share_with": pl.Float64,
    "dropoff_low_share_with": pl.Float64,
    "dropoff_high_share_with": pl.Float64,
    "settled_without_count": pl.Int64,
    "dropoff_share_without": pl.Float64,
    "difference_points": pl.Float64,
    "difference_low_points": pl.Float64,
    "difference_high_points": pl.Float64,
    "amount_at_stake": pl.Float64,
    "amount_low_at_stake": pl.Float64,
    "amount_high_at_stake": pl.Float64,
    "currency": pl.String,
    "is_ranked": pl.Boolean,
    "note": pl.String,
    "example_journey_ids": pl.List(pl.String),
}
TOUCHPOINT_SCHEMA: Final = {
    "planned": pl.String,
    "place": pl.Int64,
    "activity": pl.String,
    "stage": pl.String,
    "state": pl.String,
    "is_optional": pl.Boolean,
    "journey_count": pl.Int64,
    "journey_share": pl.Float64,
    "note": pl.String,
}
SCHEMAS: Final = {
    "mart.planned_fit": FIT_SCHEMA,
    "mart.deviation": DEVIATION_SCHEMA,
    "mart.planned_touchpoint": TOUCHPOINT_SCHEMA,
}

_COUNTS: Final = ("journey_count", "converted_count", "dropped_count", "open_count")
_HASH_LENGTH: Final = 33
_CLOSE: Final = 0.8


@dataclass(frozen=True)
class Scope:
    """What the rows of one plan share.

    Attributes:
        plan: the planned journey.
        log: what it is held against.
        minimum_count: journeys below which a share is not ranked.
    """

    plan: Plan
    log: Log
    minimum_count: int


def fit_table(comparison: Comparison | None, scope: Scope, *, note: str | None) -> pl.DataFrame:
    """One row: how many journeys do nothing but what is planned; without an alignment only their number and why."""
    groups = comparison.groups if comparison else scope.log.groups
    row: dict[str, Any] = {
        "planned": scope.plan.name,
        "level": scope.plan.level,
        "journey_count": groups["journey_count"].sum(),
        "open_count": groups["open_count"].sum(),
        "left_censored_count": groups.filter("is_left_censored")["journey_count"].sum(),
        "is_ranked": False,
        "note": note,
    }
    if comparison:
        row |= _fit(comparison, scope)
    frame = pl.DataFrame([dict.fromkeys(FIT_SCHEMA) | row], schema=FIT_SCHEMA)
    share, count = pl.col("conforming_share"), pl.col("aligned_journey_count")
    return frame.with_columns(
        conforming_low_share=wilson_low(share, count), conforming_high_share=wilson_high(share, count)
    )


def _fit(comparison: Comparison, scope: Scope) -> dict[str, Any]:
    aligned = comparison.groups.filter("is_aligned")
    total, conforming = _journeys(aligned), _journeys(aligned.filter(pl.col("cost") == 0))
    return {
        "variant_count": comparison.variant_count,
        "aligned_variant_count": comparison.aligned_variant_count,
        "aligned_journey_count": total,
        "conforming_count": conforming,
        "conforming_share": conforming / total if total else None,
        "fitness": comparison.fitness,
        "full_fitness": comparison.full_fitness,
        "precision": comparison.precision,
        "is_ranked": total >= scope.minimum_count,
    }


def _journeys(groups: pl.DataFrame) -> int:
    return int(groups["journey_count"].sum())


def deviation_table(comparison: Comparison, scope: Scope) -> pl.DataFrame:
    """One row per kind of deviation and label that any aligned journey shows: those of most journeys first.

    The base of `affected_share` are the journeys that came to the same place. Of what is missing: those that are seen
    to go on past its place, with it or without; those that were left before or there say nothing about it. Of what is
    unplanned: those that came to a planned step after which it occurs.
    Outcomes are compared at the same places, before the purchase, over settled journeys; see `compared`. Money is told
    where the interval of the difference excludes 0: null means that it cannot be told.
    Ranked rows come first; ties: by kind, then by name. `stake_place` ranks the ranked ones with the most money first;
    null where nothing is at stake.
    """
    groups = comparison.groups.filter("is_aligned")
    moves = comparison.moves.join(groups.select("group", *_COUNTS, "examples"), on="group")
    shown = moves.filter(pl.col("kind") != PASSED)
    affected = shown.group_by("kind", "label").agg(pl.col(_COUNTS).sum(), pl.col("examples").explode())
    outcomes = compared(comparison, scope.plan, scope.log)
    bases = affected.join(outcomes, on=["kind", "label"]).join(_gone_past(moves), on="label", how="left")
    found = bases.join(_moved(shown), on="label", how="left").with_columns(base_journey_count=_base())
    told = found.with_columns(**_shares()).with_columns(**_money(scope.log))
    ranked = told.with_columns(is_ranked=pl.col("base_journey_count") >= scope.minimum_count)
    ordered = ranked.sort("is_ranked", "journey_count", "kind", "label", descending=[True, True, False, False])
    return _described(_staked(ordered.with_row_index("place", offset=1)), scope)


def _gone_past(moves: pl.DataFrame) -> pl.DataFrame:
    """Journeys that are seen to go on past the place of each planned label, with it or without."""
    met = moves.filter(pl.col("kind") != UNPLANNED).unique(["group", "label"])
    return met.group_by("label").agg(past_count=pl.col("journey_count").sum())


def _base() -> pl.Expr:
    return pl.when(pl.col("kind") == MISSING).then("past_count").otherwise("came_count")


def _moved(shown: pl.DataFrame) -> pl.DataFrame:
    """Journeys that pass a label over in its place and have it in another one."""
    both = shown.group_by("group", "label").agg(pl.len().alias("kinds"), pl.col("journey_count").first())
    return both.filter(pl.col("kinds") > 1).group_by("label").agg(moved_count=pl.col("journey_count").sum())


def _shares() -> dict[str, pl.Expr]:
    count, base = pl.col("journey_count"), pl.col("base_journey_count")
    lost, settled = pl.col("dropoff_share_with"), pl.col("settled_with_count")
    return {
        "affected_share": count / base,
        "affected_low_share": wilson_low(count / base, base),
        "affected_high_share": wilson_high(count / base, base),
        "dropoff_low_share_with": wilson_low(lost, settled),
        "dropoff_high_share_with": wilson_high(lost, settled),
    }


def _money(log: Log) -> dict[str, pl.Expr]:
    """Purchases that the settled journeys with the deviation lack, if they were lost as seldom as those without."""
    amount = pl.lit(log.purchase_amount, dtype=pl.Float64) * pl.col("settled_with_count") / 100
    is_told = (pl.col("difference_low_points") > 0) | (pl.col("difference_high_points") < 0)
    return {
        f"amount{end}_at_stake": pl.when(is_told).then(amount * pl.col(f"difference{end}_points"))
        for end in ("", "_low", "_high")
    }


def _staked(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with their place by money, of those where it can be told that more are lost; ties by place."""
    at_stake = rows.filter(pl.col("is_ranked") & (pl.col("amount_at_stake") > 0))
    ordered = at_stake.sort("amount_at_stake", "place", descending=[True, False]).with_row_index(
        "stake_place", offset=1
    )
    return rows.join(ordered.select("place", "stake_place"), on="place", how="left", maintain_order="left")


def _described(rows: pl.DataFrame, scope: Scope) -> pl.DataFrame:
    planned = scope.plan.labels
    stage = {name: found.stage for name, found in planned.items() if found.stage}
    known = {**{name: _stage_of(name, scope) for name in rows["label"].to_list()}, **stage}
    described = rows.rename({"label": "activity", "journey_count": "affected_count"}).with_columns(
        planned=pl.lit(scope.plan.name),
        stage=pl.col("activity").replace_strict(known, default=None, return_dtype=pl.String),
        is_planned=pl.col("activity").is_in(list(planned)),
        journey_count=pl.col("base_journey_count"),
        moved_count=pl.col("moved_count").fill_null(0),
        currency=pl.lit(scope.log.currency, dtype=pl.String),
        example_journey_ids=pl.col("examples")
        .list.sort()
        .list.head(EXAMPLES)
        .list.eval(pl.element().str.slice(_HASH_LENGTH)),
    )
    return described.select(pl.col(name).cast(dtype) for name, dtype in DEVIATION_SCHEMA.items())


def _stage_of(name: str, scope: Scope) -> str | None:
    """The stage that most touchpoints of an activity have; of alternatives that of the first one that happens."""
    stages = scope.log.stages
    parts = [part for part, label in scope.plan.activities.items() if label == name] or [name]
    return next((stages[part] for part in sorted(parts) if part in stages), None)


def touchpoint_table(scope: Scope) -> pl.DataFrame:
    """One row per planned activity (alternatives one by one) and per activity that happens and nobody planned.

    In the order of the plan, then what is not planned, by most journeys and name. Shares are of all active journeys.
    What is ignored, or happens in passive journeys only, is not listed as unplanned.
    """
    happened = dict(scope.log.happened.select("activity", "journey_count").iter_rows())
    total = scope.log.groups["journey_count"].sum()
    planned = scope.plan.activities
    order = sorted(planned, key=lambda name: (scope.plan.labels[planned[name]].place, name))
    others = sorted(set(happened) - set(planned) - set(scope.plan.ignore), key=lambda name: (-happened[name], name))
    rows = [_touchpoint(name, happened.get(name, 0), scope) for name in [*order, *others]]
    frame = pl.DataFrame(rows, schema={name: TOUCHPOINT_SCHEMA[name] for name in TOUCHPOINT_SCHEMA if name != "place"})
    share = pl.when(pl.lit(total) > 0).then(pl.col("journey_count") / total)
    return (
        frame.with_columns(planned=pl.lit(scope.plan.name), journey_share=share)
        .with_row_index("place", offset=1)
        .select(pl.col(name).cast(dtype) for name, dtype in TOUCHPOINT_SCHEMA.items())
    )


def _perhaps(name: str, log: Log) -> str | None:
    """What a planned name that never happens may be a misspelling of."""
    close = get_close_matches(name, sorted(log.stages), n=1, cutoff=_CLOSE)
    return f"did you mean {close[0]!r}?" if close else None


def _touchpoint(name: str, count: int, scope: Scope) -> dict[str, Any]:
    label = scope.plan.activities.get(name)
    found = scope.plan.labels[label] if label is not None else None
    is_typo = found is not None and not count and name not in scope.log.stages
    return {
        "planned": scope.plan.name,
        "activity": name,
        "stage": (found.stage if found else None) or scope.log.stages.get(name),
        "state": UNPLANNED if found is None else HAPPENS if count else NEVER_HAPPENS,
        "is_optional": found.is_optional if found else None,
        "journey_count": count,
        "journey_share": None,
        "note": _perhaps(name, scope.log) if is_typo else None,
    }
