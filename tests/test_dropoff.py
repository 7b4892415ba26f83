"""Drop-off: the counts, the two shares and their intervals, against hand counts, statsmodels and simulated truths."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from statsmodels.duration.survfunc import CumIncidenceRight

from journey_analytics.dropoff import (
    TOO_FEW_FOLLOWED,
    stage_dropoff,
    time_in_stage,
)

DAY_US = 86_400_000_000
WINDOW = 30
CUTOFF = datetime(2026, 6, 30)
SHARES = ("observed", "estimated")


def visit(
    outcome: str, days: float, *, entered: float, stage: str = "awareness", **segment: str | None
) -> dict[str, object]:
    """One entrant; `entered` counts days back from the cut-off."""
    at = CUTOFF - timedelta(days=entered)
    known = {"stage": stage, "window_days": WINDOW, "entered_at": at, "outcome": outcome}
    return known | {"duration_us": int(days * DAY_US)} | segment


def visits(*rows: dict[str, object]) -> pl.DataFrame:
    schema = {"stage": pl.String, "window_days": pl.Int64, "entered_at": pl.Datetime("us"), "outcome": pl.String}
    return pl.DataFrame(list(rows), schema_overrides=schema | {"duration_us": pl.Int64})


def simulated(count: int, *, seed: int, span: float = 90, advancing: float = 0.6, closing: float = 0.2) -> pl.DataFrame:
    """Entrants over `span` days: a share advances after an exponential time, another closes before; the rest stay."""
    random = np.random.default_rng(seed)
    entered = random.uniform(0, span, count)
    fate = random.random(count)
    wait = np.where(fate < advancing, random.exponential(8, count), np.inf)
    close = np.where(fate >= 1 - closing, random.exponential(12, count), np.inf)
    end = np.minimum(np.minimum(wait, close), WINDOW)
    outcome = np.where(entered < end, "open", np.where(wait <= end, "advanced", "dropped"))
    days = np.minimum(end, entered)
    rows = zip(
        outcome.tolist(), days.tolist(), entered.tolist(), random.choice(["a", "b"], count).tolist(), strict=True
    )
    return visits(*[visit(o, d, entered=e, device=device) for o, d, e, device in rows])


def row(frame: pl.DataFrame, **where: str) -> dict[str, object]:
    return frame.row(by_predicate=pl.all_horizontal(pl.col(k) == v for k, v in where.items()), named=True)


def one(frame: pl.DataFrame) -> dict[str, object]:
    return stage_dropoff(frame, cutoff=CUTOFF).row(0, named=True)


def test_observed_counts_only_entrants_whose_window_is_over() -> None:
    found = one(
        visits(
            visit("advanced", 3, entered=60),
            visit("dropped", 30, entered=30),
            visit("dropped", 10, entered=45),
            visit("advanced", 3, entered=29),
            visit("open", 29, entered=29),
        )
    )
    assert found["observed_dropoff_share"] == pytest.approx(2 / 3)
    assert (found["observed_count"], found["entered_count"]) == (3, 5)
    assert (found["advanced_count"], found["dropped_count"], found["open_count"]) == (2, 2, 1)


def test_estimate_of_a_case_worked_by_hand() -> None:
    """Ten enter: advance at day 1 (n=10) and 5 (n=7), close at day 2 (n=9), two are censored at day 5, five stay."""
    rows = [visit("advanced", 1, entered=50), visit("dropped", 2, entered=50), visit("open", 3, entered=3)]
    rows += [visit("advanced", 5, entered=50), visit("open", 5, entered=5), visit("open", 5, entered=5)]
    rows += [visit("dropped", 30, entered=50) for _ in range(10)]
    found = one(visits(*rows))
    incidence = 1 / 16 + (15 / 16) * (14 / 15) / 13
    assert found["estimated_dropoff_share"] == pytest.approx(1 - incidence)
    assert found["at_risk_count"] == 10


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("grain_days", [None, 1, 7])
def test_estimate_equals_statsmodels(seed: int, grain_days: int | None) -> None:
    frame = simulated(60 + 40 * seed, seed=seed)
    if grain_days:
        coarse = (pl.col("duration_us") // (grain_days * DAY_US) + 1) * grain_days * DAY_US
        frame = frame.with_columns(duration_us=pl.min_horizontal(coarse, WINDOW * DAY_US))
    found = one(frame)
    share = found["estimated_dropoff_share"]
    oracle = CumIncidenceRight(_day_in_stage(frame), _statuses(frame))
    assert 1 - share == pytest.approx(oracle.cinc[0][-1], abs=1e-12)


def _day_in_stage(frame: pl.DataFrame) -> np.ndarray:
    """The day on which a stay ends, days ending at T's hour: ties that the oracle resolves by its own formula."""
    ago = (CUTOFF - frame["entered_at"]).dt.total_microseconds().to_numpy()
    return (ago // DAY_US - (ago - frame["duration_us"].to_numpy()) // DAY_US).astype(float)


def _statuses(frame: pl.DataFrame) -> np.ndarray:
    """statsmodels' codes. It divides by zero when the last subject has an event, so a window's end is a censoring here:
    that changes neither the incidence nor its variance at that moment."""
    is_seen_to_the_end = (pl.col("outcome") == "dropped") & (pl.col("duration_us") == WINDOW * DAY_US)
    codes = pl.col("outcome").replace_strict({"open": 0, "advanced": 1, "dropped": 2}, return_dtype=pl.Int64)
    return frame.select(pl.when(is_seen_to_the_end).then(0).otherwise(codes)).to_series().to_numpy()


def test_with_nobody_open_estimate_and_observation_are_the_same() -> None:
    old = (
        simulated(300, seed=3).with_columns(entered_at=CUTOFF - timedelta(days=90)).filter(pl.col("outcome") != "open")
    )
    found = one(old)
    for part in ("dropoff", "low", "high"):
        assert found[f"estimated_{part}_share"] == pytest.approx(found[f"observed_{part}_share"], abs=1e-9)


@pytest.mark.parametrize(("outcome", "share"), [("advanced", 0.0), ("dropped", 1.0)])
def test_where_all_went_one_way_the_interval_still_has_a_width(outcome: str, share: float) -> None:
    found = one(visits(*[visit(outcome, 3 + i / 10, entered=60) for i in range(40)]))
    assert found["estimated_dropoff_share"] == pytest.approx(share)
    assert found["estimated_high_share"] - found["estimated_low_share"] == pytest.approx(0.0876, abs=1e-3)
    assert 0 <= found["estimated_low_share"] <= share <= found["estimated_high_share"] <= 1


def test_no_estimate_where_nobody_was_watched_for_most_of_the_window() -> None:
    young = [visit("open", 10, entered=10) for _ in range(40)] + [visit("advanced", 2, entered=10) for _ in range(40)]
    found = one(visits(*young))
    assert found["estimated_dropoff_share"] is None
    assert found["estimated_low_share"] is None
    assert found["observed_dropoff_share"] is None
    assert found["estimate_note"] == TOO_FEW_FOLLOWED
    assert found["is_ranked"] is False
    assert found["followed_days"] == pytest.approx(10)


def test_a_row_below_the_minimum_is_marked_and_not_ranked() -> None:
    frame = visits(*[visit("advanced", 2, entered=60) for _ in range(29)])
    assert one(frame)["is_ranked"] is False
    assert one(pl.concat([frame, frame[:1]]))["is_ranked"] is True


def test_a_missing_segment_value_is_counted_as_unknown() -> None:
    frame = visits(visit("advanced", 2, entered=60, device="phone"), visit("dropped", 30, entered=60, device=None))
    found = stage_dropoff(frame, cutoff=CUTOFF, segments=["device"])
    assert found.filter(segment="device")["segment_value"].to_list() == ["phone", "unknown"]


def test_stages_come_in_journey_order_and_windows_keep_their_own_length() -> None:
    long = visit("open", 100, entered=100, stage="post_purchase") | {"window_days": 180}
    found = stage_dropoff(visits(long, visit("advanced", 2, entered=60)), cutoff=CUTOFF)
    assert found["stage"].to_list() == ["awareness", "post_purchase"]
    assert found["window_days"].to_list() == [30, 180]


def test_the_day_of_a_cutoff_at_midnight_is_the_day_that_it_ends() -> None:
    frame = visits(visit("advanced", 2, entered=60))
    assert stage_dropoff(frame, cutoff=CUTOFF)["as_of_on"].to_list() == [datetime(2026, 6, 29).date()]
    aware = datetime(2026, 6, 29, 23, tzinfo=UTC)
    assert stage_dropoff(frame, cutoff=aware)["as_of_on"].to_list() == [datetime(2026, 6, 29).date()]


def test_no_visits_give_no_rows() -> None:
    empty = visits(visit("advanced", 2, entered=60, device="a")).clear()
    assert stage_dropoff(empty, cutoff=CUTOFF, segments=["device"]).is_empty()
    assert time_in_stage(empty, cutoff=CUTOFF, segments=["device"]).is_empty()


def test_time_in_stage_is_the_moment_when_the_share_of_all_entrants_is_reached() -> None:
    rows = [visit("advanced", day, entered=60) for day in (1, 2, 3, 4)] + [visit("dropped", 30, entered=60)] * 4
    found = time_in_stage(visits(*rows), cutoff=CUTOFF)
    assert found["seconds"].to_list() == [2 * 86_400.0, 4 * 86_400.0, None, None]
    assert found["at_risk_count"].to_list() == [7, 5, None, None]
    assert found["percentile"].to_list() == [25, 50, 75, 90]


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    """Truth: 60 % of entrants ever advance, by exp(8 d), so within the window 0.6 · (1 − e^(−30/8))."""
    truth = 1 - 0.6 * (1 - np.exp(-WINDOW / 8))
    runs = [one(simulated(400, seed=1000 + run)) for run in range(300)]
    covered = np.mean([r["estimated_low_share"] <= truth <= r["estimated_high_share"] for r in runs])
    bias = np.mean([r["estimated_dropoff_share"] for r in runs]) - truth
    naive = np.mean([1 - r["advanced_count"] / r["entered_count"] for r in runs]) - truth
    assert 0.92 <= covered <= 0.98
    assert abs(bias) < 0.005 < naive


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 60), days=st.integers(-4000, 4000))
def test_shifting_all_dates_changes_nothing_but_dates(seed: int, count: int, days: int) -> None:
    frame = simulated(count, seed=seed)
    shift = timedelta(days=days)
    moved = frame.with_columns(pl.col("entered_at") + shift)
    before = stage_dropoff(frame, cutoff=CUTOFF, segments=["device"])
    after = stage_dropoff(moved, cutoff=CUTOFF + shift, segments=["device"])
    assert_frame_equal(before.drop("as_of_on"), after.drop("as_of_on"))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 80))
