"""The step of what changed, on a small warehouse: its tables, their dictionary, and the checks on them."""

import polars as pl
import pytest
from mart_world import CUTOFF, mart_world

from journey_analytics import build
from journey_analytics.change.step import CHANGE_MAKES, make_change
from journey_analytics.dropoff import stage_dropoff
from journey_analytics.entrants import entrants
from journey_analytics.warehouse import Warehouse

CHECKS = (
    "every_alert_about_a_change_names_one",
    "every_change_lies_within_its_interval",
    "every_segment_of_the_entrants_adds_up_to_the_whole_in_both_periods",
    "the_reasons_of_a_change_add_up_to_it",
    "what_followed_an_activity_adds_up_in_both_periods",
)
SUDDENLY = """
update core.touchpoint set next_activity = 'help_viewed', next_gap_us = 60_000_000
where activity = 'home_viewed' and occurred_at > ?::timestamp - interval 7 day
"""


@pytest.fixture
def warehouse() -> Warehouse:
    """A random world in which every home view of the last week is followed by a look at the help pages."""
    made = mart_world(journeys=3000)
    made.create_from("mart.stage_dropoff", stage_dropoff(entrants(made), cutoff=CUTOFF))
    made.execute(SUDDENLY, [CUTOFF])
    return made


def failing(warehouse: Warehouse) -> set[str]:
    checks = {model.name.split(".")[1]: model for model in build.read_models(build.sql_files(), "check")}
    return {name for name in CHECKS if warehouse.frame(checks[name].sql).height}


def test_the_step_makes_its_tables_and_they_pass_their_checks(warehouse: Warehouse) -> None:
    make_change(warehouse, cutoff=CUTOFF)
    rows = warehouse.frame("select * from mart.change where is_significant")
    assert ("home_viewed", None) in set(rows.select("activity", "next_activity").iter_rows())
    assert warehouse.value("select count(*) from mart.change_reason") > 0
    assert "nothing after home_viewed" in warehouse.frame("select subject from mart.alert")["subject"].to_list()
    assert warehouse.frame("select distinct segment from mart.change where segment like 'entry_%'").height == 0
    assert failing(warehouse) == set()


def test_every_column_is_in_the_dictionary(warehouse: Warehouse) -> None:
    make_change(warehouse, cutoff=CUTOFF)
    told = warehouse.frame("select table_name, column_name, meaning from config.mart_column")
    for table in CHANGE_MAKES:
        name = table.removeprefix("mart.")
        columns = told.filter(pl.col("table_name") == name)["column_name"].to_list()
        assert columns == warehouse.columns(table)


@pytest.mark.parametrize(
    ("damage", "check"),
    [
        ("update mart.alert set change_id = 'nowhere'", CHECKS[0]),
        ("insert into mart.alert select * from mart.alert", CHECKS[0]),
        ("update mart.change set difference_high_points = difference_points - 1", CHECKS[1]),
        ("update mart.change set present_share = 1.5 where metric = 'advance'", CHECKS[1]),
        ("update mart.change set present_count = present_count + 1 where segment_value = 'mobile'", CHECKS[2]),
        ("update mart.change_reason set contribution_points = contribution_points * 2", CHECKS[3]),
        ("update mart.change set present_share = present_share / 2 where metric = 'edge'", CHECKS[4]),
    ],
)
def test_a_damaged_table_is_found(warehouse: Warehouse, damage: str, check: str) -> None:
    make_change(warehouse, cutoff=CUTOFF)
    warehouse.execute(damage)
    assert check in failing(warehouse)


def test_an_empty_warehouse_gives_empty_tables(warehouse: Warehouse) -> None:
    for table in ("core.touchpoint", "core.stage_visit", "mart.stage_dropoff"):
        warehouse.execute(f"delete from {table}")
    make_change(warehouse, cutoff=CUTOFF)
    assert [warehouse.value(f"select count(*) from {table}") for table in sorted(CHANGE_MAKES)] == [0, 0, 0]
