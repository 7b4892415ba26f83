"""A run against the truth of its simulated world."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from journey_analytics.evaluate.ceiling import customer_parts
from journey_analytics.evaluate.dropoff_score import DropoffScore, dropoff_score
from journey_analytics.evaluate.identity import IdentityScore, identity_score, judged_touchpoints, rightly_resolved
from journey_analytics.evaluate.journeys import JourneyScore, journey_score
from journey_analytics.evaluate.observed import Observed, read_observed
from journey_analytics.evaluate.planted import PlantedScore, planted_scores
from journey_analytics.evaluate.stages import StageScore, stage_score
from journey_analytics.evaluate.truth import Truth, read_truth
from journey_analytics.evaluate.verdict import Verdict, verdicts

if TYPE_CHECKING:
    from journey_analytics.warehouse import Warehouse


@dataclass(frozen=True)
class Evaluation:
    """All scores of one run; `dataclasses.asdict` gives what `--json` prints.

    Attributes:
        cutoff: T of the run, UTC.
        is_passed: whether every verdict is met.
    """

    cutoff: datetime
    identity: IdentityScore
    journey: JourneyScore
    stage: StageScore
    dropoff: DropoffScore
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
    parts = customer_parts(truth.event.filter(~pl.col("is_bot")), observed.identity)
    judged = judged_touchpoints(observed, truth, parts)
    identity = identity_score(judged, observed, truth)
    journey = journey_score(rightly_resolved(judged), judged=judged)
    stage = stage_score(judged)
    dropoff = dropoff_score(observed, truth, parts)
    found = verdicts(identity, journey, stage, dropoff)
    return Evaluation(
        cutoff=observed.cutoff,
        identity=identity,
        journey=journey,
        stage=stage,
        dropoff=dropoff,
        planted=planted_scores(observed, truth),
        verdicts=found,
        is_passed=all(verdict.is_met for verdict in found),
    )
