"""Overall shares: by hand, against the drop-off of neighbouring stages, and that they add up."""

from itertools import combinations, pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from visit_case import CUTOFF, DAY, GOALS, WINDOWS, random_visits, visit, visits

from journey_analytics.dropoff import stage_dropoff
from journey_analytics.stage_reach import stage_reach

STATES = ("reached", "missed", "open")
TURNED = {"advanced_count": "reached_count", "dropped_count": "missed_count"}


def reach(frame: pl.DataFrame, *, segments: tuple[str, ...] = ()) -> pl.DataFrame:
    return stage_reach(frame, windows=WINDOWS, cutoff=CUTOFF, segments=segments)


def state(row: dict[str, object], goal: str) -> str:
    """What became of a single visit on its way to the goal."""
    found = reach(visits(row)).filter(to_stage=goal).row(0, named=True)
    return next(name for name in STATES if found[f"{name}_count"])


@pytest.mark.parametrize(
    ("days", "goal", "expected"),
    [
        ({"advanced": 3}, "consideration", "reached"),
        ({"advanced": 3, "decision": 3}, "consideration", "reached"),
        ({"advanced": 3, "closed": 33}, "decision", "missed"),
        ({"advanced": 3, "decision": 60}, "decision", "reached"),
        ({"advanced": 3, "decision": 61}, "decision", "missed"),
        ({"advanced": 3, "decision": 61}, "purchase", "missed"),
        ({"advanced": 3, "decision": 61, "purchased": 90}, "purchase", "reached"),
        ({"advanced": 3, "decision": 61, "purchased": 91}, "purchase", "missed"),
    ],
)
def test_the_window_is_the_sum_of_the_windows_between(days: dict[str, float], goal: str, expected: str) -> None:
    assert state(visit(ago=120, **days), goal) == expected


@pytest.mark.parametrize(
    ("days", "goal", "expected"),
    [
        ({"advanced": 3}, "decision", "open"),
        ({"advanced": 3, "closed": 33}, "decision", "missed"),
        ({}, "consideration", "missed"),
        ({}, "purchase", "open"),
    ],
)
def test_a_journey_that_lives_within_the_longer_window_is_open(
    days: dict[str, float], goal: str, expected: str
) -> None:
    assert state(visit(ago=40, **days), goal) == expected


def test_a_share_worked_by_hand() -> None:
    rows = [visit(ago=120, advanced=1, decision=2, purchased=4)] * 3 + [visit(ago=120, closed=30)] * 7
    found = reach(visits(*rows)).filter(to_stage="purchase").row(0, named=True)
    assert (found["from_stage"], found["window_days"], found["entered_count"]) == ("awareness", 90, 10)
    assert found["observed_reach_share"] == found["estimated_reach_share"] == pytest.approx(0.3)
    assert found["estimated_low_share"] == pytest.approx(0.1078, abs=1e-4)
    assert found["estimated_high_share"] == pytest.approx(0.6032, abs=1e-4)


def test_every_pair_of_stages_comes_in_journey_order() -> None:
    found = reach(random_visits(200, seed=1))
    assert found.select("from_stage", "to_stage").rows() == list(combinations(GOALS, 2))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 80), whole_days=st.booleans())
def test_the_next_stage_is_reached_by_those_who_advance_to_the_journey(seed: int, count: int, whole_days: bool) -> None:
    frame = random_visits(count, seed=seed, whole_days=whole_days)
    found = reach(frame, segments=("device",))
    neighbours = dict(pairwise(GOALS))
    near = found.filter(pl.col("to_stage") == pl.col("from_stage").replace_strict(neighbours))
    dropoff = stage_dropoff(frame, cutoff=CUTOFF, segments=("device",)).rename(TURNED)
    before = dropoff.filter(pl.col("stage") != "post_purchase").rename({"stage": "from_stage"})
    counts = ["segment", "segment_value", "from_stage", "entered_count", *(f"{name}_count" for name in STATES)]
    assert_frame_equal(near.select(counts), before.select(counts), check_row_order=False)
    shares = near.join(before, on=["segment", "segment_value", "from_stage"])
    assert shares["estimated_reach_share"].to_list() == pytest.approx((1 - shares["estimated_dropoff_share"]).to_list())


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 80))
def test_states_and_values_add_up(seed: int, count: int) -> None:
    found = reach(random_visits(count, seed=seed), segments=("device",))
    counts = ["entered_count", *(f"{name}_count" for name in STATES)]
    assert found.filter(pl.col("entered_count") != pl.sum_horizontal(counts[1:])).is_empty()
    by_device = found.filter(segment="device").group_by("from_stage", "to_stage").agg(pl.col(counts).sum())
    whole = found.filter(segment="all").select("from_stage", "to_stage", *counts)
    assert_frame_equal(by_device, whole, check_row_order=False)


def test_order_of_the_rows_and_a_shift_of_all_dates_do_not_matter() -> None:
    frame = random_visits(200, seed=8, whole_days=True)
    first = reach(frame, segments=("device",))
    assert_frame_equal(first, reach(frame.sample(fraction=1.0, shuffle=True, seed=3), segments=("device",)))
    times = [name for name, kind in frame.schema.items() if kind == pl.Datetime]
    moved = frame.with_columns(pl.col(times) + 700 * DAY)
    later = stage_reach(moved, windows=WINDOWS, cutoff=CUTOFF + 700 * DAY, segments=("device",))
    assert_frame_equal(first.drop("as_of_on"), later.drop("as_of_on"))


def test_no_visits_give_no_rows() -> None:
    assert reach(visits(), segments=("device",)).is_empty()
