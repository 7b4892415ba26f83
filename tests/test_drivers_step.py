"""The step `driver` on a warehouse, the check that guards its table, and the words of `journey drivers`."""

from itertools import pairwise

import polars as pl
import pytest
from mart_world import CUTOFF, mart_world

from journey_analytics.build import builtin_sql
from journey_analytics.contract import STAGES
from journey_analytics.drivers.sentences import driver_sentence
from journey_analytics.drivers.step import DRIVER_READS, make_driver, stage_stays
from journey_analytics.drivers.text import drivers_text, read_drivers, require_stage
from journey_analytics.errors import ConfigurationError, DataError
from journey_analytics.warehouse import open_memory

CHECK = builtin_sql() / "check" / "every_driver_lies_within_its_intervals_and_is_found_only_when_tested.sql"
VISIT_GAP_US = 1_800_000_000


@pytest.fixture(scope="module")
def world():
    made = mart_world(journeys=600)
    make_driver(made, cutoff=CUTOFF)
    yield made
    made.close()


def test_the_table_holds_to_its_check_and_to_its_dictionary(world):
    rows = world.frame("select * from mart.driver")
    assert rows.height > 20
    assert world.rows(CHECK.read_text(encoding="utf-8")) == []
    explained = pl.read_csv(builtin_sql() / "config" / "mart_column" / "driver.csv")
    assert explained["column_name"].to_list() == rows.columns
    stages = list(dict.fromkeys(rows["stage"]))
    assert all(STAGES.index(one) < STAGES.index(other) for one, other in pairwise(stages))


@pytest.mark.parametrize(
    "broken",
    [
        "exposed_count = entered_count + 1",
        "hazard_ratio_low = 1e9",
        "difference_low_points = 200",
        "is_found = not is_found",
        "q_value = p_value / 2",
        "unexposed_dropoff_share = 1.5",
    ],
)
def test_the_check_sees_a_row_that_cannot_be(world, broken):
    sql = CHECK.read_text(encoding="utf-8").replace("mart.driver", "broken_driver")
    tested = "where difference_points is not null and p_value > 0"
    world.execute(f"create or replace temp table broken_driver as select * from mart.driver {tested} limit 1")
    assert world.rows(sql) == []
    world.execute(f"update broken_driver set {broken}")
    assert len(world.rows(sql)) == 1


def test_counts_are_those_of_the_stage_visits(world):
    entered = dict(world.rows("select stage, count(*) from core.stage_visit group by stage"))
    named = dict(world.rows("select distinct stage, entered_count from mart.driver"))
    assert named == entered
    seen = """
    select count(distinct v.journey_id)
    from core.stage_visit as v
    inner join core.touchpoint as t on v.journey_id = t.journey_id
    where
        v.stage = ? and t.activity = ?
        and t.occurred_at >= v.entered_at and t.occurred_at < coalesce(v.left_at, ?)
    """
    rows = world.rows("select stage, driver, exposed_count from mart.driver where kind = 'activity'")
    assert rows
    for stage, activity, count in rows:
        assert world.value(seen, [stage, activity, CUTOFF]) == count


def test_a_purchase_is_the_advance_and_no_driver(world):
    assert world.value("select count(*) from mart.driver where driver in ('order_placed', 'order_completed')") == 0


def test_a_sample_is_of_customers_the_same_each_time_and_is_said(world):
    world.execute("create or replace macro customer_bucket(customer_id, of) as (hash(customer_id) % of)::integer")
    parts = [
        list(stage_stays(world, cutoff=CUTOFF, visit_gap_us=VISIT_GAP_US, stays_at_most=most))
        for most in (100, 100, 10_000)
    ]
    for one, again, whole in zip(*parts, strict=True):
        assert one.stay.equals(again.stay)
        assert one.state.equals(again.state)
        assert 0 < one.stay.height < whole.stay.height
        assert one.note.endswith("% of the customers")
        assert whole.note is None


def test_what_it_reads_is_named():
    assert {"core.touchpoint", "core.stage_visit", "config.activity"} <= DRIVER_READS


FOUND = {
    "stage": "decision", "kind": "error", "driver": "checkout_error_shown", "entered_count": 23_900,
    "exposed_share": 0.21, "hazard_ratio": 0.3, "hazard_ratio_low": 0.27, "hazard_ratio_high": 0.34,
    "difference_points": 41.2, "difference_low_points": 38.0, "difference_high_points": 44.0, "q_value": 1e-9,
    "is_found": True, "note": None,
}  # fmt: skip


def test_a_driver_in_plain_words():
    assert driver_sentence(FOUND) == (
        "journeys with checkout_error_shown in decision advance 0.3 times as often (95 % 0.27–0.34), "
        "41 points more are lost (95 % 38 to 44); seen in 21 % of 23,900; association, not cause"
    )


def test_fewer_are_lost_with_the_ends_the_right_way_round():
    fewer = FOUND | {"difference_points": -5.0, "difference_low_points": -9.0, "difference_high_points": -1.0}
    assert "5 points fewer are lost (95 % 1 to 9)" in driver_sentence(fewer)


def test_what_was_not_found_or_not_tested_says_so():
    assert "no finding (q = 0.4)" in driver_sentence(FOUND | {"q_value": 0.4, "is_found": False})
    untested = FOUND | {"hazard_ratio": None, "q_value": None, "is_found": False, "note": "not tested: too few"}
    assert driver_sentence(untested).endswith("seen in 21 % of 23,900; not tested: too few; association, not cause")
    pause = FOUND | {"kind": "wait", "driver": "pause_3_days"}
    assert "with a pause of more than 3 days in" in driver_sentence(pause)


def test_rows_are_read_by_stage_and_only_those_found_unless_every_one(world):
    every = read_drivers(world, every=True)
    assert len(every) == world.value("select count(*) from mart.driver")
    assert {row["stage"] for row in read_drivers(world, stage="decision", every=True)} == {"decision"}
    assert all(row["is_found"] for row in read_drivers(world))
    assert "--all" in drivers_text([])
    assert drivers_text(every).startswith("Goes with being lost, or not, in awareness (")


def test_the_table_holds_ratio_points_and_share_of_every_driver():
    (line,) = (line for line in drivers_text([FOUND]).splitlines() if "checkout_error_shown" in line)
    assert line.split("  ")[0] == "checkout_error_shown"
    assert "0.3 (0.27–0.34)" in line
    assert "+41 (+38 to +44)" in line
    assert line.endswith("21 %")


def test_a_stage_that_is_none_and_a_copy_without_drivers_are_one_error():
    with pytest.raises(ConfigurationError, match="'decision'"):
        require_stage("decisoin")
    with open_memory() as empty, pytest.raises(DataError, match="journey run"):
        read_drivers(empty)
