"""What becomes of funnel attempts: three states, shares, intervals, waits, breakdowns, what they did instead."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from statsmodels.duration.survfunc import CumIncidenceRight

from journey_analytics import build
from journey_analytics.funnel.definition import Funnel, funnel, step
from journey_analytics.funnel.instead import INSTEAD_COLUMNS, dropped_attempts, empty_instead, instead_rows
from journey_analytics.funnel.outcomes import FUNNEL_COLUMNS, empty_funnel, funnel_steps
from journey_analytics.funnel.timing import timed_attempts
from journey_analytics.warehouse import open_memory

CUTOFF = datetime(2026, 6, 30)
DAY = timedelta(days=1)
ABC = funnel("abc", ["a", "b", "c"], window=30 * DAY)
COUNTS = ("entered_count", "advanced_count", "dropped_count", "open_count")
_TYPES = {
    "unit_id": pl.String, "customer_id": pl.String, "entry_touchpoint_id": pl.String, "entered_at": pl.Datetime("us"),
    "step_at": pl.List(pl.Datetime("us")), "closed_at": pl.Datetime("us"), "broken_at": pl.Datetime("us"),
    "ended_by_exclusion_at": pl.Datetime("us"), "next_activity": pl.String, "next_at": pl.Datetime("us"),
}  # fmt: skip
Days = Sequence[float | None]


def attempt(number: int, ago: float, days: Days, **ends: Any) -> dict[str, Any]:
    """An attempt entered `ago` days before T; `days` and `ends`: when it reached each step and ended, since then."""
    at = CUTOFF - ago * DAY
    moments = {name: at + value * DAY for name, value in ends.items() if name.endswith("_at")}
    others = {name: value for name, value in ends.items() if not name.endswith("_at")}
    known = {"unit_id": f"u{number}", "customer_id": f"c{number}", "entry_touchpoint_id": f"t{number:05}"}
    step_at = [None if day is None or day > ago else at + day * DAY for day in days]
    return known | {"entered_at": at, "step_at": step_at} | moments | others


def attempts(*rows: dict[str, Any]) -> pl.DataFrame:
    filled = [dict.fromkeys(_TYPES) | row for row in rows]
    return pl.DataFrame(filled, schema_overrides=_TYPES) if rows else pl.DataFrame(schema=_TYPES)


def states(found: pl.DataFrame, value: str = "all") -> list[tuple[int, ...]]:
    return found.filter(pl.col("segment_value") == value).select(COUNTS).rows()


def drawn(count: int, *, seed: int, span: float = 60) -> list[dict[str, Any]]:
    """Half get from a to b, 0.6 of these to c, after exponential times; journeys close after another one."""
    random, rows = Random(seed), []
    for number in range(count):
        b = random.expovariate(1 / 8) if random.random() < 0.5 else None
        c = b + random.expovariate(1 / 5) if b is not None and random.random() < 0.6 else None
        end = random.expovariate(1 / 40)
        b = b if b is not None and b <= min(end, 30) else None
        c = c if b is not None and c is not None and c <= min(end, 30) else None
        ago, closed = random.random() * span, max(end, b or 0, c or 0)
        ends = {"closed_at": closed} if closed <= ago else {}
        device = random.choice(["phone", "desk", None])
        rows.append(attempt(number, ago, [0, b, c], device=[device, "desk", "desk"], **ends))
    return rows


def test_three_states_at_each_step_counted_by_hand() -> None:
    found = funnel_steps(
        attempts(
            attempt(1, 60, [0, 5, 9]),
            attempt(2, 60, [0, 5, None]),  # the window is over
            attempt(3, 29, [0, 5, None]),  # still open
            attempt(4, 29, [0, None, None], closed_at=12),
            attempt(5, 29, [0, 1, None], ended_by_exclusion_at=2),
            attempt(6, 30, [0, None, None]),  # over at the very end of its window
            attempt(7, 1, [0, None, None]),
        ),
        ABC,
        cutoff=CUTOFF,
    )
    assert states(found) == [(7, 7, 0, 0), (7, 4, 2, 1), (4, 1, 2, 1)]
    assert found["observed_step_share"].to_list() == [1, pytest.approx(2 / 3), pytest.approx(1 / 2)]
    assert found["observed_count"].to_list() == [3, 3, 2]


def test_with_nobody_open_the_estimates_are_the_shares_and_the_intervals_those_of_wilson() -> None:
    rows = [row for row in drawn(400, seed=3) if row["entered_at"] <= CUTOFF - 31 * DAY]
    found = funnel_steps(attempts(*rows), ABC, cutoff=CUTOFF)
    entered, advanced = found["entered_count"].to_numpy(), found["advanced_count"].to_numpy()
    assert found["open_count"].sum() == 0
    assert found["estimated_step_share"].to_numpy() == pytest.approx(advanced / entered)
    assert found["overall_share"].to_numpy() == pytest.approx(advanced / len(rows))
    for kind in ("low", "high"):
        ours, wilson = found[f"estimated_{kind}_share"].to_numpy(), found[f"observed_{kind}_share"].to_numpy()
        assert ours == pytest.approx(wilson, abs=2e-3)


@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
def test_the_overall_share_is_the_incidence_of_statsmodels_with_the_clock_at_the_entry() -> None:
    rows = drawn(500, seed=4, span=45)
    found = funnel_steps(attempts(*rows), ABC, cutoff=CUTOFF)
    for place in (1, 2):
        times, codes = zip(*(_day_and_code(row, place) for row in rows), strict=True)
        curve = CumIncidenceRight(np.array(times), np.array(codes))
        assert found["overall_share"][place] == pytest.approx(curve.cinc[0][-1], abs=1e-9)


def _day_and_code(row: dict[str, Any], place: int) -> tuple[int, int]:
    """The day of the attempt (days end at T's hour) on which it ended, and how: 1 got there, 2 ended, 0 open."""
    ago = (CUTOFF - row["entered_at"]) / DAY
    reached = row["step_at"][place]
    ends = [30.0, *([(row["closed_at"] - row["entered_at"]) / DAY] if "closed_at" in row else [])]
    ended = min(end for end in ends)
    if reached is not None:
        lasted, code = (reached - row["entered_at"]) / DAY, 1
    else:
        lasted, code = (ended, 2) if ended <= ago else (ago, 0)
    return int(ago // 1 - (ago - lasted) // 1), code


def test_intervals_hold_the_truth_in_95_of_100_worlds_with_half_of_the_attempts_open() -> None:
    world = [row for row in drawn(40_000, seed=99, span=5000) if row["entered_at"] < CUTOFF - 31 * DAY]
    got = [sum(row["step_at"][place] is not None for row in world) for place in (1, 2)]
    truth = {"step": (got[1] / got[0], "estimated"), "overall": (got[1] / len(world), "overall")}
    inside = dict.fromkeys(truth, 0)
    for seed in range(120):
        row = funnel_steps(attempts(*drawn(250, seed=seed, span=45)), ABC, cutoff=CUTOFF).row(2, named=True)
        for name, (share, prefix) in truth.items():
            inside[name] += row[f"{prefix}_low_share"] <= share <= row[f"{prefix}_high_share"]
    assert all(0.89 <= count / 120 <= 0.99 for count in inside.values()), inside


def test_attempts_of_one_customer_are_no_independent_tries() -> None:
    rows = drawn(300, seed=6)
    alone = funnel_steps(attempts(*rows), ABC, cutoff=CUTOFF).row(1, named=True)
    copied = [row | {"entry_touchpoint_id": f"{row['entry_touchpoint_id']}_{n}"} for row in rows for n in range(4)]
    found = funnel_steps(attempts(*copied), ABC, cutoff=CUTOFF).row(1, named=True)
    assert found["estimated_step_share"] == pytest.approx(alone["estimated_step_share"])
    width = found["estimated_high_share"] - found["estimated_low_share"]
    assert width == pytest.approx(alone["estimated_high_share"] - alone["estimated_low_share"], rel=0.02)


def test_an_optional_step_is_counted_beside_the_chain() -> None:
    asked = funnel("o", ["a", step("b", is_optional=True), "c"], window=30 * DAY)
    rows = [
        attempt(1, 60, [0, 2, 4]),
        attempt(2, 60, [0, None, 4]),
        attempt(3, 10, [0, 2, None]),
        attempt(4, 10, [0, None, None]),
    ]
    found = funnel_steps(attempts(*rows), asked, cutoff=CUTOFF)
    assert found["is_optional"].to_list() == [False, True, False]
    assert states(found) == [(4, 4, 0, 0), (4, 2, 1, 1), (4, 2, 0, 2)]


def test_in_an_open_funnel_attempts_begin_at_any_step() -> None:
    asked = funnel("o", ["a", "b", "c"], window=30 * DAY, is_open=True)
    rows = [attempt(1, 60, [0, 2, 4]), attempt(2, 60, [None, 0, None]), attempt(3, 60, [None, None, 0])]
    found = funnel_steps(attempts(*rows), asked, cutoff=CUTOFF)
    assert states(found) == [(1, 1, 0, 0), (1, 1, 0, 0), (2, 1, 1, 0)]
    assert found["started_count"].to_list() == [0, 1, 1]
    assert found["overall_share"].to_list() == pytest.approx([1 / 3, 2 / 3, 2 / 3])


def test_in_any_order_the_kth_row_is_the_kth_step_reached() -> None:
    asked = funnel("any", ["a", "b", "c"], window=30 * DAY, order="any")
    rows = [attempt(1, 60, [4, 0, None]), attempt(2, 60, [None, 3, 0]), attempt(3, 60, [0, 1, 2])]
    found = funnel_steps(attempts(*rows), asked, cutoff=CUTOFF)
    assert found["step"].to_list() == ["1 of 3 steps", "2 of 3 steps", "3 of 3 steps"]
    assert [row[:2] for row in states(found)] == [(3, 3), (3, 3), (3, 1)]


def test_a_longest_gap_ends_an_attempt_when_no_later_match_of_the_step_before_can_save_it() -> None:
    gaps = [step("a"), step("b", max_gap=2 * DAY), step("c", max_gap=3 * DAY)]
    rows = attempts(
        attempt(1, 2.5, [0, None, None]),  # b is 2 days late
        attempt(2, 4.5, [0, 1, None]),  # c is late after this b, but another b on day 2 would allow it until day 5
        attempt(3, 6, [0, 1, None]),
    )
    ordered = funnel_steps(rows, funnel("g", gaps, window=30 * DAY), cutoff=CUTOFF)
    assert states(ordered) == [(3, 3, 0, 0), (3, 2, 1, 0), (2, 0, 1, 1)]
    strict = funnel_steps(rows, funnel("g", gaps, window=30 * DAY, order="strict"), cutoff=CUTOFF)
    assert states(strict) == [(3, 3, 0, 0), (3, 2, 1, 0), (2, 0, 2, 0)]


def test_waits_are_those_of_who_takes_the_step_with_the_waiting_counted() -> None:
    resolved = [attempt(n, 60, [0, float(n), None]) for n in range(1, 11)]
    row = funnel_steps(attempts(*resolved, attempt(99, 60, [0, None, None])), ABC, cutoff=CUTOFF).row(1, named=True)
    assert (row["median_seconds"], row["p90_seconds"]) == (5 * 86_400, 9 * 86_400)
    assert row["at_risk_count"] == 7
    open_ones = [attempt(100 + n, 5.5, [0, None, None]) for n in range(40)]
    later = funnel_steps(attempts(*resolved, *open_ones), ABC, cutoff=CUTOFF).row(1, named=True)
    assert later["median_seconds"] > row["median_seconds"]


def test_the_best_attempt_gives_counts_and_no_estimate() -> None:
    asked = funnel("best", ["a", "b"], window=30 * DAY, entry="best")
    row = funnel_steps(attempts(attempt(1, 60, [0, 2])), asked, cutoff=CUTOFF).row(1, named=True)
    assert row["estimated_step_share"] is row["overall_share"] is None
    assert row["observed_step_share"] == 1
    assert "best attempt" in row["estimate_note"]


@pytest.mark.parametrize("origin", ["first", "last", "step"])
def test_every_breakdown_adds_up_to_the_whole_and_null_is_unknown(origin: str) -> None:
    found = funnel_steps(
        attempts(*drawn(300, seed=8)), ABC, cutoff=CUTOFF, segments=["device"], breakdown_from=origin, top_values=2
    )
    whole = found.filter(pl.col("segment") == "all").select("step_number", *COUNTS)
    split = found.filter(pl.col("segment") == "device")
    assert_frame_equal(split.group_by("step_number").agg(pl.col(COUNTS).sum()).sort("step_number"), whole)
    assert set(split["segment_value"]) <= {"phone", "desk", "unknown", "other"}
    assert split["segment_value"].n_unique() == 3 if origin != "step" else True


def test_a_value_is_that_of_the_touchpoint_named() -> None:
    rows = attempts(attempt(1, 60, [0, 2, None], device=["phone", "desk", None]))
    places = {}
    for origin in ("first", "last", "step"):
        found = funnel_steps(rows, ABC, cutoff=CUTOFF, segments=["device"], breakdown_from=origin)
        split = found.filter(pl.col("segment") == "device", pl.col("entered_count") > 0)
        places[origin] = split["segment_value"].to_list()
    assert places == {"first": ["phone"] * 3, "last": ["desk"] * 3, "step": ["desk", "phone", "phone"]}


def test_by_value_of_the_step_before_no_share_is_wrong_where_nobody_is_open() -> None:
    rows = [row for row in drawn(400, seed=9) if row["entered_at"] <= CUTOFF - 31 * DAY]
    found = funnel_steps(attempts(*rows), ABC, cutoff=CUTOFF, segments=["device"], breakdown_from="step")
    split = found.filter(pl.col("segment") == "device", pl.col("step_number") > 1)
    assert split["estimated_step_share"].to_list() == pytest.approx(
        (split["advanced_count"] / split["entered_count"]).to_list()
    )
    assert split["overall_share"].is_null().all()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(0, 40), data=st.data())
def test_nobody_is_lost_between_two_steps_and_order_does_not_matter(seed: int, count: int, data: st.DataObject) -> None:
    rows = drawn(count, seed=seed)
    frame = attempts(*rows)
    found = funnel_steps(frame, ABC, cutoff=CUTOFF)
    assert found.select((pl.col("entered_count") - pl.sum_horizontal(COUNTS[1:])).abs().sum()).item() == 0
    assert found["entered_count"].to_list()[1:] == found["advanced_count"].to_list()[:-1]
    for kind in ("observed_step", "estimated_step", "overall"):
        low, high = (f"{kind.removesuffix('_step')}_{end}_share" for end in ("low", "high"))
        assert found.select((pl.col(f"{kind}_share").is_between(low, high)).fill_null(value=True).all()).item()
    chain = found["overall_share"].drop_nulls().to_list()
    assert chain == sorted(chain, reverse=True)
    shuffled = attempts(*data.draw(st.permutations(rows))) if rows else frame
    assert_frame_equal(funnel_steps(shuffled, ABC, cutoff=CUTOFF), found, check_exact=True)


def test_what_they_did_instead_names_the_next_touchpoint_within_the_window_and_folds_the_rest() -> None:
    def lost(number: int, activity: str | None, after: float = 1) -> dict[str, Any]:
        told = {"next_activity": activity} | ({"next_at": after} if activity else {})
        return attempt(number, 60, [0, None, None], **told)

    rows = [lost(n, "help") for n in range(5)] + [lost(10, None), lost(11, "late", 30.5), lost(12, "edge", 30)]
    rows += [lost(20 + n, f"rare_{n:02}") for n in range(12)] + [
        attempt(90, 60, [0, 1, 2]),
        attempt(91, 3, [0, None, None]),
    ]
    found = instead(rows, ABC)
    assert found["activity"].to_list()[:3] == ["help", None, "edge"]
    assert found["unit_count"].to_list()[:3] == [5, 2, 1]
    assert found.row(-1, named=True)["activity"] == "other"
    assert found["place"].to_list() == list(range(1, 12))
    assert set(found["dropped_count"]) == {20}
    assert found["unit_count"].sum() == 20
    assert found["share"].sum() == pytest.approx(1)


def instead(rows: list[dict[str, Any]], asked: Funnel) -> pl.DataFrame:
    timed = timed_attempts(attempts(*rows), asked, cutoff=CUTOFF)
    return instead_rows(dropped_attempts(timed, asked), asked)


def test_the_dropped_after_a_step_are_those_that_the_next_row_counts() -> None:
    rows = drawn(300, seed=12)
    found = funnel_steps(attempts(*rows), ABC, cutoff=CUTOFF)
    dropped = dropped_attempts(timed_attempts(attempts(*rows), ABC, cutoff=CUTOFF), ABC)
    after = dropped.group_by("step_number").len().sort("step_number")["len"].to_list()
    assert after == found["dropped_count"].to_list()[1:]


def test_without_a_funnel_the_tables_have_their_columns_and_types() -> None:
    assert dict(empty_funnel().schema) == FUNNEL_COLUMNS
    assert dict(empty_instead().schema) == INSTEAD_COLUMNS
    nobody = funnel_steps(attempts(), ABC, cutoff=CUTOFF)
    assert dict(nobody.schema) == FUNNEL_COLUMNS
    assert nobody.height == 0


CHECKS = {
    "the_three_states_of_a_funnel_step_add_up": "update mart.funnel set open_count = 99 where step_number = 2",
    "every_step_of_a_funnel_is_entered_by_those_who_reached_the_one_before": (
        "update mart.funnel set entered_count = entered_count + 1 where step_number = 3 and segment = 'all'"
    ),
    "every_segment_of_a_funnel_adds_up_to_the_whole": (
        "update mart.funnel set entered_count = entered_count + 1 where segment_value = 'phone' and step_number = 2"
    ),
    "every_share_of_a_funnel_lies_within_its_interval": (
        "update mart.funnel set overall_share = overall_high_share + 0.001 where step_number = 3"
    ),
    "what_the_dropped_of_a_funnel_did_instead_adds_up": "delete from mart.funnel_instead where place = 2",
}
"""Each check with what breaks it."""


@pytest.mark.parametrize("check", CHECKS)
def test_every_check_notices_the_fault_it_is_named_for(check: str) -> None:
    rows = [row | {"next_activity": "help", "next_at": row["entered_at"] + DAY} for row in drawn(80, seed=5)]
    rows += drawn(80, seed=6)
    query = build.sql_files()[f"check/{check}.sql"].read_text(encoding="utf-8")
    with open_memory() as warehouse:
        warehouse.create_from("mart.funnel", funnel_steps(attempts(*rows), ABC, cutoff=CUTOFF, segments=["device"]))
        warehouse.create_from("mart.funnel_instead", instead(rows, ABC))
        assert warehouse.rows(query) == []
        warehouse.execute(CHECKS[check])
        assert warehouse.rows(query)
