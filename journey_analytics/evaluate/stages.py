"""How well touchpoints were placed in stages, and how well their names alone would have placed them."""

from dataclasses import dataclass

import polars as pl

from journey_analytics.contract import STAGES, UNKNOWN
from journey_analytics.evaluate.pairs import ratio


@dataclass(frozen=True)
class OneStageScore:
    """One stage: shares of touchpoints, 0–1; None when there was none to judge.

    Attributes:
        precision: of the touchpoints placed in it, those that truly belong to it.
        recall: of those that truly belong to it, those placed in it; `unknown` is a miss.
        f1: harmonic mean of both.
        true_count, placed_count: the denominators of recall and precision.
    """

    stage: str
    precision: float | None
    recall: float | None
    f1: float | None
    true_count: int
    placed_count: int


@dataclass(frozen=True)
class ConfusionRow:
    """How many touchpoints of a true stage were placed where, in the order of `StageScore.placed_stages`."""

    true_stage: str
    placed_counts: tuple[int, ...]


@dataclass(frozen=True)
class StageScore:
    """Agreement of stages over all judged touchpoints that have a true stage.

    Attributes:
        macro_f1: plain mean of F1 over the stages that occur in the truth.
        coverage_share: of the touchpoints with a true stage, those that got one other than `unknown`.
        touchpoint_count: the denominator of `coverage_share`.
        stages: each stage, in journey order.
        placed_stages: the columns of `confusion`: the stages in journey order, then `unknown`.
        confusion: one row per true stage, in journey order.
    """

    macro_f1: float | None
    coverage_share: float | None
    touchpoint_count: int
    stages: tuple[OneStageScore, ...]
    placed_stages: tuple[str, ...]
    confusion: tuple[ConfusionRow, ...]


def stage_score(judged: pl.DataFrame) -> StageScore:
    """Score the columns `stage` (null counts as `unknown`) against `true_stage` (null is not judged)."""
    rows = judged.filter(pl.col("true_stage").is_not_null()).with_columns(pl.col("stage").fill_null(UNKNOWN))
    cells = {(true, placed): count for true, placed, count in rows.group_by("true_stage", "stage").len().iter_rows()}
    stages = tuple(_one_stage(stage, cells) for stage in STAGES)
    scores = [score.f1 or 0.0 for score in stages if score.true_count]
    placed = sum(count for (_, stage), count in cells.items() if stage != UNKNOWN)
    return StageScore(
        macro_f1=ratio(sum(scores), len(scores)),
        coverage_share=ratio(placed, rows.height),
        touchpoint_count=rows.height,
        stages=stages,
        placed_stages=(*STAGES, UNKNOWN),
        confusion=tuple(_confusion_row(stage, cells) for stage in STAGES),
    )


def name_only_score(judged: pl.DataFrame) -> StageScore:
    """The best that a lookup by name could do: each (source, activity) has one stage, whatever happened around it.

    The lookup is made from the truth itself: the stage that most touchpoints of that source and activity truly have,
    over all of the judged ones; ties go to the earlier stage. No table that an analyst keeps can be better, and it
    covers everything.
    """
    names = ["source", "activity"]
    rows = judged.filter(pl.col("true_stage").is_not_null()).drop("stage")
    counts = rows.group_by(*names, stage="true_stage").len().with_columns(rank=_rank())
    ranked = counts.sort(*names, "len", "rank", descending=[False, False, True, False])
    lookup = ranked.unique(names, keep="first", maintain_order=True).select(*names, "stage")
    return stage_score(rows.join(lookup, on=names, nulls_equal=True))


def _rank() -> pl.Expr:
    return pl.col("stage").replace_strict({stage: n for n, stage in enumerate(STAGES)}, return_dtype=pl.Int64)


def _one_stage(stage: str, cells: dict[tuple[str, str], int]) -> OneStageScore:
    hits = cells.get((stage, stage), 0)
    true_count = sum(count for (true, _), count in cells.items() if true == stage)
    placed_count = sum(count for (_, placed), count in cells.items() if placed == stage)
    return OneStageScore(
        stage=stage,
        precision=ratio(hits, placed_count),
        recall=ratio(hits, true_count),
        f1=ratio(2 * hits, true_count + placed_count),
        true_count=true_count,
        placed_count=placed_count,
    )


def _confusion_row(true: str, cells: dict[tuple[str, str], int]) -> ConfusionRow:
    return ConfusionRow(true, tuple(cells.get((true, placed), 0) for placed in (*STAGES, UNKNOWN)))
