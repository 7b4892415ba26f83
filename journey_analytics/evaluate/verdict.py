"""The measures against what this project promises of them, with what a simpler rule reaches beside ours."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from journey_analytics.dropoff import MINIMUM_FOLLOWED
from journey_analytics.evaluate.calibration import Calibration
from journey_analytics.evaluate.dropoff_score import DropoffScore, StageDropoffScore
from journey_analytics.evaluate.identity import IdentityScore
from journey_analytics.evaluate.identity_baseline import IdentityBaseline
from journey_analytics.evaluate.journeys import FixedGapScore, JourneyBaseline, JourneyScore
from journey_analytics.evaluate.stages import StageScore

LEAST_IDENTITY_PRECISION = 0.995
LEAST_IDENTITY_RECALL = 0.97
LEAST_ABOVE_LAST_LOGIN = 0.02
"""In pairwise F1, over the people who share a device: elsewhere the two rules can hardly differ."""

LEAST_JOURNEY_F1 = 0.96
LEAST_ABOVE_FIXED_GAP = 0.10
"""In boundary F1, on worlds in which a customer's needs overlap in time."""

LEAST_STAGE_F1 = 0.92
LEAST_STAGE_COVERAGE = 0.97
LEAST_ABOVE_NAME_ONLY = 0.10
MOST_CALIBRATION_ERROR = 0.05
MOST_ERROR_POINTS = 1.5
TELLING_NAIVE_ERROR_POINTS = 5.0
"""Where the naive share errs by more than this, the estimate must not err by more than `MOST_ERROR_POINTS`."""


@dataclass(frozen=True)
class Verdict:
    """One promise.

    Attributes:
        claim: what is promised of which measure.
        measured: ours; None when there was nothing to measure.
        baseline: what the simpler rule reaches, in the measure's unit; None where there is none.
        baseline_name: which rule that is.
        wanted: the target in words.
        is_met: None = not judged, because this world cannot tell.
    """

    claim: str
    measured: float | None
    wanted: str
    is_met: bool | None
    baseline: float | None = None
    baseline_name: str = ""


@dataclass(frozen=True)
class Scores:
    """Everything that is measured against the truth; the baselines are over the touchpoints of ours."""

    identity: IdentityScore
    identity_baseline: IdentityBaseline
    link_calibration: Calibration
    journey: JourneyScore
    journey_baseline: JourneyBaseline
    stage: StageScore
    stage_baseline: StageScore
    stage_calibration: Calibration
    dropoff: DropoffScore


def verdicts(scores: Scores, *, world: dict[str, Any]) -> tuple[Verdict, ...]:
    """Every promise, in the order of the report; `world` tells whether needs overlap in time in it."""
    return (
        *_identity(scores),
        *_journeys(scores, has_overlap=bool(world.get("overlap"))),
        *_stages(scores),
        *_dropoff(scores.dropoff),
    )


def _identity(scores: Scores) -> Iterator[Verdict]:
    ours, theirs, name = scores.identity, scores.identity_baseline.last_login, "last login"
    yield _at_least(
        "identity: pairwise precision", ours.pairs.precision, LEAST_IDENTITY_PRECISION, theirs.pairs.precision, name
    )
    yield _at_least(
        "identity: recall of what can be joined",
        ours.joined_of_ceiling_share,
        LEAST_IDENTITY_RECALL,
        theirs.joined_of_ceiling_share,
        name,
    )
    yield _above("identity: F1, above last login", ours.pairs.f1, theirs.pairs.f1, name, by=0.0)
    shared = scores.identity_baseline.shared_pairs.f1
    claim = "identity: F1 of people who share a device"
    yield _above(claim, shared, theirs.shared_pairs.f1, name, by=LEAST_ABOVE_LAST_LOGIN)
    yield _calibrated("identity: calibration error of links", scores.link_calibration)


