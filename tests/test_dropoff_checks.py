"""The checks on the tables of drop-off: a sound world passes, and each notices the fault it is named for."""

from collections.abc import Iterator

import pytest
from mart_world import CUTOFF, mart_world

from journey_analytics import build
from journey_analytics.dropoff_step import make_dropoff
from journey_analytics.warehouse import Warehouse

FAULTS = {
    "the_exits_of_a_stage_and_the_open_ones_are_its_entrants": (
        "update mart.stage_exit set exit_count = exit_count + 1 where exit = 'inactive' and stage = 'decision'",
        "update mart.stage_exit set open_count = open_count + 1 where exit = 'advanced'",
        "update mart.stage_exit set estimated_share = estimated_share + 0.01 where exit = 'advanced'",
        "delete from mart.stage_exit where segment_value = 'email' and stage = 'decision'",
        "delete from mart.stage_exit where segment = 'persona' and exit = 'window_over'",
    ),
    "no_more_advance_first_than_advance_at_all": (
        "update mart.stage_dropoff set advanced_count = 0",
        "update mart.stage_exit set exit_count = entered_count + 1 where exit = 'advanced'",
    ),
    "reaching_the_next_stage_is_advancing": (
        "update mart.stage_reach set reached_count = reached_count + 1 where to_stage = 'consideration'",
        "delete from mart.stage_reach where segment_value = 'email' and to_stage = 'decision'",
        "update mart.stage_dropoff set dropped_count = dropped_count - 1 where stage = 'decision'",
    ),
    "reached_missed_and_open_are_all_who_entered": (
        "update mart.stage_reach set missed_count = missed_count + 1 where to_stage = 'purchase'",
        "delete from mart.stage_reach where segment_value = 'email'",
    ),
    "every_share_of_an_exit_or_a_reach_lies_within_its_interval": (
        "update mart.stage_exit set estimated_low_share = 0.999 where exit = 'abandoned'",
        "update mart.stage_reach set estimated_high_share = 1.5",
        "update mart.stage_reach set observed_low_share = null",
    ),
    "every_segment_of_the_dropoff_adds_up_to_the_whole": (
        "delete from mart.stage_dropoff where segment = 'entry_week' and segment_value = "
        "(select max(segment_value) from mart.stage_dropoff where segment = 'entry_week')",
    ),
}


@pytest.fixture(scope="module")
def world() -> Iterator[Warehouse]:
    """Tests that change it undo that."""
    with mart_world(journeys=300) as warehouse:
        make_dropoff(warehouse, cutoff=CUTOFF)
        yield warehouse


def found(warehouse: Warehouse, check: str) -> list[tuple[object, ...]]:
    models = {model.name: model.sql for model in build.read_models(build.sql_files(), "check")}
    return warehouse.rows(models[f"check.{check}"], name=check)


@pytest.mark.parametrize("check", FAULTS)
def test_a_sound_world_passes(world: Warehouse, check: str) -> None:
    assert found(world, check) == []


@pytest.mark.parametrize(("check", "fault"), [(check, fault) for check, faults in FAULTS.items() for fault in faults])
def test_a_fault_is_found(world: Warehouse, check: str, fault: str) -> None:
    world.execute("begin transaction")
    world.execute(fault)
    try:
        assert found(world, check)
    finally:
        world.execute("rollback")
