"""What ends a stay: by hand, against plain Python and statsmodels, and that it all adds up."""

from collections import Counter
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from statsmodels.duration.survfunc import CumIncidenceRight
from visit_case import CUTOFF, DAY, random_visits, visit, visits

from journey_analytics.dropoff import TOO_FEW_FOLLOWED, stage_dropoff
from journey_analytics.stage_exit import EXITS, stage_exit

DAY_US = 86_400_000_000


def exits(*rows: dict[str, object], stage: str = "consideration") -> dict[str, int]:
    """How many left in which way; `open` beside them."""
    found = stage_exit(visits(*rows), cutoff=CUTOFF).filter(stage=stage)
    return dict(found.select("exit", "exit_count").iter_rows()) | {"open": found["open_count"][0]}


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ({"advanced": 3}, "advanced"),
        ({"advanced": 30}, "advanced"),
        ({"advanced": 31}, "window_over"),
        ({"regressed": 2, "advanced": 3}, "regressed"),
        ({"regressed": 2}, "regressed"),
        ({"regressed": 30}, "regressed"),
        ({"regressed": 31}, "window_over"),
        ({"abandoned": 5, "closed": 5}, "abandoned"),
        ({"abandoned": 0, "closed": 0}, "abandoned"),
        ({"regressed": 5, "abandoned": 5, "closed": 5}, "regressed"),
        ({"abandoned": 30, "closed": 30}, "abandoned"),
        ({"closed": 29}, "inactive"),
        ({"closed": 30}, "window_over"),
        ({}, "window_over"),
    ],
)
def test_the_first_thing_that_happens_ends_the_stay(days: dict[str, float], expected: str) -> None:
    found = exits(visit("consideration", ago=60, **days))
    assert found == dict.fromkeys((*EXITS, "open"), 0) | {expected: 1}


@pytest.mark.parametrize(
    ("days", "expected"),
    [({}, "open"), ({"advanced": 11}, "open"), ({"regressed": 9}, "regressed"), ({"regressed": 11}, "open")],
)
def test_what_has_not_happened_by_the_cutoff_is_not_known(days: dict[str, float], expected: str) -> None:
    found = exits(visit("consideration", ago=10, **days))
    assert found == dict.fromkeys((*EXITS, "open"), 0) | {expected: 1}


def test_after_a_purchase_an_unsubscription_comes_before_the_next_purchase() -> None:
    found = exits(visit("post_purchase", ago=200, abandoned=5, advanced=9), stage="post_purchase")
    assert found["abandoned"] == 1
    dropoff = stage_dropoff(visits(visit("post_purchase", ago=200, abandoned=5, advanced=9)), cutoff=CUTOFF)
    assert dropoff["advanced_count"].to_list() == [1]


def told(frame: pl.DataFrame, stage: str) -> Counter[str]:
    """The definition once more, one visit after the other."""
    found: Counter[str] = Counter()
    for row in frame.filter(stage=stage).iter_rows(named=True):
        over = row["entered_at"] + row["window_days"] * DAY
        ends = [(at, rank, name) for rank, (name, at) in enumerate(_ends(row, over)) if at is not None]
        at, _, name = min(ends)
        found[name if at <= CUTOFF and at <= over else "open"] += 1
    return found


def _ends(row: dict[str, object], over: object) -> list[tuple[str, object]]:
    closed = row["closed_at"] if row["closed_at"] is None or row["closed_at"] < over else None
    return [
        ("regressed", row["regressed_at"]),
        ("abandoned", row["abandoned_at"]),
        ("advanced", row["advanced_at"]),
        ("inactive", closed),
        ("window_over", over),
    ]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("whole_days", [False, True])
def test_counts_are_those_of_the_plain_telling(seed: int, whole_days: bool) -> None:
    frame = random_visits(300, seed=seed, whole_days=whole_days)
    found = stage_exit(frame, cutoff=CUTOFF)
    for stage in ("awareness", "consideration", "decision", "post_purchase"):
        rows = found.filter(stage=stage)
        counted = Counter(dict(rows.select("exit", "exit_count").iter_rows())) + Counter(open=rows["open_count"][0])
        assert counted == told(frame, stage)


@pytest.mark.parametrize("seed", range(4))
def test_each_share_is_statsmodels_cumulative_incidence(seed: int) -> None:
    frame = random_visits(500, seed=seed).filter(stage="decision")
    found = dict(stage_exit(frame, cutoff=CUTOFF).select("exit", "estimated_share").iter_rows())
    days, causes = zip(*[_stay(row) for row in frame.iter_rows(named=True)], strict=True)
    oracle = CumIncidenceRight(np.array(days, dtype=float), np.array(causes))
    for number, name in enumerate(EXITS[:-1]):
        assert found[name] == pytest.approx(oracle.cinc[number][-1], abs=1e-12)
    assert sum(found.values()) == pytest.approx(1)


