"""`evaluate`: both truths of the drop-off, what they cost, and what was planted, by hand."""

from dataclasses import fields

import polars as pl
import pytest
from small_truth import (
    CUTOFF,
    A,
    C,
    D,
    P,
    day,
    identities_of,
    observed_of,
    touchpoints_of,
    true_event,
    true_visit,
    truth_of,
    visits_of,
    window_frame,
)

from journey_analytics.evaluate.ceiling import customer_parts
from journey_analytics.evaluate.dropoff_score import StageDropoffScore, dropoff_score
from journey_analytics.evaluate.planted import Planted, planted_in, planted_scores
from journey_analytics.evaluate.true_visits import observable_visits, true_shares
from journey_analytics.evaluate.verdict import _inside, _small_errors

# Anna browses on an unknown phone, then buys on her own computer, and again 94 days later.
ANNA = truth_of(
    [
        true_event("phone", "anna", "j1", A, at=0),
        true_event("laptop", "anna", "j1", A, at=1),
        true_event("product", "anna", "j1", C, at=5),
        true_event("order", "anna", "j1", D, at=6),
        true_event("parcel", "anna", "j1", P, at=9),
    ],
    [
        true_visit("j1", "anna", A, 0, 5),
        true_visit("j1", "anna", C, 5, 6),
        true_visit("j1", "anna", D, 6, 6),
        true_visit("j1", "anna", P, 6, 100),
    ],
)
CARRIED = {"phone": ["c2"], "laptop": ["c1"], "product": ["c1", "u1"], "order": ["u1"], "parcel": ["u1"]}


def shares(visits: pl.DataFrame, **cohort) -> dict[str, tuple[int, float]]:
    found = true_shares(visits, window_frame(), **({"cutoff": CUTOFF} | cohort))
    columns = found.select("stage", "entered_count", "dropoff_share")
    return {stage: (count, pytest.approx(share)) for stage, count, share in columns.iter_rows()}


def observable(cutoff=CUTOFF) -> pl.DataFrame:
    parts = customer_parts(ANNA.event, identities_of(CARRIED))
    return observable_visits(ANNA, parts, cutoff=cutoff).sort("stage", "entered_at")


def test_the_window_includes_its_last_instant():
    visits = [true_visit(f"j{n}", "x", A, 0, advanced) for n, advanced in enumerate([10, 30, 30.001, None])]
    assert shares(truth_of([], visits).stage_visit) == {A: (4, 0.5)}


def test_entrants_after_the_cutoff_and_before_the_cohort_do_not_count():
    visits = truth_of([], [true_visit("j1", "x", A, 0, 1), true_visit("j2", "x", A, 20), true_visit("j3", "x", A, 41)])
    assert shares(visits.stage_visit, cutoff=day(40)) == {A: (2, 0.5)}
    assert shares(visits.stage_visit, cutoff=day(40), since=day(10)) == {A: (1, 1.0)}


def test_a_visit_that_nothing_joins_is_an_entrant_of_its_own():
    assert shares(ANNA.stage_visit) == {A: (1, 0.0), C: (1, 0.0), D: (1, 0.0), P: (1, 0.0)}
    assert shares(observable()) == {A: (2, 0.5), C: (1, 0.0), D: (1, 0.0), P: (1, 0.0)}


def test_the_purchase_is_the_entry_into_post_purchase():
    visits = observable().filter(pl.col("stage") == P)
    assert visits["entered_at"].to_list() == [day(6)]
    assert visits["advanced_at"].to_list() == [day(100)]


def test_an_advance_after_the_cutoff_is_the_main_parts():
    visits = observable(cutoff=day(3))
    assert visits["stage"].to_list() == [A, A]
    assert visits["goes_on"].to_list() == [False, True]
    assert visits["advanced_at"].to_list() == [None, day(5)]


def test_a_journey_off_the_main_part_goes_on_where_it_was_last():
    truth = truth_of(
        [
            true_event("old", "anna", "j0", A, at=-90),
            true_event("first", "anna", "j1", A, at=0),
            true_event("last", "anna", "j1", A, at=1),
        ],
        [true_visit("j1", "anna", A, 0, 5)],
    )
    parts = customer_parts(truth.event, identities_of({"old": ["u1"], "first": ["c1"], "last": ["c2"]}))
    visits = observable_visits(truth, parts, cutoff=day(3)).filter(pl.col("journey_id") == "j1").sort("entered_at")
    assert visits["advanced_at"].to_list() == [None, day(5)]


