"""The intervals of the percentiles: their variance against statsmodels, their coverage of a known truth."""

import math
from random import Random

import numpy as np
import polars as pl
import pytest
from statsmodels.duration.survfunc import CumIncidenceRight
from visit_case import CUTOFF, random_visits, visit, visits

from journey_analytics.dropoff import cumulative_incidence, time_in_stage, with_variance

DAY_US = 86_400_000_000
CODES = {"open": 0, "advanced": 1, "dropped": 2}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("whole_days", [False, True])
def test_incidence_and_variance_at_every_moment_are_those_of_statsmodels(seed: int, whole_days: bool) -> None:
    frame = random_visits(200, seed=seed, whole_days=whole_days).filter(stage="consideration")
    # One more, seen to the very end: the oracle divides by zero where the last one has an event.
    frame = pl.concat([frame, frame[:1].with_columns(outcome=pl.lit("open"), duration_us=pl.lit(31 * DAY_US))])
    ordered = frame.sort("duration_us", pl.col("outcome") == "open", "outcome")
    told = with_variance(cumulative_incidence(ordered, group=["stage"]), group=["stage"])
    ours = told.group_by("duration_us").agg(pl.col("incidence", "variance").last()).sort("duration_us")
    codes = frame["outcome"].replace_strict(CODES, return_dtype=pl.Int64).to_numpy()
    oracle = CumIncidenceRight(frame["duration_us"].to_numpy().astype(float), codes)
    known = np.isin(oracle.times, ours["duration_us"].to_numpy())
    assert ours["incidence"].to_list() == pytest.approx(oracle.cinc[0][known].tolist(), abs=1e-12)
    assert ours["variance"].sqrt().to_list() == pytest.approx(oracle.cinc_se[0][known].tolist(), rel=1e-6, abs=1e-9)


def test_a_percentile_lies_within_its_interval_and_a_bound_that_is_not_reached_is_null() -> None:
    rows = [visit(ago=60, advanced=day) for day in range(1, 27)] + [visit(ago=60)] * 24
    found = {row["percentile"]: row for row in time_in_stage(visits(*rows), cutoff=CUTOFF).iter_rows(named=True)}
    day = {name: found[50][f"{name}seconds"] and found[50][f"{name}seconds"] / 86_400 for name in ("", "low_", "high_")}
    assert day[""] == 25
    assert day["low_"] is not None and 15 < day["low_"] < 25
    assert day["high_"] is None
    quarter = found[25]
    assert quarter["low_seconds"] < quarter["seconds"] < quarter["high_seconds"]
    assert found[75]["seconds"] is None
    assert found[75]["low_seconds"] is None


def test_the_interval_of_the_median_covers_the_truth_as_often_as_it_says() -> None:
    """80 % advance by exp(6 days), others never: half have after 6 · ln(0.8 / 0.3) days; entries over 90 days."""
    truth = 6 * math.log(0.8 / 0.3) * 86_400
    covered = [_covers(seed, truth) for seed in range(300)]
    assert 0.92 <= sum(covered) / len(covered) <= 0.985


def _covers(seed: int, truth: float) -> bool:
    random = Random(seed)
    rows = [
        visit(ago=random.uniform(0, 90), advanced=random.expovariate(1 / 6) if random.random() < 0.8 else None)
        for _ in range(150)
    ]
    median = time_in_stage(visits(*rows), cutoff=CUTOFF).filter(percentile=50).row(0, named=True)
    return median["low_seconds"] <= truth <= (median["high_seconds"] or math.inf)
