"""An evaluation as text for the terminal."""

from collections.abc import Iterable
from io import StringIO

from rich.box import SIMPLE_HEAD
from rich.console import Console, RenderableType
from rich.table import Table

from journey_analytics.evaluate.dropoff_score import StageDropoffScore
from journey_analytics.evaluate.evaluation import Evaluation
from journey_analytics.evaluate.identity import PURE_SHARE, WHOLE_SHARE, IdentityScore
from journey_analytics.evaluate.journeys import JourneyScore
from journey_analytics.evaluate.pairs import Agreement
from journey_analytics.evaluate.planted import PlantedScore
from journey_analytics.evaluate.stages import StageScore

_WIDTH = 118
_NONE = "–"


def evaluation_text(evaluation: Evaluation) -> str:
    """Everything that was measured, the verdict last: plain text of at most 118 columns."""
    sections: list[RenderableType] = [
        f"State of affairs at {evaluation.cutoff:%Y-%m-%d %H:%M} UTC",
        *_identity(evaluation.identity),
        *_journey(evaluation.journey),
        *_stage(evaluation.stage),
        "\nDrop-off, all entrants (shares of entrants in %, errors in points against what is observable)",
        _dropoff_table(evaluation.dropoff.whole),
        *_costs(evaluation.dropoff.whole),
        "\nDrop-off, entered in the last 30 days",
        _dropoff_table(evaluation.dropoff.recent),
        *_planted(evaluation.planted),
        *_verdict(evaluation),
    ]
    target = StringIO()
    console = Console(file=target, width=_WIDTH, color_system=None, highlight=False, markup=False, emoji=False)
    for section in sections:
        console.print(section)
    return "\n".join(line.rstrip() for line in target.getvalue().splitlines())


def _identity(score: IdentityScore) -> Iterable[RenderableType]:
    yield "\nIdentity (pairs of touchpoints of one customer)"
    yield f"  precision {_share(score.pairs.precision)} · recall {_share(score.pairs.recall)}"
    yield (
        f"  ceiling {_share(score.ceiling_share)}: the share of true pairs that any link in the data joins · "
        f"joined of those {_share(score.joined_of_ceiling_share)}"
    )
    yield (
        f"  {score.touchpoint_count:,} touchpoints of {score.customer_count:,} true customers, resolved to "
        f"{score.resolved_customer_count:,}; {score.unresolvable_customer_count:,} of the true stay in parts"
    )
    yield (
        f"  not judged: {score.bot_count:,} bots ({score.kept_bot_count:,} of them kept as customers), "
        f"{score.set_aside_count:,} set aside ({score.set_aside_person_count:,} of them people's), "
        f"{score.unmatched_count:,} without truth, {score.missing_count:,} missing"
    )


def _journey(score: JourneyScore) -> Iterable[RenderableType]:
    yield "\nJourneys (within rightly resolved customers)"
    yield f"  pairs of touchpoints: {_agreement(score.pairs)}"
    yield f"  boundaries: {_agreement(score.boundaries)}"
    yield (
        f"  {score.journey_count:,} journeys for {score.true_journey_count:,} true ones of {score.customer_count:,} "
        f"customers: {_share(score.touchpoint_share)} of all touchpoints with a true journey"
    )
    yield (
        f"  rightly resolved: ≥ {PURE_SHARE:.0%} of its touchpoints are one true customer's, of whose largest part "
        f"it holds ≥ {WHOLE_SHARE:.0%}"
    )


def _stage(score: StageScore) -> Iterable[RenderableType]:
    yield (
        f"\nStages ({score.touchpoint_count:,} touchpoints with a true stage)\n"
        f"  macro-F1 {_share(score.macro_f1)} · coverage {_share(score.coverage_share)}"
    )
    yield "  true stage below, where it was placed beside it"
    table = _table("true stage", "precision", "recall", "F1", *score.placed_stages)
    for stage, row in zip(score.stages, score.confusion, strict=True):
        counts = (f"{count:,}" for count in row.placed_counts)
        table.add_row(stage.stage, _share(stage.precision), _share(stage.recall), _share(stage.f1), *counts)
    yield table


def _dropoff_table(scores: tuple[StageDropoffScore, ...]) -> Table:
    table = _table(
        "stage", "entered", "truth", "observable", "estimated", "95 % in", "inside", "error",
        "observed", "naive", "its error",
    )  # fmt: skip
    for score in scores:
        table.add_row(
            score.stage,
            f"{score.entered_count:,}",
            _percent(score.true_share),
            _percent(score.observable_share),
            _percent(score.estimated_share),
            _interval(score.estimated_low_share, score.estimated_high_share),
            _NONE if score.is_inside is None else _yes(score.is_inside),
            _points(score.estimated_error_points),
            _percent(score.observed_share),
            _percent(score.naive_share),
            _points(score.naive_error_points),
        )
    return table


def _costs(scores: tuple[StageDropoffScore, ...]) -> Iterable[str]:
    yield "  What unresolvable visits cost, in points (observable − truth):"
    yield "  " + " · ".join(f"{score.stage} {_points(score.unresolvable_points)}" for score in scores)


def _planted(scores: tuple[PlantedScore, ...]) -> Iterable[RenderableType]:
    if not scores:
        return
    yield "\nWhat was planted, as we estimate it (drop-off in %)"
    table = _table("planted", "stage", "there", "95 % in", "elsewhere", "95 % in", "difference", "found")
    for score in scores:
        table.add_row(
            f"{score.kind}: {score.where}",
            score.stage,
            _percent(score.there_share),
            _interval(score.there_low_share, score.there_high_share),
            _percent(score.elsewhere_share),
            _interval(score.elsewhere_low_share, score.elsewhere_high_share),
            _points(score.difference_points),
            _yes(score.is_found),
        )
    yield table


def _verdict(evaluation: Evaluation) -> Iterable[RenderableType]:
    yield "\nVerdict"
    table = _table("claim", "measured", "wanted", "met")
    for verdict in evaluation.verdicts:
        table.add_row(verdict.claim, _share(verdict.measured), verdict.wanted, _yes(verdict.is_met))
    yield table
    missed = sum(not verdict.is_met for verdict in evaluation.verdicts)
    yield "all met" if evaluation.is_passed else f"{missed} of {len(evaluation.verdicts)} not met"


def _table(first: str, *columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column(first, no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _agreement(found: Agreement) -> str:
    return f"precision {_share(found.precision)} · recall {_share(found.recall)} · F1 {_share(found.f1)}"


def _share(value: float | None) -> str:
    return _NONE if value is None else f"{value:.4f}"


def _percent(share: float | None) -> str:
    return _NONE if share is None else f"{100 * share:.1f}"


def _interval(low: float | None, high: float | None) -> str:
    return _NONE if low is None or high is None else f"{_percent(low)}–{_percent(high)}"


def _points(value: float | None) -> str:
    return _NONE if value is None else f"{value:+.1f}"


def _yes(value: bool) -> str:
    return "yes" if value else "NO"