def test_costs_and_errors_are_against_the_observable_truth():
    parts = customer_parts(ANNA.event, identities_of(CARRIED))
    touchpoint = touchpoints_of(ANNA, customer="customer_id", journey="journey_id", stage="stage")
    found = dropoff_score(observed_of(touchpoint, identities_of(CARRIED), visit=visits_of(ANNA)), ANNA, parts).whole
    awareness = found[0]
    assert (awareness.true_share, awareness.observable_share, awareness.unresolvable_points) == (0.0, 0.5, 50.0)
    assert awareness.estimated_error_points == pytest.approx(-50)
    assert awareness.true_entered_count == awareness.entered_count == 1
    assert awareness.observable_entered_count == 2


# --- a cohort still in progress: half advance after 20 days, the rest never


def in_progress(count: int = 400, days: int = 120):
    visits = [
        true_visit(f"j{n}", f"c{n}", A, n * days / count, n * days / count + 20 if n % 2 else None)
        for n in range(count)
    ]
    events = [true_event(f"e{n}", f"c{n}", f"j{n}", A, at=n * days / count) for n in range(count)]
    events += [
        true_event(f"f{n}", f"c{n}", f"j{n}", C, at=n * days / count + 20)
        for n in range(1, count, 2)
        if n * days / count + 20 <= days
    ]
    carried = {event["source_event_id"]: [f"u{event['customer_id']}"] for event in events}
    return truth_of(events, visits), carried, day(days)


def test_the_estimate_sees_through_open_journeys_and_the_naive_share_does_not():
    truth, carried, cutoff = in_progress()
    identity = identities_of(carried)
    touchpoint = touchpoints_of(truth, customer="customer_id", journey="journey_id", stage="stage")
    observed = observed_of(touchpoint, identity, visit=visits_of(truth, cutoff=cutoff), cutoff=cutoff)
    found = dropoff_score(observed, truth, customer_parts(truth.event, identity))
    whole, recent = found.whole[0], found.recent[0]
    assert whole.true_share == whole.observable_share == 0.5
    assert whole.is_inside
    assert abs(whole.estimated_error_points) < 1
    assert whole.naive_error_points == pytest.approx(100 * 20 / 120 / 2, abs=1)
    assert recent.naive_error_points > 30  # of the last 30 days only the first 10 could have advanced
    assert [verdict.is_met for verdict in _small_errors("all", (whole,), allows_noise=False)] == [True]
    assert _inside(whole).is_met


@pytest.mark.parametrize(
    ("error", "is_inside", "allows_noise", "is_met"),
    [(1.4, False, False, True), (-1.6, True, False, False), (-1.6, True, True, True), (1.6, False, True, False)],
)
def test_noise_excuses_an_error_of_the_recent_cohort_alone(error, is_inside, allows_noise, is_met):
    score = stage_score_of(estimated_error_points=error, naive_error_points=6.0, is_inside=is_inside)
    assert [verdict.is_met for verdict in _small_errors("some", (score,), allows_noise=allows_noise)] == [is_met]


def test_the_error_is_not_judged_where_the_naive_share_is_near():
    score = stage_score_of(estimated_error_points=3.0, naive_error_points=-4.9, is_inside=False)
    assert not list(_small_errors("some", (score,), allows_noise=False))


def stage_score_of(**known: float | bool) -> StageDropoffScore:
    unknown = dict.fromkeys(field.name for field in fields(StageDropoffScore))
    return StageDropoffScore(**(unknown | {"stage": A} | known))


