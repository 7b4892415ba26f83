"""What the intervals of the drop-off promise, over runs drawn from a known law: the benchmark, made small."""

import sys
from pathlib import Path

import polars as pl
import pytest

from journey_analytics.dropoff import cumulative_incidence
from journey_analytics.incidence import stay_days, window_incidence

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import coverage
from coverage import Setting

RUNS = 1000
"""A coverage over 500 runs has a standard error of 1.0 point: one good interval in twenty would not show 93 to 97 %."""
SMALL = [setting for setting in coverage.SETTINGS if setting.count == 200]


@pytest.fixture(scope="module")
def found():
    return {setting: coverage.coverage(setting, runs=RUNS, seed=1) for setting in SMALL}


@pytest.mark.parametrize("setting", SMALL, ids=str)
def test_intervals_cover_the_truth_in_93_to_97_percent_of_runs(setting, found):
    assert 0.93 <= found[setting]["covered_share"] <= 0.97


@pytest.mark.parametrize("setting", SMALL, ids=str)
def test_the_estimate_is_right_on_average(setting, found):
    """But where 200 enter in 30 days and few remain: nobody is left to see the last advances."""
    allowed = 1.0 if setting == Setting("recent", 200, 0.1) else 3 * found[setting]["standard_error"]
    assert abs(found[setting]["mean_error"]) <= allowed


def test_of_the_last_30_days_the_naive_share_errs_by_ten_points_and_more(found):
    assert found[Setting("recent", 200, 0.1)]["naive_error"] > 15
    assert found[Setting("recent", 200, 0.5)]["naive_error"] > 10


@pytest.mark.parametrize(("hour", "by_minute_points"), [(0, -0.23), (9, 0.13)])
def test_the_hour_of_the_cutoff_does_not_matter_though_customers_sleep(hour, by_minute_points):
    """It would, were time in the stage counted by the minute: the same runs are then off by so many points."""
    visits = coverage.drawn(Setting("recent", 2000, 0.5), runs=200, seed=3, hour=hour)
    group = ["run", "window_days"]
    stays = stay_days(visits.lazy(), cutoff=coverage.CUTOFF, group=group).collect()
    by_day = window_incidence(stays, group=group)["incidence"]
    assert 100 * (by_day.mean() - 0.5) == pytest.approx(0, abs=0.2)
    ordered = visits.sort("duration_us", pl.col("outcome") == "open", "outcome")
    by_minute = cumulative_incidence(ordered, group=["run"]).group_by("run").agg(pl.col("step").sum())["step"]
    assert 100 * (by_day.mean() - by_minute.mean()) == pytest.approx(by_minute_points, abs=0.05)


def test_the_same_seed_gives_the_same_entrants():
    first, second = (coverage.drawn(SMALL[0], runs=3, seed=9) for _ in range(2))
    assert first.equals(second)
    assert first.group_by("run").len()["len"].to_list() == [200] * 3
    assert not first.equals(coverage.drawn(SMALL[0], runs=3, seed=10))
