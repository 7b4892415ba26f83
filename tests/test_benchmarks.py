"""The benchmark stays runnable: its hand-written script finds the touchpoints of a small world."""

import sys
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from journey_analytics import run, steps
from journey_analytics.config import read_config
from journey_analytics.simulate import simulate
from journey_analytics.warehouse import open_warehouse

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import end_to_end
import marts


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("benchmark") / "world"
    simulate(folder, customers=60, days=90, seed=3)
    return folder


def test_the_hand_written_script_makes_every_table(world):
    measured = end_to_end.time_hand_written(world)
    truth = pl.read_csv(world / "truth" / "event.csv", infer_schema=False)
    assert measured["touchpoints"] == pytest.approx(truth.height, rel=0.02)
    assert {"session", "journey", "directly_follows", "variant", "stage_dropoff"} <= measured["steps"].keys()
    assert measured["seconds"] == pytest.approx(sum(measured["steps"].values()))


def test_the_report_gives_both_sides_and_their_ratio(tmp_path):
    side = {
        "steps": {"load": 3.0, "publish": 1.0},
        "seconds": 4.0,
        "touchpoints": 9,
        "peak_bytes": 2e8,
        "warehouse_bytes": 1e6,
    }
    job = side | {"events": 10, "again_seconds": 0.5}
    text = end_to_end.report(job, side | {"seconds": 2.0}, world=tmp_path)
    assert "2.0 × the time, 1.0 × the memory" in text
    assert "peak memory 200 MB" in text


def test_every_mart_is_timed_on_as_many_journeys_as_asked_for(world):
    config = read_config(world / "journey.toml")
    run.run(config)
    with open_warehouse(config.warehouse) as warehouse:
        before = warehouse.value("select count(*) from core.journey")
        tables = "select table_name from information_schema.tables where table_schema = 'mart'"
        made = {f"mart.{name}" for (name,) in warehouse.rows(tables)}
    spent, journeys = marts.timed(config, journeys=3 * before - 1)
    assert journeys == 3 * before
    timed = {node.name: node for node in steps.python_steps(datetime(2025, 4, 1))}
    found = {table for name in spent for table in (marts.marts_of(timed[name]) if name in timed else (name,))}
    assert found == made | {"checks"}
    assert marts.report(spent, journeys=journeys).startswith(f"{journeys:,} journeys")