def test_counts_of_disjoint_segments_add_up_and_states_are_conserved(seed: int, count: int) -> None:
    found = stage_dropoff(simulated(count, seed=seed), cutoff=CUTOFF, segments=["device"])
    counts = [name for name in found.columns if name.endswith("_count")]
    whole = found.filter(segment="all").select(counts).sum()
    assert_frame_equal(whole, found.filter(segment="device").select(counts).sum())
    states = pl.sum_horizontal("advanced_count", "dropped_count", "open_count")
    assert found.filter(pl.col("entered_count") != states).is_empty()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 80))
def test_every_share_lies_within_its_interval_and_none_is_nan(seed: int, count: int) -> None:
    found = stage_dropoff(simulated(count, seed=seed), cutoff=CUTOFF, segments=["device"])
    for kind in SHARES:
        low, share, high = (pl.col(f"{kind}_{part}_share") for part in ("low", "dropoff", "high"))
        told = found.filter(share.is_not_null())
        inside = (low >= 0) & (low <= share + 1e-12) & (share <= high + 1e-12) & (high <= 1)
        assert told.filter(~inside).is_empty()
    assert sum(found.select(pl.selectors.float().is_nan().sum()).row(0)) == 0


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_order_of_the_rows_does_not_matter(seed: int) -> None:
    frame = simulated(60, seed=seed)
    shuffled = frame.sample(fraction=1.0, shuffle=True, seed=seed)
    for statistic in (stage_dropoff, time_in_stage):
        before = statistic(frame, cutoff=CUTOFF, segments=["device"])
        assert_frame_equal(before, statistic(shuffled, cutoff=CUTOFF, segments=["device"]))