def post_purchase_after(*, days: int, is_found: bool):
    """The verdict on twelve purchases of the first day, 180 days of which are the window."""
    truth = truth_of(
        [true_event(f"e{n}", f"c{n}", f"j{n}", P) for n in range(12)],
        [true_visit(f"j{n}", f"c{n}", P, 0) for n in range(12)],
    )
    identity = identities_of({f"e{n}": [f"u{n}"] for n in range(12)})
    touchpoint = touchpoints_of(truth, customer="customer_id", journey="journey_id", stage="stage")
    visit = visits_of(truth, cutoff=day(days)).filter(pl.lit(is_found))
    observed = observed_of(touchpoint, identity, visit=visit, cutoff=day(days))
    found = dropoff_score(observed, truth, customer_parts(truth.event, identity)).whole[3]
    assert found.entered_count == (12 if is_found else 0)
    return found


@pytest.mark.parametrize("is_found", [True, False])
def test_a_world_too_short_for_the_window_is_not_judged(is_found):
    short = post_purchase_after(days=161, is_found=is_found)
    assert (short.estimated_share, short.watched_count, _inside(short).is_met) == (None, 0, None)


def test_no_estimate_where_the_window_could_be_watched_is_unmet():
    missing = post_purchase_after(days=162, is_found=False)
    assert (missing.estimated_share, missing.watched_count, _inside(missing).is_met) == (None, 12, False)
    assert post_purchase_after(days=162, is_found=True).estimated_share is not None


def test_a_stage_that_nobody_enters_is_not_judged():
    decision = dropoff_score(*anna_alone()).whole[2]
    assert (decision.estimated_share, decision.is_inside, decision.entered_count) == (None, None, 0)
    assert _inside(decision).is_met is None


def anna_alone():
    truth = truth_of([true_event("one", "anna", "j1", A)], [true_visit("j1", "anna", A, 0)])
    touchpoint = touchpoints_of(truth, customer="customer_id", journey="journey_id", stage="stage")
    identity = identities_of({"one": ["u1"]})
    return observed_of(touchpoint, identity, visit=visits_of(truth)), truth, customer_parts(truth.event, identity)


# --- what was planted


def barrier_world(*, advancing_on_mobile: int):
    """100 entrants per device, of whom 60 advance on a desktop."""
    fates = [("mobile", n < advancing_on_mobile) for n in range(100)] + [("desktop", n < 60) for n in range(100)]
    visits = [
        true_visit(f"j{n}", f"c{n}", D, n / 10, n / 10 + 1 if advances else None)
        for n, (_, advances) in enumerate(fates)
    ]
    truth = truth_of([], visits, {"planted_barrier": {"stage": D, "segment": "device", "segment_value": "mobile"}})
    visit = visits_of(truth).with_columns(device=pl.Series([device for device, _ in fates]))
    identity = identities_of({})
    touchpoint = touchpoints_of(truth, customer="customer_id", journey="journey_id", stage="stage")
    return planted_scores(observed_of(touchpoint, identity, visit=visit), truth)


def test_a_planted_barrier_is_found_where_the_intervals_are_apart():
    (found,) = barrier_world(advancing_on_mobile=20)
    assert (found.there_share, found.elsewhere_share) == (pytest.approx(0.8), pytest.approx(0.4))
    assert found.difference_points == pytest.approx(40)
    assert found.is_found


def test_a_difference_within_the_noise_is_not_found():
    (found,) = barrier_world(advancing_on_mobile=55)
    assert found.difference_points == pytest.approx(5)
    assert not found.is_found


def test_a_planted_change_is_compared_with_the_time_before():
    change = {"stage": C, "segment": "first_channel", "segment_value": "paid_search", "changed_on": "2026-04-01"}
    world = {"planted_change": change}
    assert list(planted_in(world)) == [Planted("change", C, "first_channel", "paid_search", day(90))]
    visits = [true_visit(f"j{n}", f"c{n}", C, n, n + 1 if n < 90 else None) for n in range(180)]
    truth = truth_of([], visits, world)
    visit = visits_of(truth).with_columns(first_channel=pl.lit("paid_search"))
    touchpoint = touchpoints_of(truth, customer="customer_id", journey="journey_id", stage="stage")
    (found,) = planted_scores(observed_of(touchpoint, identities_of({}), visit=visit), truth)
    assert (found.there_share, found.elsewhere_share) == (pytest.approx(1), pytest.approx(0))
    assert "since 2026-04-01" in found.where