def _journeys(scores: Scores, *, has_overlap: bool) -> Iterator[Verdict]:
    ours, best = scores.journey, scores.journey_baseline
    claim = "journeys: pairwise F1, rightly resolved"
    yield _at_least(claim, ours.pairs.f1, LEAST_JOURNEY_F1, best.best_pairs_f1, _gap_name(best.best_pairs))
    yield _above(
        "journeys: boundary F1 where needs overlap",
        ours.boundaries.f1,
        best.best_boundaries_f1,
        _gap_name(best.best_boundaries),
        by=LEAST_ABOVE_FIXED_GAP,
        is_judged=has_overlap,
    )


def _gap_name(gap: FixedGapScore | None) -> str:
    return f"gap {gap.gap_days:g} d" if gap else ""


def _stages(scores: Scores) -> Iterator[Verdict]:
    ours, theirs, name = scores.stage, scores.stage_baseline, "name only"
    yield _at_least("stages: macro-F1", ours.macro_f1, LEAST_STAGE_F1)
    yield _at_least("stages: coverage", ours.coverage_share, LEAST_STAGE_COVERAGE)
    yield _above("stages: F1 above a lookup by name", ours.macro_f1, theirs.macro_f1, name, by=LEAST_ABOVE_NAME_ONLY)
    yield _calibrated("stages: calibration error of confidence", scores.stage_calibration)


def _dropoff(dropoff: DropoffScore) -> Iterator[Verdict]:
    yield from (_inside(score) for score in dropoff.whole)
    yield from _small_errors("all entrants", dropoff.whole, allows_noise=False)
    yield from _small_errors("last 30 days", dropoff.recent, allows_noise=True)


def _at_least(
    claim: str, measured: float | None, least: float, baseline: float | None = None, baseline_name: str = ""
) -> Verdict:
    is_met = measured is not None and measured >= least
    return Verdict(claim, measured, f"≥ {least:.3f}", is_met, baseline, baseline_name)


def _above(
    claim: str,
    measured: float | None,
    baseline: float | None,
    baseline_name: str,
    *,
    by: float,
    is_judged: bool = True,
) -> Verdict:
    """Ours must reach the baseline and `by` more; without a baseline there is nothing to be above, and no judgement."""
    wanted = f"{by:.2f} above" if by else "not below"
    if baseline is None or not is_judged:
        return Verdict(claim, measured, wanted, None, baseline, baseline_name)
    return Verdict(claim, measured, wanted, measured is not None and measured >= baseline + by, baseline, baseline_name)


def _calibrated(claim: str, found: Calibration) -> Verdict:
    is_met = None if found.error is None else found.error <= MOST_CALIBRATION_ERROR
    return Verdict(claim, found.error, f"≤ {MOST_CALIBRATION_ERROR:.2f}", is_met)


def _inside(score: StageDropoffScore) -> Verdict:
    """Not judged without an estimate where the truth itself has too few whose window could be watched."""
    low, high = score.estimated_low_share, score.estimated_high_share
    has_none = low is None or high is None
    wanted = "an estimate" if has_none else f"{low:.4f} – {high:.4f}"
    is_met = None if has_none and score.watched_count < MINIMUM_FOLLOWED else bool(score.is_inside)
    return Verdict(f"drop-off of {score.stage}: in our 95 % interval", score.observable_share, wanted, is_met)


def _small_errors(cohort: str, scores: tuple[StageDropoffScore, ...], *, allows_noise: bool) -> Iterator[Verdict]:
    """Stages on which the naive share is far off; errors in percentage points.

    A small cohort's noise can be larger than what is asked of the error: with `allows_noise`, a truth inside the
    interval is enough.
    """
    for score in scores:
        ours, naive = score.estimated_error_points, score.naive_error_points
        if ours is None or naive is None or abs(naive) <= TELLING_NAIVE_ERROR_POINTS:
            continue
        claim = f"drop-off of {score.stage}, {cohort}: error"
        wanted = f"≤ {MOST_ERROR_POINTS}" + (" or inside" if allows_noise else "")
        is_small = abs(ours) <= MOST_ERROR_POINTS
        is_met = is_small or (allows_noise and bool(score.is_inside))
        yield Verdict(claim, abs(ours), wanted, is_met, abs(naive), "naive")
