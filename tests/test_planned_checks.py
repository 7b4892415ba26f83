"""The checks of planned and actual find what they are for, and every column has a meaning."""

from collections.abc import Iterator

import polars as pl
import pytest
from test_planned import log_of, plan_of, world

from journey_analytics import build
from journey_analytics.planned.alignments import compare
from journey_analytics.planned.tables import SCHEMAS, Scope, deviation_table, fit_table, touchpoint_table
from journey_analytics.warehouse import Warehouse, open_memory

COUNTS = "every_deviation_from_a_plan_adds_up_and_lies_within_its_intervals"
FITS = "journeys_held_against_a_plan_are_those_of_the_headline"
PLACES = "deviations_from_a_plan_have_places_without_gaps_the_most_frequent_first"


@pytest.fixture
def warehouse(tmp_path) -> Iterator[Warehouse]:
    journeys = world(3, count=150, skip={"step_d": 0.3}, add={"phantom": 0.2})
    plan, log = plan_of(tmp_path), log_of(journeys)
    scope, comparison = Scope(plan, log, 30), compare(plan, log.groups)
    with open_memory() as memory:
        memory.create_from("mart.planned_fit", fit_table(comparison, scope, note=None))
        memory.create_from("mart.deviation", deviation_table(comparison, scope))
        memory.create_from("mart.planned_touchpoint", touchpoint_table(scope))
        open_count = sum(one.status == "open" for one in journeys)
        memory.create_from("mart.headline", pl.DataFrame({"journey_count": [150], "open_count": [open_count]}))
        yield memory


def found(warehouse: Warehouse, check: str) -> int:
    return warehouse.frame(build.sql_files()[f"check/{check}.sql"].read_text(encoding="utf-8")).height


@pytest.mark.parametrize("check", [COUNTS, FITS, PLACES])
def test_what_is_right_passes(warehouse, check):
    assert found(warehouse, check) == 0


@pytest.mark.parametrize(
    ("check", "change"),
    [
        (COUNTS, "mart.deviation set open_count = open_count + 1 where place = 1"),
        (COUNTS, "mart.deviation set affected_count = journey_count + 1 where place = 1"),
        (COUNTS, "mart.deviation set affected_low_share = 1 where place = 1"),
        (COUNTS, "mart.deviation set dropoff_low_share_with = 1 where place = 1"),
        (COUNTS, "mart.deviation set difference_points = 1000 where place = 1"),
        (COUNTS, "mart.deviation set difference_points = null where place = 1"),
        (COUNTS, "mart.deviation set note = 'none' where place = 1"),
        (COUNTS, "mart.deviation set settled_with_count = affected_count + 1 where place = 1"),
        (COUNTS, "mart.deviation set difference_low_points = -100, difference_high_points = 100, amount_at_stake = 1"),
        (COUNTS, "mart.deviation set stake_place = 99 where amount_at_stake is null"),
        (FITS, "mart.planned_fit set conforming_count = aligned_journey_count + 1"),
        (FITS, "mart.planned_fit set full_fitness = 1.1"),
        (FITS, "mart.planned_fit set precision = -0.1"),
        (FITS, "mart.headline set journey_count = 151"),
        (FITS, "mart.headline set open_count = 151"),
        (FITS, "mart.planned_touchpoint set journey_count = 151 where place = 1"),
        (PLACES, "mart.deviation set place = place + 1"),
        (PLACES, "mart.deviation set affected_count = 0 where place = 1"),
    ],
)
def test_what_is_wrong_is_found(warehouse, check, change):
    warehouse.execute(f"update {change}")
    assert found(warehouse, check) >= 1


def test_every_column_has_a_meaning():
    listed = pl.read_csv(build.sql_files()["config/mart_column/planned.csv"])
    assert not listed.filter(pl.col("meaning").is_null() | (pl.col("meaning") == "")).height
    told = {(row["table_name"], row["column_name"]) for row in listed.to_dicts()}
    assert told == {(table.removeprefix("mart."), column) for table, schema in SCHEMAS.items() for column in schema}
    assert listed.height == len(told)
