"""A funnel over stages and the stage drop-off never disagree by one journey, on a simulated world."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from journey_analytics import run as job
from journey_analytics.config import read_config
from journey_analytics.funnel.definition import Funnel, funnel
from journey_analytics.funnel.matching import matching_sql
from journey_analytics.funnel.result import funnel_result
from journey_analytics.simulate import simulate
from journey_analytics.warehouse import Warehouse, open_warehouse


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    folder = tmp_path_factory.mktemp("agreement") / "shop"
    simulate(folder, customers=400, days=200, seed=7)
    config = read_config(folder / "journey.toml")
    job.run(config)
    with open_warehouse(config.warehouse) as warehouse:
        yield warehouse


def stage_funnel(warehouse: Warehouse, stage: str, higher: str) -> Funnel:
    days = warehouse.value("select window_days::bigint from config.stage_window where stage = ?", [stage])
    return funnel(stage, [f"stage:{stage}", higher], window=timedelta(days=days))


def cutoff(warehouse: Warehouse) -> datetime:
    return warehouse.value("select cutoff_at from run.build order by build_id desc limit 1")


HIGHER = {"awareness": "stage:consideration|stage:decision", "consideration": "stage:decision"}


@pytest.mark.parametrize("stage", HIGHER)
def test_a_funnel_of_two_stages_is_the_stage_dropoff(world, stage):
    """The same journeys enter, at the same moment, and the same advance, at the same moment."""
    found = world.rows(matching_sql(stage_funnel(world, stage, HIGHER[stage]), cutoff=cutoff(world)))
    attempts = {row[0]: (row[2], row[6][1]) for row in found}
    visits = {
        journey: (entered, advanced if outcome == "advanced" else None)
        for journey, entered, outcome, advanced in world.rows(
            "select journey_id, entered_at, outcome, advanced_at from core.stage_visit where stage = ?", [stage]
        )
    }
    assert attempts == visits
    [(entered, advanced)] = world.rows(
        "select entered_count, advanced_count from mart.stage_dropoff where segment = 'all' and stage = ?", [stage]
    )
    assert (len(attempts), sum(at is not None for _, at in attempts.values())) == (entered, advanced)
    assert 0 < advanced < entered


@pytest.mark.parametrize("stage", HIGHER)
def test_its_estimated_share_is_that_of_the_dropoff_table(world, stage):
    steps = funnel_result(world, stage_funnel(world, stage, HIGHER[stage])).steps.to_dicts()
    [(lost,)] = world.rows(
        "select estimated_dropoff_share from mart.stage_dropoff where segment = 'all' and stage = ?", [stage]
    )
    [step] = [row for row in steps if row["step_number"] == 2 and row["segment"] == "all"]
    assert step["estimated_step_share"] == pytest.approx(1 - lost, abs=1e-12)


def test_the_way_from_decision_to_purchase_leaves_out_those_who_decided_by_buying(world):
    """They advance at the instant they enter; in a funnel one touchpoint satisfies one step."""
    found = world.rows(matching_sql(stage_funnel(world, "decision", "is:purchase"), cutoff=cutoff(world)))
    attempts = {row[0]: row[6] for row in found}
    visits = world.rows("select journey_id, outcome, duration_us from core.stage_visit where stage = 'decision'")
    advanced = {journey for journey, outcome, duration in visits if outcome == "advanced" and duration > 0}
    at_once = {journey for journey, outcome, duration in visits if outcome == "advanced" and duration == 0}
    assert attempts.keys() == {journey for journey, _, _ in visits}
    assert {journey for journey, at in attempts.items() if at[1]} == advanced
    assert advanced
    assert at_once
