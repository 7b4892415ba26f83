"""An evaluation as text for the terminal."""

from collections.abc import Iterable
from io import StringIO

from rich.box import SIMPLE_HEAD
from rich.console import Console, RenderableType
from rich.table import Table

from journey_analytics.evaluate.calibration import BIN_COUNT, Calibration
from journey_analytics.evaluate.dropoff_score import StageDropoffScore
from journey_analytics.evaluate.evaluation import Evaluation
from journey_analytics.evaluate.identity import PURE_SHARE, WHOLE_SHARE
from journey_analytics.evaluate.pairs import Agreement
from journey_analytics.evaluate.planted import PlantedScore
from journey_analytics.evaluate.verdict import Verdict

_WIDTH = 100
_NONE = "–"
_SHORT = ("aware", "consider", "decide", "post", "unknown")
"""`StageScore.placed_stages`, in few columns."""

_RULE_COUNT = 8
"""Rules shown of each calibration: those that cost most."""


def evaluation_text(evaluation: Evaluation) -> str:
    """Everything that was measured, the verdict last: plain text of at most 100 columns."""
    sections: list[RenderableType] = [
        f"State of affairs at {evaluation.cutoff:%Y-%m-%d %H:%M} UTC",
        *_identity(evaluation),
        *_journey(evaluation),
        *_stage(evaluation),
        *_calibration("Confidence of links", "links", evaluation.link_calibration),
        *_calibration("Confidence of stages", "touchpoints", evaluation.stage_calibration),
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


def _identity(evaluation: Evaluation) -> Iterable[RenderableType]:
    score, baseline = evaluation.identity, evaluation.identity_baseline
    last, strong = baseline.last_login, baseline.strong_only
    yield "\nIdentity (pairs of touchpoints of one customer)"
    table = _table("rule", "precision", "recall", "F1", "of the ceiling", "F1, shared devices")
    for name, pairs, share, shared in (
        ("ours: nearest login in time", score.pairs, score.joined_of_ceiling_share, baseline.shared_pairs),
        ("last login", last.pairs, last.joined_of_ceiling_share, last.shared_pairs),
        ("strong only", strong.pairs, strong.joined_of_ceiling_share, strong.shared_pairs),
    ):
        table.add_row(name, *_three(pairs), _share(share), _share(shared.f1))
    yield table
    yield (
        f"  {score.touchpoint_count:,} touchpoints of {score.customer_count:,} true customers, resolved to "
        f"{score.resolved_customer_count:,}; {score.unresolvable_customer_count:,} of the true stay in parts"
    )
    yield f"  ceiling {_share(score.ceiling_share)}: the share of true pairs that any link in the data joins"
    yield (
        f"  shared devices: {baseline.shared_touchpoint_count:,} touchpoints of "
        f"{baseline.shared_customer_count:,} people; the last-login rule gives {baseline.differing_count:,} of\n"
        f"  {baseline.anonymous_count:,} anonymous touchpoints to another customer than we do"
    )
    yield (
        f"  not judged: {score.bot_count:,} bots ({score.kept_bot_count:,} kept as customers), "
        f"{score.set_aside_count:,} set aside ({score.set_aside_person_count:,} people's),\n"
        f"  {score.unmatched_count:,} without truth, {score.missing_count:,} missing"
    )


def _journey(evaluation: Evaluation) -> Iterable[RenderableType]:
    score, baseline = evaluation.journey, evaluation.journey_baseline
    yield "\nJourneys (within rightly resolved customers; the fixed gaps are the best, chosen by the truth)"
    table = _table("cut", "pairs: precision", "recall", "F1", "boundaries: precision", "recall", "F1")
    table.add_row("ours", *_three(score.pairs), *_three(score.boundaries))
    best = {gap.gap_days: gap for gap in (baseline.best_pairs, baseline.best_boundaries) if gap}
    for gap in best.values():
        table.add_row(f"gap over {gap.gap_days:g} days", *_three(gap.pairs), *_three(gap.boundaries))
    yield table
    yield (
        f"  {score.journey_count:,} journeys for {score.true_journey_count:,} true ones of {score.customer_count:,} "
        f"customers, with {_share(score.touchpoint_share)} of what has a true one"
    )
    yield (
        f"  rightly resolved: ≥ {PURE_SHARE:.0%} of its touchpoints are one true customer's, "
        f"with ≥ {WHOLE_SHARE:.0%} of that one's largest part"
    )


def _stage(evaluation: Evaluation) -> Iterable[RenderableType]:
    score, baseline = evaluation.stage, evaluation.stage_baseline
    yield f"\nStages ({score.touchpoint_count:,} touchpoints with a true stage; where we placed them on the right)"
    table = _table("true stage", "precision", "recall", "F1", "name only", *_SHORT)
    for stage, row, named in zip(score.stages, score.confusion, baseline.stages, strict=True):
        counts = (f"{count:,}" for count in row.placed_counts)
        table.add_row(stage.stage, *map(_share, (stage.precision, stage.recall, stage.f1, named.f1)), *counts)
    yield table
    yield (
        f"  macro-F1 {_share(score.macro_f1)} · coverage {_share(score.coverage_share)} · name only "
        f"{_share(baseline.macro_f1)}: each activity's most frequent true stage"
    )


def _calibration(title: str, unit: str, found: Calibration) -> Iterable[RenderableType]:
    yield (
        f"\n{title}: expected calibration error {_share(found.error)} over {BIN_COUNT} bins, "
        f"{_share(found.rule_error)} over rules"
    )
    table = _table("bin, or rule", unit, "stated", "measured")
    costly = sorted(found.rules, key=lambda rule: -rule.cost)[:_RULE_COUNT]
    for row in (*found.bins, *costly):
        table.add_row(row.name, f"{row.count:,}", _share(row.confidence), _share(row.accuracy))
    yield table
    left_out = len(found.rules) - len(costly)
    if left_out:
        yield f"  the rules that cost most; {left_out} more in --json"


def _dropoff_table(scores: tuple[StageDropoffScore, ...]) -> Table:
    table = _table(
        "stage", "entered", "truth", "observable", "ours", "95 % in", "in", "error", "observed", "naive", "error",
    )  # fmt: skip
    for score in scores:
        table.add_row(
            score.stage,
            f"{score.entered_count:,}",
            _percent(score.true_share),
            _percent(score.observable_share),
            _percent(score.estimated_share),
            _interval(score.estimated_low_share, score.estimated_high_share),
            _yes(score.is_inside),
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
    if scores:
        yield "\nWhat was planted, as we estimate it (drop-off in %, 95 % interval)"
    for score in scores:
        there = f"{_percent(score.there_share)} ({_interval(score.there_low_share, score.there_high_share)})"
        elsewhere = _interval(score.elsewhere_low_share, score.elsewhere_high_share)
        yield f"  {score.kind} in {score.stage}, {score.where}"
        yield (
            f"    {there} there, {_percent(score.elsewhere_share)} ({elsewhere}) elsewhere: "
            f"{_points(score.difference_points)} points, {'found' if score.is_found else 'NOT found'}"
        )


def _verdict(evaluation: Evaluation) -> Iterable[RenderableType]:
    yield "\nVerdict (–: not judged, this world cannot tell)"
    table = _table("claim", "ours", "baseline", "target", "met")
    for verdict in evaluation.verdicts:
        table.add_row(verdict.claim, _share(verdict.measured), _baseline(verdict), verdict.wanted, _yes(verdict.is_met))
    yield table
    yield _sentence(evaluation)


def _sentence(evaluation: Evaluation) -> str:
    judged = [verdict for verdict in evaluation.verdicts if verdict.is_met is not None]
    missed = sum(not verdict.is_met for verdict in judged)
    unjudged = len(evaluation.verdicts) - len(judged)
    met = f"{missed} of {len(judged)} not met" if missed else f"all {len(judged)} met"
    return f"{met}, {unjudged} not judged" if unjudged else met


def _baseline(verdict: Verdict) -> str:
    return "" if verdict.baseline is None else f"{_share(verdict.baseline)} {verdict.baseline_name}"


def _table(first: str, *columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column(first, no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _three(found: Agreement) -> tuple[str, str, str]:
    return _share(found.precision), _share(found.recall), _share(found.f1)


def _share(value: float | None) -> str:
    return _NONE if value is None else f"{value:.4f}"


def _percent(share: float | None) -> str:
    return _NONE if share is None else f"{100 * share:.1f}"


def _interval(low: float | None, high: float | None) -> str:
    return _NONE if low is None or high is None else f"{_percent(low)}–{_percent(high)}"


def _points(value: float | None) -> str:
    return _NONE if value is None else f"{value:+.1f}"


def _yes(value: bool | None) -> str:
    return _NONE if value is None else "yes" if value else "NO"
