"""`evaluate`: what simpler rules reach, and whether a confidence means what it says, against counts made by hand."""

import polars as pl
import pytest
from small_truth import (
    A,
    C,
    D,
    anonymous_of,
    identities_of,
    links_of,
    observed_of,
    touchpoints_of,
    true_event,
    truth_of,
    visits_of,
)

from journey_analytics.evaluate.calibration import link_calibration, stage_calibration
from journey_analytics.evaluate.ceiling import customer_parts
from journey_analytics.evaluate.evaluation import score
from journey_analytics.evaluate.identity import judged_touchpoints
from journey_analytics.evaluate.identity_baseline import identity_baseline
from journey_analytics.evaluate.journeys import journey_baseline, journey_score
from journey_analytics.evaluate.stages import name_only_score
from journey_analytics.evaluate.verdict import Verdict, _above

# Anna and Ben share a tablet on which Ben logs in last; each has a visit of their own there before logging in. Carl's
# phone is his alone, and Dora's was never logged in on.
HOUSEHOLD = truth_of(
    [
        true_event("a1", "anna", "j1", A),
        true_event("a2", "anna", "j1", C, at=1),
        true_event("b1", "ben", "j2", A, at=2),
        true_event("b2", "ben", "j2", C, at=3),
        true_event("c1", "carl", "j3", A),
        true_event("c2", "carl", "j3", C, at=1),
        true_event("d1", "dora", "j4", A),
        true_event("d2", "dora", "j4", A, at=1),
    ]
)
CARRIED = {
    "a1": ["tablet"], "a2": ["tablet", "u1"], "b1": ["tablet"], "b2": ["tablet", "u2"],
    "c1": ["phone"], "c2": ["phone", "u3"], "d1": ["lost"], "d2": ["lost"],
}  # fmt: skip
ANONYMOUS = {
    "a1": ("tablet", "ben", True), "b1": ("tablet", "ben", True),
    "c1": ("phone", "carl", False), "d1": ("lost", None, False), "d2": ("lost", None, False),
}  # fmt: skip


def household(**columns: object):
    """A run that resolved everybody rightly; `columns` replace what it says of the touchpoints."""
    touchpoint = touchpoints_of(HOUSEHOLD, customer="customer_id", journey="journey_id", stage="stage")
    own = touchpoint.with_columns(customer_id=pl.col("customer_id").replace("dora", "lost"), **columns)
    observed = observed_of(
        own, identities_of(CARRIED), visit=visits_of(HOUSEHOLD), anonymous=anonymous_of(ANONYMOUS), link=links_of(LINKS)
    )
    return observed, judged_touchpoints(observed, HOUSEHOLD, customer_parts(HOUSEHOLD.event, observed.identity))


LINKS = [
    ("tablet", "anna", "nearest_login", 0.9),
    ("tablet", "ben", "nearest_login", 0.8),
    ("u3", "carl", "own", 1.0),
    ("nobody", "emil", "own", 0.1),
]


# --- identity


def test_the_last_login_takes_the_whole_device():
    observed, judged = household()
    found = identity_baseline(judged, observed)
    pairs = found.last_login.pairs
    # a1, b1 and b2 become one customer of three pairs, one of them Ben's; Anna's only pair is lost
    assert (pairs.predicted_count, pairs.true_count, pairs.common_count) == (5, 4, 3)
    assert found.last_login.joined_of_ceiling_share == pytest.approx(3 / 4)
    assert (found.anonymous_count, found.differing_count) == (5, 1)


def test_without_assignment_every_device_is_a_customer():
    observed, judged = household()
    pairs = identity_baseline(judged, observed).strong_only.pairs
    # the tablet's a1 and b1 are one pair that is wrong; of the true ones only Dora's is left
    assert (pairs.predicted_count, pairs.true_count, pairs.common_count) == (2, 4, 1)


def test_people_who_share_a_device_are_compared_by_themselves():
    observed, judged = household()
    found = identity_baseline(judged, observed)
    assert (found.shared_customer_count, found.shared_touchpoint_count) == (2, 4)
    assert found.shared_pairs.f1 == 1.0
    assert found.last_login.shared_pairs.f1 == pytest.approx(2 * 1 / (3 + 2))


