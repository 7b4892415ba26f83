"""The measures against what this project promises of them."""

from collections.abc import Iterator
from dataclasses import dataclass

from journey_analytics.evaluate.dropoff_score import DropoffScore, StageDropoffScore
from journey_analytics.evaluate.identity import IdentityScore
from journey_analytics.evaluate.journeys import JourneyScore
from journey_analytics.evaluate.stages import StageScore

LEAST_IDENTITY_PRECISION = 0.99
LEAST_IDENTITY_RECALL = 0.95
LEAST_JOURNEY_F1 = 0.93
LEAST_STAGE_F1 = 0.85
LEAST_STAGE_COVERAGE = 0.95
MOST_ERROR_POINTS = 1.5
TELLING_NAIVE_ERROR_POINTS = 5.0
"""Where the naive share errs by more than this, the estimate must not err by more than `MOST_ERROR_POINTS`."""


@dataclass(frozen=True)
class Verdict:
    """One promise. `measured` is None when there was nothing to judge, and then `is_met` is false."""

    claim: str
    measured: float | None
    wanted: str
    is_met: bool


def verdicts(
    identity: IdentityScore, journey: JourneyScore, stage: StageScore, dropoff: DropoffScore
) -> tuple[Verdict, ...]:
    """Every promise, in the order of the report."""
    return (
        _at_least("identity: pairwise precision", identity.pairs.precision, LEAST_IDENTITY_PRECISION),
        _at_least("identity: recall of what can be joined", identity.joined_of_ceiling_share, LEAST_IDENTITY_RECALL),
        _at_least("journeys: pairwise F1, rightly resolved customers", journey.pairs.f1, LEAST_JOURNEY_F1),
        _at_least("stages: macro-F1", stage.macro_f1, LEAST_STAGE_F1),
        _at_least("stages: coverage", stage.coverage_share, LEAST_STAGE_COVERAGE),
        *(_inside(score) for score in dropoff.whole),
        *_small_errors("all entrants", dropoff.whole, allows_noise=False),
        *_small_errors("last 30 days", dropoff.recent, allows_noise=True),
    )


def _at_least(claim: str, measured: float | None, least: float) -> Verdict:
    return Verdict(claim, measured, f"≥ {least:.2f}", is_met=measured is not None and measured >= least)


def _inside(score: StageDropoffScore) -> Verdict:
    low, high = score.estimated_low_share, score.estimated_high_share
    wanted = "an estimate" if low is None or high is None else f"{low:.4f} – {high:.4f}"
    claim = f"drop-off of {score.stage}: truth in our 95 % interval"
    return Verdict(claim, score.observable_share, wanted, is_met=bool(score.is_inside))


def _small_errors(cohort: str, scores: tuple[StageDropoffScore, ...], *, allows_noise: bool) -> Iterator[Verdict]:
    """Stages on which the naive share is far off.

    A small cohort's noise can be larger than what is asked of the error: with `allows_noise`, a truth inside the
    interval is enough.
    """
    for score in scores:
        ours, naive = score.estimated_error_points, score.naive_error_points
        if ours is None or naive is None or abs(naive) <= TELLING_NAIVE_ERROR_POINTS:
            continue
        claim = f"drop-off of {score.stage}, {cohort}: error in points (naive: {naive:+.1f})"
        wanted = f"≤ {MOST_ERROR_POINTS}" + (", or in interval" if allows_noise else "")
        is_small = abs(ours) <= MOST_ERROR_POINTS
        yield Verdict(claim, abs(ours), wanted, is_met=is_small or (allows_noise and bool(score.is_inside)))
