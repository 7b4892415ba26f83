"""Sensitivity on a workspace: against the published figures, a slow stitching, and what the command stores and says."""

import json
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from typer.testing import CliRunner

from journey_analytics import run as job
from journey_analytics import steps
from journey_analytics.cli import app
from journey_analytics.config import Config, read_config
from journey_analytics.contract import STAGES
from journey_analytics.dropoff import stage_dropoff
from journey_analytics.errors import DataError
from journey_analytics.sensitivity import Sensitivity, analyse, analysis, compute, sensitivity_dict, sensitivity_text
from journey_analytics.sensitivity.grid import DIMENSIONS, all_settings, scaled
from journey_analytics.sensitivity.ranges import sensitivity_ranges
from journey_analytics.sensitivity.text import sentence
from journey_analytics.sequence import build_sequence
from journey_analytics.simulate import simulate
from journey_analytics.warehouse import open_published, open_warehouse

SHARED = (
    "stage", "window_days", "entered_count", "advanced_count", "dropped_count", "open_count",
    "estimated_dropoff_share", "estimated_low_share", "estimated_high_share", "is_ranked",
)  # fmt: skip
DAY_US = 86_400_000_000


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A workspace on which the job has run once; tests that write take a copy."""
    folder = tmp_path_factory.mktemp("sensitivity") / "shop"
    simulate(folder, customers=100, days=120, seed=5, dirty=True)
    config = read_config(folder / "journey.toml")
    job.run(config)
    return config


@pytest.fixture(scope="module")
def found(built: Config) -> Sensitivity:
    with open_warehouse(built.warehouse) as warehouse:
        return analyse(warehouse)


def copy_of(config: Config, folder: Path) -> Config:
    shutil.copytree(config.root, folder / "copy")
    return read_config(folder / "copy" / "journey.toml")


def test_the_configured_setting_is_the_published_drop_off(built: Config, found: Sensitivity) -> None:
    with open_published(built.published) as published:
        told = published.frame("select * from mart.stage_dropoff where segment = 'all'").select(SHARED)
    default = found.sensitivity.filter("is_default")
    assert default["stage"].to_list() == list(STAGES)
    assert_frame_equal(default.select(SHARED), told, check_exact=True, check_row_order=False)
    assert set(default["difference_points"].drop_nulls()) == {0.0}


def test_every_setting_has_every_stage_and_adds_up(found: Sensitivity) -> None:
    rows = found.sensitivity
    assert rows.height == len(all_settings()) * len(STAGES)
    assert rows.select("setting_id", "stage").is_unique().all()
    parts = pl.col("advanced_count") + pl.col("dropped_count") + pl.col("open_count")
    assert rows.filter(pl.col("entered_count") != parts).is_empty()
    assert found.ranges.height == len(STAGES) * (len(DIMENSIONS) + 1)
    assert found.ranges.filter(~pl.col("default_share").is_between("low_share", "high_share")).is_empty()


@pytest.mark.parametrize("stitching", ["default", "strict", "generous"])
@pytest.mark.parametrize("scale", [0.5, 1.5])
def test_another_stitching_is_a_kernel_run_over_touchpoints_stitched_one_by_one(
    built: Config, found: Sensitivity, stitching: str, scale: float
) -> None:
    """All customers run anew, so that taking over those whom a stitching leaves alone is put to the proof as well."""
    with open_warehouse(built.warehouse) as warehouse:
        rules = steps.used_rules(warehouse)
        cutoff = warehouse.value("select cutoff_at from run.build")
        events = warehouse.frame("select * from core.customer_event")
        sightings = warehouse.frame(_SIGHTINGS)
    moved = {row["touchpoint_id"]: slow_customer(row, stitching) for row in sightings.iter_rows(named=True)}
    customer = pl.col("touchpoint_id").replace_strict(moved, default=pl.col("customer_id"))
    stitched = events.with_columns(customer_id=customer)
    if stitching != "generous":
        assert (stitched["customer_id"] != events["customer_id"]).any() == (stitching == "strict")
    rules = replace(rules, inactivity=scaled(rules.inactivity, scale=scale), window=scaled(rules.window, scale=0.5))
    visits = build_sequence(stitched, rules=rules, cutoff=cutoff).stage_visit
    told = stage_dropoff(visits, cutoff=cutoff).select(SHARED)
    asked = f"{stitching}-gap{scale:g}-window0.5-ordered"
    assert_frame_equal(found.sensitivity.filter(pl.col("setting_id") == asked).select(SHARED), told)


_SIGHTINGS = """
select c.touchpoint_id, c.customer_id, s.* exclude (customer_id)
from core.customer_event as c
inner join core.event as e on c.source = e.source and c.source_event_id = e.source_event_id
inner join core.identity_set as i on e.identities = i.identities
inner join core.anonymous_sighting as s on i.identity_set_id = s.identity_set_id and e.occurred_at = s.occurred_at
"""


def slow_customer(row: dict[str, object], stitching: str) -> object:
    if stitching == "strict":
        is_near = row["distance_us"] is not None and row["distance_us"] <= DAY_US // 48
        return row["customer_id"] if is_near else row["device_customer_id"]
    if stitching == "generous":
        return row["nearest_customer_id"] or row["device_customer_id"]
    return row["customer_id"]


def test_other_parts_and_threads_give_the_same(
    built: Config, found: Sensitivity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analysis, "MOST_TOUCHPOINTS", 500)
    with open_warehouse(built.warehouse, threads=1) as warehouse:
        assert warehouse.value("select count(*) from core.customer_event") > 1500
        again = analyse(warehouse)
    assert_frame_equal(again.sensitivity, found.sensitivity, check_exact=True)
    assert_frame_equal(again.ranges, found.ranges, check_exact=True)


def test_it_is_stored_published_and_outlives_a_run_with_the_build_it_is_of(built: Config, tmp_path: Path) -> None:
    config = copy_of(built, tmp_path)
    steps_done: list[tuple[int, int]] = []
    told = compute(config, progress=lambda done, total: steps_done.append((done, total)))
    assert steps_done == [(done, 108) for done in range(109)]
    job.run(config, full=True)
    with open_warehouse(config.warehouse) as warehouse, open_published(config.published) as published:
        newest = warehouse.value("select max(build_id) from run.build")
        for table, frame in (("sensitivity", told.sensitivity), ("sensitivity_range", told.ranges)):
            for place in (warehouse, published):
                kept = place.frame(f"select * from mart.{table}")
                assert_frame_equal(kept, frame, check_row_order=False)
                assert kept["build_id"].max() == newest - 1


def test_without_a_run_or_after_one_of_an_earlier_version_it_says_what_to_do(built: Config, tmp_path: Path) -> None:
    config = copy_of(built, tmp_path)
    with open_warehouse(config.warehouse) as warehouse:
        warehouse.execute("alter table core.anonymous_sighting drop column nearest_customer_id")
    with pytest.raises(DataError, match=r"nearest_customer_id.*`journey run` first"):
        compute(config)
    config.warehouse.unlink()
    with pytest.raises(DataError, match=r"`journey run` first"):
        compute(config)


def test_the_text_fits_100_columns_and_says_the_figures(found: Sensitivity) -> None:
    text = sensitivity_text(found)
    assert max(map(len, text.splitlines())) <= 100
    default = found.sensitivity.filter("is_default")
    for stage, share in default.select("stage", "estimated_dropoff_share").iter_rows():
        shown = " – " if share is None else f" {100 * share:.1f} ("
        assert any(line.startswith(stage) and shown in line for line in text.splitlines())
    top = default.filter(pl.col("stage_rank") == 1)["stage"].item()
    others = found.sensitivity.filter(~pl.col("is_default") & (pl.col("stage") == top))["stage_rank"].drop_nulls()
    kept = sum(rank == 1 for rank in others)
    said = f"{top} loses most as configured and in {kept} of the {len(others)} others that rank it"
    assert said in " ".join(text.split())


def test_the_text_tells_a_range_of_settings_from_an_interval(found: Sensitivity) -> None:
    lines = sensitivity_text(found).splitlines()
    wholes = found.ranges.filter((pl.col("dimension") == "all") & pl.col("low_share").is_not_null())
    assert wholes.height
    for row in wholes.iter_rows(named=True):
        told = f"{100 * row['low_share']:.1f} to {100 * row['high_share']:.1f} % over {row['setting_count']} "
        (line,) = (line for line in lines if line.startswith(row["stage"]) and "(" in line)
        assert told in line
        assert line.count("–") == 1 + line.count(" –")
    (note,) = (line for line in lines if line.startswith("moved: "))
    assert "share of the other settings in which the stage ranks elsewhere" in note


def test_the_sentence_of_the_text_and_the_column_moved_count_the_same_settings(found: Sensitivity) -> None:
    top = found.sensitivity.filter(pl.col("is_default") & (pl.col("stage_rank") == 1))["stage"].item()
    is_kept = (pl.col("stage") != top) | pl.col("is_default") | (pl.col("setting_id").str.starts_with("strict"))
    rank = pl.when(is_kept).then("stage_rank")
    fewer = found.sensitivity.with_columns(stage_rank=rank)
    flip = sensitivity_ranges(fewer).filter((pl.col("stage") == top) & (pl.col("dimension") == "all"))["flip_share"]
    said = re.search(
        r"in (\d+) of the (\d+) others that rank it \(moved: (\d+) %\)", sentence(replace(found, sensitivity=fewer))
    )
    assert said
    kept, others, moved = map(int, said.groups())
    assert others == 36
    assert 1 - kept / others == pytest.approx(flip.item())
    assert moved == round(100 * flip.item())


def test_where_nobody_came_text_and_json_say_so(found: Sensitivity) -> None:
    empty = Sensitivity(found.sensitivity.clear(), found.ranges.clear())
    assert "no journey has entered a stage yet" in sensitivity_text(empty)
    assert sensitivity_dict(empty)["sensitivity_range"] == []


def test_the_command_prints_json(built: Config, tmp_path: Path) -> None:
    config = copy_of(built, tmp_path)
    done = CliRunner(env={"COLUMNS": "160"}).invoke(app, ["sensitivity", "--config", str(config.file), "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert len(told["sensitivity"]) == 108 * len(STAGES)
    assert {row["dimension"] for row in told["sensitivity_range"]} == {"all", *DIMENSIONS}
    assert told["sentence"].startswith("Of 108 settings: ")


def test_the_benchmark_stays_runnable(built: Config) -> None:
    sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
    import sensitivity as benchmark

    with open_warehouse(built.warehouse) as warehouse:
        count = warehouse.value("select count(*) from core.touchpoint")
        text = benchmark.report(warehouse)
    assert f"108 settings, {count:,} touchpoints" in text
    assert "s per setting" in text
