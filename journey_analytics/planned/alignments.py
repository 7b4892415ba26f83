"""Every variant of a log held against a plan: aligned once, judged once for each way it can be seen."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from journey_analytics.errors import ConfigurationError
from journey_analytics.mining.alignment import align, empty_cost
from journey_analytics.mining.markings import TooFreeError
from journey_analytics.mining.moves import Move, Sight
from journey_analytics.mining.walk import Walk
from journey_analytics.planned.judging import Judgement, judged
from journey_analytics.planned.plan import Plan
from journey_analytics.planned.precision import plan_precision

MAX_VARIANTS: Final = 200_000
"""Variants that are aligned at most, those of most journeys first: bounds the time and the memory of a nightly run."""

Variant = tuple[str, ...]
_Asked = tuple[Variant, Sight]

MOVES_SCHEMA: Final = {"group": pl.Int64, "kind": pl.String, "label": pl.String}
PASSED, MISSING, UNPLANNED = "passed", "missing", "unplanned"


@dataclass(frozen=True)
class Comparison:
    """A log held against a plan.

    Attributes:
        groups: those of the log, ignored activities left out and alternatives under their label; one row per `group`
            of the same steps and sight, with `is_aligned` and `cost` (deviations; null where it is not aligned).
        moves: `group`, `kind` (passed, missing or unplanned) and `label`, once each.
        ways: the moves of each aligned list of steps and sight.
        variant_count: different lists of steps.
        aligned_variant_count: of them those that were aligned.
        fitness: mean over aligned journeys of 1 − deviations ÷ (steps + cost of an empty journey), 0–1.
        full_fitness: the same as if every journey had to be whole, as other tools count.
        precision: of the next steps that the plan allows the part that is taken; see `plan_precision`.
    """

    groups: pl.DataFrame
    moves: pl.DataFrame
    ways: Mapping[_Asked, tuple[Move, ...]]
    variant_count: int
    aligned_variant_count: int
    fitness: float | None
    full_fitness: float | None
    precision: float | None


def compare(plan: Plan, groups: pl.DataFrame, *, max_variants: int = MAX_VARIANTS) -> Comparison:
    """Align the variants of a log to a plan, and judge them.

    Args:
        plan: the planned journey.
        groups: of a `Log`.
        max_variants: those of most journeys are aligned, ties in the order of the lists.

    Raises:
        ConfigurationError: no journey can follow the plan; or it has so many states that r4pm is needed, and that is
            not installed.
    """
    placed = _placed(groups, plan)
    chosen = _chosen(placed, max_variants)
    asked = [(tuple(row["steps"]), Sight(row["is_cut_short"], row["is_left_censored"])) for row in chosen]
    empty, costs, ways = _aligned(plan, asked)
    judgements = {(steps, sight): judged(moves, sight) for (steps, sight), moves in ways.items()}
    rows = [
        (row["group"], steps, row["journey_count"], judgements[steps, sight])
        for row, (steps, sight) in zip(chosen, asked, strict=True)
        if (steps, sight) in judgements
    ]
    return Comparison(
        groups=_with_cost(placed, rows),
        moves=_moves(rows),
        ways=ways,
        variant_count=placed["steps"].n_unique(),
        aligned_variant_count=len({steps for _, steps, _, _ in rows}),
        fitness=_fitness(((steps, count, judgement.cost) for _, steps, count, judgement in rows), empty),
        full_fitness=_fitness(((steps, count, costs[steps]) for _, steps, count, _ in rows), empty),
        precision=_precision(plan, rows),
    )


def _placed(groups: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Groups by the labels of the plan, in an order of their own, each with its number."""
    step = pl.element().filter(~pl.element().is_in(list(plan.ignore))) if plan.ignore else pl.element()
    if plan.renamed:
        step = step.replace(dict(plan.renamed))
    named = groups.with_columns(pl.col("steps").list.eval(step))
    keys = ["steps", "is_cut_short", "is_left_censored"]
    counts = pl.col("journey_count", "converted_count", "dropped_count", "open_count").sum()
    examples = pl.col("examples").explode().sort()
    merged = named.group_by(keys).agg(counts, examples)
    text = pl.col("steps").list.join("\x1f")
    return merged.sort(text, *keys[1:]).with_row_index("group").with_columns(pl.col("group").cast(pl.Int64))


def _chosen(placed: pl.DataFrame, most: int) -> list[dict[str, Any]]:
    ranked = placed.group_by("steps").agg(pl.col("journey_count").sum(), pl.col("group").min())
    kept = ranked.sort("journey_count", "group", descending=[True, False]).head(most).select("steps")
    return placed.join(kept, on="steps", how="semi").sort("group").drop("examples").to_dicts()


_Row = tuple[int, Variant, int, Judgement]


def _aligned(plan: Plan, asked: Sequence[_Asked]) -> tuple[int, dict[Variant, int], dict[_Asked, tuple[Move, ...]]]:
    """The cost of an empty journey; of each variant that could be aligned its cost as a whole, and its moves."""
    try:
        empty = empty_cost(plan.net)
        found = align(plan.net, [steps for steps, _ in asked], [sight for _, sight in asked])
    except ConfigurationError as error:
        raise ConfigurationError(f"planned journey {plan.name!r}: {error}") from None
    aligned = [
        (one, found.cost, found.moves) for one, found in zip(asked, found, strict=True) if found.cost is not None
    ]
    costs = {steps: cost for (steps, _), cost, _ in aligned}
    return empty, costs, {one: tuple(moves) for one, _, moves in aligned}


def _moves(rows: Sequence[_Row]) -> pl.DataFrame:
    told = [
        (group, kind, label)
        for group, _, _, judgement in rows
        for kind, labels in ((PASSED, judgement.passed), (MISSING, judgement.missing), (UNPLANNED, judgement.unplanned))
        for label in sorted(set(labels))
    ]
    return pl.DataFrame(told, schema=MOVES_SCHEMA, orient="row")


def _with_cost(placed: pl.DataFrame, rows: Sequence[_Row]) -> pl.DataFrame:
    costs = [(group, judgement.cost) for group, _, _, judgement in rows]
    known = pl.DataFrame(costs, schema={"group": pl.Int64, "cost": pl.Int64}, orient="row")
    joined = placed.join(known, on="group", how="left").sort("group")
    return joined.with_columns(is_aligned=pl.col("cost").is_not_null())


def _fitness(rows: Iterable[tuple[Variant, int, int]], empty_cost: int) -> float | None:
    """The mean over journeys of 1 − cost ÷ (steps + cost of an empty journey); exact in any order of the rows."""
    lost: Counter[tuple[int, int]] = Counter()
    journeys = 0
    for steps, count, cost in rows:
        lost[len(steps) + empty_cost, cost] += count
        journeys += count
    if not journeys:
        return None
    return 1 - sum(n * cost / worst for (worst, cost), n in sorted(lost.items()) if worst) / journeys


def _precision(plan: Plan, rows: Sequence[_Row]) -> float | None:
    runs = [(judgement.run, count) for _, _, count, judgement in rows if judgement.run is not None]
    try:
        return plan_precision(runs, Walk(plan.net))
    except TooFreeError:
        return None