def _stay(row: dict[str, object]) -> tuple[int, int]:
    """Day of the stay, days ending at T's hour, and statsmodels' code; the window's end is a censoring to it."""
    over = row["entered_at"] + row["window_days"] * DAY
    ends = [(at, rank, name) for rank, (name, at) in enumerate(_ends(row, over)) if at is not None]
    at, _, name = min([*ends, (CUTOFF, 9, "open")])
    ago = (CUTOFF - row["entered_at"]) // timedelta(microseconds=1)
    left = (CUTOFF - at) // timedelta(microseconds=1)
    return ago // DAY_US - left // DAY_US, 0 if name in ("open", "window_over") else EXITS.index(name) + 1


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 80), whole_days=st.booleans())
def test_exits_add_up_and_agree_with_the_dropoff(seed: int, count: int, whole_days: bool) -> None:
    frame = random_visits(count, seed=seed, whole_days=whole_days)
    found = stage_exit(frame, cutoff=CUTOFF, segments=["device"])
    key = ["segment", "segment_value", "stage"]
    sums = found.group_by(key, maintain_order=True).agg(
        pl.col("exit_count", "estimated_share").sum(), pl.col("entered_count", "open_count").first(), rows=pl.len()
    )
    states = stage_dropoff(frame, cutoff=CUTOFF, segments=["device"]).select(
        *key, "advanced_count", all_open="open_count"
    )
    assert sums.filter(pl.col("exit_count") + pl.col("open_count") != pl.col("entered_count")).is_empty()
    assert sums["rows"].unique().to_list() == [len(EXITS)]
    told_shares = found.drop_nulls("estimated_share").select(key).unique()
    assert sums.join(told_shares, on=key).filter((pl.col("estimated_share") - 1).abs() > 1e-9).is_empty()
    both = sums.join(states, on=key, how="full")
    assert both.filter(pl.col("open_count") > pl.col("all_open")).is_empty()
    by_device = found.filter(segment="device").group_by("stage", "exit").agg(pl.col("exit_count", "open_count").sum())
    whole = found.filter(segment="all").select("stage", "exit", "exit_count", "open_count")
    assert_frame_equal(by_device, whole, check_row_order=False)


def test_where_nobody_falls_back_or_ends_advancing_is_what_the_dropoff_says() -> None:
    frame = random_visits(400, seed=5).with_columns(
        regressed_at=pl.lit(None, pl.Datetime("us")), abandoned_at=pl.lit(None, pl.Datetime("us"))
    )
    advanced = stage_exit(frame, cutoff=CUTOFF).filter(exit="advanced")
    dropoff = stage_dropoff(frame, cutoff=CUTOFF)
    assert advanced["exit_count"].to_list() == dropoff["advanced_count"].to_list()
    for share, other in (("estimated_share", "dropoff"), ("estimated_low_share", "high")):
        assert advanced[share].to_list() == pytest.approx((1 - dropoff[f"estimated_{other}_share"]).to_list())


def test_every_share_lies_within_its_interval_to_the_last_digit() -> None:
    for seed in range(20):
        found = stage_exit(random_visits(150, seed=seed), cutoff=CUTOFF, segments=["device"])
        low, share, high = (pl.col(f"estimated{name}_share") for name in ("_low", "", "_high"))
        assert found.filter((low > share) | (share > high)).is_empty()


def test_order_and_split_of_the_rows_do_not_matter() -> None:
    frame = random_visits(200, seed=8, whole_days=True)
    told_first = stage_exit(frame, cutoff=CUTOFF, segments=["device"])
    shuffled = frame.sample(fraction=1.0, shuffle=True, seed=3)
    assert_frame_equal(told_first, stage_exit(shuffled, cutoff=CUTOFF, segments=["device"]))


def test_no_share_where_too_few_were_watched() -> None:
    found = stage_exit(visits(visit("decision", ago=5), visit("decision", ago=5, advanced=1)), cutoff=CUTOFF)
    assert found["estimated_share"].to_list() == [None] * 5
    assert found["estimate_note"].to_list() == [TOO_FEW_FOLLOWED] * 5


def test_no_visits_give_no_rows() -> None:
    assert stage_exit(visits(), cutoff=CUTOFF, segments=["device"]).is_empty()