def test_without_a_shared_device_nothing_is_to_be_above():
    assert _above("claim", 0.9, None, "rule", by=0.02).is_met is None


# --- journeys


APART = {"b1": 0.0, "b2": 0.2, "j1": 4.0, "b3": 8.0, "n1": 10.0, "j2": 12.0}
CLOSE = {"b1": 0.0, "b2": 0.2, "j1": 0.4, "b3": 0.6, "j2": 0.8}


def interleaved(needs, *, overlap=None):
    """Two needs of one customer, bikes (b) and jackets (j), in turns, and newsletters (n) without a need; days."""
    truth = truth_of(
        [true_event(name, "anna", None if name == "n1" else name[0], A, at=at) for name, at in needs.items()],
        world={"overlap": overlap},
    )
    touchpoint = touchpoints_of(truth, customer="customer_id", journey="journey_id", stage="stage")
    cut = touchpoint.with_columns(journey_id=pl.col("journey_id").fill_null("alone"))
    return observed_of(cut, identities_of({name: ["u1"] for name in needs}), visit=visits_of(truth)), truth


def judged_of(needs):
    observed, truth = interleaved(needs)
    return judged_touchpoints(observed, truth, customer_parts(truth.event, observed.identity))


def test_a_fixed_gap_can_find_every_boundary_and_still_not_the_pairs():
    judged = judged_of(APART)
    ours, baseline = journey_score(judged, judged=judged), journey_baseline(judged)
    assert ours.boundaries.true_count == 3
    assert (ours.boundaries.f1, ours.pairs.f1) == (1.0, 1.0)
    assert baseline.best_boundaries is not None
    assert (baseline.best_boundaries.gap_days, baseline.best_boundaries.boundaries.f1) == (0.5, 1.0)
    pairs = baseline.best_boundaries.pairs  # b1–b2 is found; b1–b3, b2–b3 and j1–j2 are not
    assert (pairs.predicted_count, pairs.true_count, pairs.common_count) == (1, 4, 1)


def test_every_gap_is_tried_and_a_pause_of_exactly_the_gap_does_not_cut():
    by_gap = {gap.gap_days: gap for gap in journey_baseline(judged_of(APART)).gaps}
    assert len(by_gap) == 13
    assert by_gap[3].boundaries.predicted_count == 3  # newsletters do not shorten the pause of 4 days around them
    assert by_gap[5].boundaries.predicted_count == 0
    assert by_gap[5].pairs.common_count == 4
    exact = journey_baseline(judged_of({"b1": 0, "j1": 7, "b2": 14.001}))
    assert {gap.gap_days: gap.boundaries.predicted_count for gap in exact.gaps}[7] == 1


def test_the_best_pairs_are_of_the_gap_that_keeps_a_customer_together():
    best = journey_baseline(judged_of(APART)).best_pairs
    assert best is not None
    assert best.gap_days == 5
    assert best.pairs.f1 == pytest.approx(2 * 4 / (10 + 4))


def test_nothing_to_judge_has_no_best_gap():
    empty = journey_baseline(judged_of(APART).clear())
    assert (empty.best_pairs, empty.best_boundaries, empty.best_pairs_f1) == (None, None, None)


@pytest.mark.parametrize(
    ("needs", "overlap", "is_met"),
    [(CLOSE, 0.25, True), (APART, 0.25, False), (CLOSE, 0, None), (APART, None, None)],
)
def test_boundaries_are_judged_where_needs_overlap(needs, overlap, is_met):
    verdicts = score(*interleaved(needs, overlap=overlap)).verdicts
    (found,) = (verdict for verdict in verdicts if verdict.claim == "journeys: boundary F1 where needs overlap")
    assert found.is_met is is_met
    assert (found.measured, found.baseline) == (1.0, 1.0 if needs is APART else 0.0)


# --- stages


