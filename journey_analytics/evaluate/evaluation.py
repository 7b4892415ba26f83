"""A run against the truth of its simulated world."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from journey_analytics.evaluate.calibration import link_calibration, stage_calibration
from journey_analytics.evaluate.ceiling import customer_parts
from journey_analytics.evaluate.dropoff_score import dropoff_score
from journey_analytics.evaluate.identity import identity_score, judged_touchpoints, rightly_resolved
from journey_analytics.evaluate.identity_baseline import identity_baseline
from journey_analytics.evaluate.journeys import journey_baseline, journey_score
from journey_analytics.evaluate.observed import Observed, read_observed
from journey_analytics.evaluate.planted import PlantedScore, planted_scores
from journey_analytics.evaluate.stages import name_only_score, stage_score
from journey_analytics.evaluate.truth import Truth, read_truth
from journey_analytics.evaluate.verdict import Scores, Verdict, verdicts

if TYPE_CHECKING:
    from journey_analytics.warehouse import Warehouse


@dataclass(frozen=True)
class Evaluation(Scores):
    """All scores of one run; `dataclasses.asdict` gives what `--json` prints.

    Attributes:
        cutoff: T of the run, UTC.
        planted: what was planted in the world, as our estimates show it.
        verdicts: every promise.
        is_passed: whether no verdict that could be judged is unmet.
    """

    cutoff: datetime
    planted: tuple[PlantedScore, ...]
    verdicts: tuple[Verdict, ...]
    is_passed: bool


def evaluate(warehouse: "Warehouse", truth_dir: Path) -> Evaluation:
    """Score what a run made of a simulated world against the truth beside it.

    Raises:
        ConfigurationError: naming what is missing or unreadable in the truth.
        DataError: when nothing was run yet.
    """
    return score(read_observed(warehouse), read_truth(truth_dir))


def score(observed: Observed, truth: Truth) -> Evaluation:
    """All scores, from frames."""
    scores = _scores(observed, truth)
    found = verdicts(scores, world=truth.world)
    return Evaluation(
        **vars(scores),
        cutoff=observed.cutoff,
        planted=planted_scores(observed, truth),
        verdicts=found,
        is_passed=all(verdict.is_met is not False for verdict in found),
    )


def _scores(observed: Observed, truth: Truth) -> Scores:
    parts = customer_parts(truth.event.filter(~pl.col("is_bot")), observed.identity)
    judged = judged_touchpoints(observed, truth, parts)
    right = rightly_resolved(judged)
    return Scores(
        identity=identity_score(judged, observed, truth),
        identity_baseline=identity_baseline(judged, observed),
        link_calibration=link_calibration(judged, observed),
        journey=journey_score(right, judged=judged),
        journey_baseline=journey_baseline(right),
        stage=stage_score(judged),
        stage_baseline=name_only_score(judged),
        stage_calibration=stage_calibration(judged),
        dropoff=dropoff_score(observed, truth, parts),
    )
