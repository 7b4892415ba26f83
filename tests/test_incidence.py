"""The incidence by days: what it counts, its variance, against hand counts, statsmodels and the law of the draws."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from statsmodels.duration.survfunc import CumIncidenceRight

from journey_analytics import incidence
from journey_analytics.incidence import daily_incidence, stay_days, window_incidence

CUTOFF = datetime(2026, 6, 30, 15)
DAY_US = 86_400_000_000
GROUP = ["segment_value", "window_days"]


def stays(count: int, *, seed: int, span: float = 90, window: int = 30) -> pl.DataFrame:
    """Advances, two competing ends and entrants in progress, at any minute."""
    random = np.random.default_rng(seed)
    ago, wait = random.uniform(0, span, count), random.exponential(12, count)
    fate = np.where(wait > window, "window_over", random.choice(["advanced", "inactive", "abandoned"], count))
    end = np.minimum(wait, window)
    return pl.DataFrame(
        {
            "segment_value": random.choice(["a", "b"], count),
            "window_days": np.full(count, window),
            "entered_at": pl.Series((ago * -DAY_US).astype(np.int64)).cast(pl.Duration("us")) + CUTOFF,
            "outcome": np.where(ago < end, "open", fate),
            "duration_us": (np.minimum(end, ago) * DAY_US).astype(np.int64),
        }
    )


def counted(frame: pl.DataFrame) -> pl.DataFrame:
    return stay_days(frame.lazy(), cutoff=CUTOFF, group=GROUP).collect()


def day_in_stage(frame: pl.DataFrame) -> np.ndarray:
    ago = (CUTOFF - frame["entered_at"]).dt.total_microseconds().to_numpy()
    return (ago // DAY_US - (ago - frame["duration_us"].to_numpy()) // DAY_US).astype(float)


def one(hours_ago: float, hours: float, outcome: str) -> pl.DataFrame:
    entered_at = CUTOFF - timedelta(hours=hours_ago)
    row = {"segment_value": "a", "window_days": 3, "entered_at": entered_at, "outcome": outcome}
    return pl.DataFrame([row | {"duration_us": int(hours * 3600e6)}])


@pytest.mark.parametrize(
    ("hours_ago", "hours", "outcome", "day"),
    [(47, 23, "advanced", 0), (47, 23.001, "advanced", 1), (47, 47, "open", 1), (200, 72, "dropped", 3)],
)
def test_days_in_the_stage_end_at_the_hour_of_the_cutoff(hours_ago, hours, outcome, day):
    found = daily_incidence(counted(one(hours_ago, hours, outcome)), group=GROUP)
    assert found["day"].to_list() == [0, 1, 2, 3]
    assert found["at_risk"].to_list() == [1] * (day + 1) + [0] * (3 - day)


def test_whoever_is_seen_on_a_day_is_seen_for_all_of_it():
    """An advance at hour 23 of the last day seen counts beside one censored in its first hour: 1 of 2."""
    found = window_incidence(counted(pl.concat([one(23, 22, "advanced"), one(1, 1, "open")])), group=GROUP)
    assert found["incidence"].to_list() == [0.5]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("cause", ["advanced", "inactive"])
def test_the_incidence_is_statsmodels_with_days_as_ties(seed, cause):
    frame = stays(100 + 50 * seed, seed=seed).filter(segment_value="a")
    found = window_incidence(counted(frame), group=GROUP, causes=[cause])
    # It divides by zero where the last one has an event: the window's end is a censoring to it, which changes nothing.
    codes = {"open": 0, "window_over": 0, cause: 1}
    status = frame["outcome"].replace_strict(codes, default=2, return_dtype=pl.Int64).to_numpy()
    assert found["incidence"].item() == pytest.approx(CumIncidenceRight(day_in_stage(frame), status).cinc[0][-1])


def test_the_incidences_of_all_causes_add_up_to_one():
    frame = stays(500, seed=1)
    causes = [["advanced"], ["inactive", "abandoned"], ["window_over"]]
    found = [window_incidence(counted(frame), group=GROUP, causes=cause) for cause in causes]
    assert pl.concat(found).group_by(GROUP).agg(pl.col("incidence").sum())["incidence"].to_list() == pytest.approx(
        [1, 1]
    )


@pytest.mark.parametrize("seed", range(3))
def test_with_nobody_open_and_nothing_borrowed_the_variance_is_that_of_a_share(seed, monkeypatch):
    monkeypatch.setattr(incidence, "BORROWED_COUNT", 0)
    frame = (
        stays(300, seed=seed).filter(pl.col("outcome") != "open").with_columns(entered_at=CUTOFF - timedelta(days=99))
    )
    found = window_incidence(counted(frame), group=GROUP).sort("segment_value")
    share = found["incidence"]
    count = frame.group_by("segment_value").len().sort("segment_value")["len"]
    assert found["variance"].to_list() == pytest.approx((share * (1 - share) / count).to_list(), rel=1e-9)


def test_the_standard_error_is_near_that_of_statsmodels_and_what_is_borrowed_adds_little():
    frame = stays(4000, seed=5)
    found = window_incidence(counted(frame), group=GROUP).filter(segment_value="a")["variance"].item() ** 0.5
    mine = frame.filter(segment_value="a")
    codes = {"open": 0, "window_over": 0, "advanced": 1}
    status = mine["outcome"].replace_strict(codes, default=2, return_dtype=pl.Int64).to_numpy()
    assert found == pytest.approx(CumIncidenceRight(day_in_stage(mine), status).cinc_se[0][-1], rel=0.02)


def test_where_few_are_left_a_day_without_an_event_is_no_certainty(monkeypatch):
    few = stays(40, seed=4, span=29)
    borrowed = window_incidence(counted(few), group=GROUP)["variance"].sum()
    monkeypatch.setattr(incidence, "BORROWED_COUNT", 0)
    assert window_incidence(counted(few), group=GROUP)["variance"].sum() < borrowed


def test_order_of_the_rows_does_not_matter_and_no_rows_give_no_rows():
    frame = stays(200, seed=2)
    curve = daily_incidence(counted(frame), group=GROUP)
    assert_frame_equal(curve, daily_incidence(counted(frame.reverse()), group=GROUP), check_exact=True)
    assert window_incidence(counted(frame.clear()), group=GROUP).is_empty()