def test_the_lookup_by_name_knows_the_most_frequent_true_stage():
    judged = pl.DataFrame(
        {
            "source": ["web"] * 6 + ["email"],
            "activity": ["help"] * 3 + ["home"] * 2 + ["lost", "help"],
            "true_stage": [C, C, A, D, A, None, D],
            "stage": ["unknown"] * 7,
        },
        schema_overrides={"true_stage": pl.String},
    )
    found = name_only_score(judged)
    assert found.touchpoint_count == 6
    # web help is consideration, web home a tie that goes to awareness, e-mail help decision
    assert [row.placed_counts for row in found.confusion[:3]] == [(1, 1, 0, 0, 0), (0, 2, 0, 0, 0), (1, 0, 1, 0, 0)]
    assert found.macro_f1 == pytest.approx((2 / 4 + 4 / 5 + 2 / 3) / 3)


# --- calibration


def placed(confidences, right):
    return pl.DataFrame(
        {
            "stage_rule": [f"r{confidence}" for confidence in confidences],
            "stage_confidence": confidences,
            "true_stage": [A] * len(right),
            "stage": [A if is_right else C for is_right in right],
        }
    )


def test_the_error_is_the_weighted_distance_of_each_bin():
    found = stage_calibration(placed([0.9, 0.9, 0.9, 0.9, 0.5], [1, 1, 1, 0, 1]))
    assert [(row.name, row.count) for row in found.bins] == [("0.5–0.6", 1), ("0.9–1.0", 4)]
    assert found.error == pytest.approx((4 * 0.15 + 1 * 0.5) / 5)


def test_a_bin_hides_what_its_rules_do_not():
    found = stage_calibration(placed([0.92, 0.98], [1, 0]))
    assert found.error == pytest.approx(0.45)
    assert found.rule_error == pytest.approx((0.08 + 0.98) / 2)
    assert {rule.name: rule.accuracy for rule in found.rules} == {"r0.92": 1.0, "r0.98": 0.0}


def test_a_confidence_of_one_and_of_an_edge_have_a_bin():
    found = stage_calibration(placed([1.0, 0.7, 0.0], [1, 1, 0]))
    assert [row.name for row in found.bins] == ["0.0–0.1", "0.7–0.8", "0.9–1.0"]


def test_unknown_and_touchpoints_without_a_true_stage_are_not_judged():
    rows = placed([0.9, 0.9, 0.9], [1, 1, 1]).with_columns(
        stage=pl.Series([A, "unknown", A]), true_stage=pl.Series([A, A, None])
    )
    assert stage_calibration(rows).count == 1


def test_nothing_to_judge_has_no_error():
    found = stage_calibration(placed([0.9], [1]).clear())
    assert (found.error, found.rule_error, found.count, found.bins) == (None, None, 0, ())


def test_a_link_is_right_in_the_share_of_its_touchpoints():
    stolen = pl.when(pl.col("source_event_id") == "b1").then(pl.lit("anna")).otherwise("customer_id")
    observed, _ = household()
    touchpoint = observed.touchpoint.with_columns(customer_id=stolen)
    taken = observed_of(touchpoint, observed.identity, visit=observed.visit, link=observed.link)
    judged = judged_touchpoints(taken, HOUSEHOLD, customer_parts(HOUSEHOLD.event, taken.identity))
    found = link_calibration(judged, taken)
    # Anna's tablet has a1, a2 and b1, of which b1 is Ben's; Emil's link has no touchpoint and is not judged
    assert found.count == 3
    rules = {rule.name: (rule.count, rule.confidence, rule.accuracy) for rule in found.rules}
    assert rules["nearest_login"] == (2, pytest.approx(0.85), pytest.approx((2 / 3 + 1) / 2))
    assert rules["own"] == (1, 1.0, 1.0)


# --- verdicts


@pytest.mark.parametrize(("measured", "is_met"), [(0.92, True), (0.919, False), (None, False)])
def test_ours_must_reach_the_baseline_and_more(measured, is_met):
    found = _above("claim", measured, 0.82, "rule", by=0.1)
    assert found == Verdict("claim", measured, "0.10 above", is_met, 0.82, "rule")


def test_a_stage_that_is_too_sure_is_not_met():
    observed, _ = household(stage=pl.lit(A))
    claims = {verdict.claim: verdict.is_met for verdict in score(observed, HOUSEHOLD).verdicts}
    assert claims["stages: calibration error of confidence"] is False
    assert claims["identity: F1, above last login"] is True
