"""Variants: their shares, money and coverage by hand; those of a selection; and `journey variants` on a small shop."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from mart_world import make_some_marts, mart_world
from polars.testing import assert_frame_equal
from tiny_shop import write_tiny_shop

from journey_analytics import build
from journey_analytics import run as job
from journey_analytics.config import Config, read_config
from journey_analytics.errors import ConfigurationError
from journey_analytics.intervals import wilson_high, wilson_low
from journey_analytics.paths.selection import EVERYTHING, parse_selection
from journey_analytics.paths.variant_answer import Asked
from journey_analytics.paths.variant_text import tree_text, variants_text
from journey_analytics.paths.variants import STEPS, variants
from journey_analytics.report.figures.coverage import needed
from journey_analytics.warehouse import Warehouse, open_memory, open_published

MARTS = {"stage": "mart.stage_variant", "activity": "mart.variant"}
OWN_TABLES = ("variant", "stage_variant", "variant_coverage", "path_tree")


@pytest.fixture(scope="module")
def world() -> Iterator[Warehouse]:
    with mart_world(journeys=300, seed=9) as warehouse:
        warehouse.execute("update config.setting set value = '3' where setting = 'minimum_count'")
        make_some_marts(warehouse, *MARTS.values(), "mart.variant_coverage", "mart.headline")
        yield warehouse


def journeys_of(warehouse: Warehouse) -> list[dict[str, Any]]:
    """Active journeys with the euros of their purchases."""
    return warehouse.frame("""
        select j.*, a.amount as euros
        from core.journey as j
        left join (
            select journey_id, sum(amount) as amount from core.touchpoint where is_purchase and currency = 'EUR'
            group by journey_id
        ) as a using (journey_id)
        where not j.is_passive
    """).to_dicts()


@pytest.mark.parametrize("level", STEPS)
def test_a_variant_has_the_states_the_times_and_the_money_of_its_active_journeys(world: Warehouse, level: str) -> None:
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for journey in journeys_of(world):
        groups.setdefault(tuple(journey[STEPS[level]]), []).append(journey)
    rows = {tuple(row[STEPS[level]]): row for row in world.frame(f"select * from {MARTS[level]}").to_dicts()}
    assert set(groups) <= set(rows)
    for steps, journeys in groups.items():
        row, states = rows[steps], Counter(journey["status"] for journey in journeys)
        assert row["converted_count"] == states["converted"]
        assert row["dropped_count"] - row["passive_dropped_count"] == states["dropped"]
        assert row["open_count"] - row["passive_open_count"] == states["open"]
        seconds = [(journey["ended_at"] - journey["started_at"]).total_seconds() for journey in journeys]
        found = [row[f"{name}_duration_seconds"] for name in ("p25", "median", "p75", "p90")]
        assert found == pytest.approx(np.quantile(seconds, [0.25, 0.5, 0.75, 0.9]).tolist())
        euros = [journey["euros"] for journey in journeys if journey["euros"] is not None]
        assert row["amount"] == (sum(euros) if euros else None)
        assert row["currency"] == ("EUR" if euros else None)
    assert any(row["amount"] for row in rows.values())


def test_a_variant_of_passive_journeys_alone_has_no_time_and_no_money(world: Warehouse) -> None:
    rows = world.frame("select * from mart.variant where journey_count = passive_count")
    assert rows.height > 0
    for column in ("median_duration_seconds", "p90_duration_seconds", "amount"):
        assert rows[column].null_count() == rows.height


def test_the_macros_are_the_intervals_of_the_house() -> None:
    with open_memory() as warehouse:
        build.load_macros(warehouse, build.sql_files())
        cases = [(part, of) for of in (0, 1, 3, 30, 999, 10**9) for part in {0, 1, of // 3, of} if part <= of]
        cases += [(1, None)]
        frame = pl.DataFrame(cases, schema={"part": pl.Int64, "of": pl.Int64}, orient="row")
        frame = frame.with_columns(share=pl.when(pl.col("of") > 0).then(pl.col("part") / pl.col("of")))
        warehouse.create_from("core.share", frame)
        found = warehouse.frame("""
            select wilson_low(share, "of") as low, wilson_high(share, "of") as high
            from core.share order by "of" nulls last, part
        """)
    share, of = pl.col("share"), pl.col("of")
    expected = frame.sort("of", "part", nulls_last=True).select(low=wilson_low(share, of), high=wilson_high(share, of))
    assert_frame_equal(found, expected, abs_tol=1e-12)
    assert found["low"].null_count() == 2
    inside = frame.sort("of", "part", nulls_last=True).with_columns(found).drop_nulls()
    assert inside.filter((pl.col("low") > share) | (pl.col("high") < share)).is_empty()


@pytest.mark.parametrize("level", STEPS)
def test_the_coverage_is_that_of_the_most_frequent_variants(world: Warehouse, level: str) -> None:
    counts = Counter(tuple(journey[STEPS[level]]) for journey in journeys_of(world))
    total, ordered = sum(counts.values()), sorted(counts.values(), reverse=True)
    coverage = world.frame("select * from mart.variant_coverage").filter(pl.col("level") == level)
    for row in coverage.to_dicts():
        assert row["covered_journey_count"] == sum(ordered[: row["variant_count"]])
        assert row["covered_share"] == pytest.approx(row["covered_journey_count"] / total)
        assert (row["all_variant_count"], row["all_journey_count"]) == (len(ordered), total)
    for target in (0.5, 0.8, 0.9, 0.95, 1.0):
        fewest = next(n for n in range(1, len(ordered) + 1) if sum(ordered[:n]) >= target * total)
        assert needed(coverage, level, target) == fewest
        assert fewest in coverage.filter(pl.col("reached_share") >= target)["variant_count"].to_list()
    assert set(range(1, min(10, len(ordered)) + 1)) <= set(coverage["variant_count"])
    assert coverage["variant_count"].max() == len(ordered)
    assert needed(coverage.clear(), level, 0.5) is None


@pytest.mark.parametrize("level", STEPS)
def test_the_variants_of_everything_are_those_of_the_mart(world: Warehouse, level: str) -> None:
    found = variants(world, EVERYTHING, level=level)
    expected = world.frame(f"select * from {MARTS[level]} where journey_count > passive_count order by variant_rank")
    active = expected.with_columns(
        journey_count=pl.col("journey_count") - pl.col("passive_count"),
        dropped_count=pl.col("dropped_count") - pl.col("passive_dropped_count"),
        open_count=pl.col("open_count") - pl.col("passive_open_count"),
    ).drop("passive_count", "passive_dropped_count", "passive_open_count")
    assert_frame_equal(found, active, check_column_order=False)


def test_the_variants_of_a_selection_are_those_of_its_journeys(world: Warehouse) -> None:
    found = variants(world, parse_selection(["status=converted"], where="--where"), level="stage")
    expected = Counter(tuple(j["stages"]) for j in journeys_of(world) if j["status"] == "converted")
    assert {tuple(row["stages"]): row["journey_count"] for row in found.to_dicts()} == expected
    assert found["cumulative_share"][-1] == pytest.approx(1)
    assert found["converted_count"].equals(found["journey_count"])


def test_an_unknown_level_names_the_nearest(world: Warehouse) -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'stage'"):
        variants(world, level="stages")


def test_every_column_has_its_meaning(world: Warehouse) -> None:
    from journey_analytics.paths.tree_step import make_path_tree

    make_path_tree(world)
    told = world.frame("select table_name, column_name, meaning from config.mart_column")
    for table in OWN_TABLES:
        rows = told.filter(pl.col("table_name") == table)
        assert sorted(rows["column_name"]) == sorted(world.columns(f"mart.{table}"))
        assert rows["meaning"].null_count() == 0


def test_the_text_tells_how_the_journeys_of_an_order_ended() -> None:
    row = {
        "stages": ["awareness", "awareness", "decision"], "journey_count": 40, "converted_count": 9,
        "dropped_count": 20, "open_count": 11,
        "median_duration_seconds": 7200.0, "p90_duration_seconds": None, "amount": Decimal("12.5000"),
        "currency": "EUR", "journey_share_of_all": 0.8, "variant_rank": 1, "cumulative_share": 0.8,
    }  # fmt: skip
    text = variants_text(Asked("stage", EVERYTHING, pl.DataFrame([row]), 5, 60))
    assert "40 journeys (all journeys) took 1 orders of stages; 1 of them cover half" in text
    assert [line.split()[3:6] for line in text.splitlines() if "80.0 %" in line and "›" in line] == [["9", "20", "11"]]
    assert "awareness ×2 › decision" in text
    assert "2.0 h" in text


def test_the_tree_in_text_tells_the_base_of_its_shares(world: Warehouse) -> None:
    from journey_analytics.paths.tree_step import path_tree

    tree = path_tree(world, level="stage")
    text = tree_text(Asked("stage", EVERYTHING, tree, 6, 60))
    root = tree.row(0, named=True)
    assert f"n {root['settled_count']:,})" in text.splitlines()[3] + text.splitlines()[4]
    assert root["settled_count"] < root["converted_count"] + root["dropped_count"]
    assert "of the settled journeys (begun at least 60 days before the cut-off, and closed)" in text
    bought = [line for line in text.splitlines() if line.endswith("post_purchase") and line.split()[1] != "0"]
    assert bought
    assert not any(", n " in line for line in bought)


def test_the_tree_in_text_adds_up_at_every_line(world: Warehouse) -> None:
    from journey_analytics.paths.tree_step import path_tree

    asked = Asked("stage", EVERYTHING, path_tree(world, level="stage"), 6, 60)
    lines = [line.split() for line in tree_text(asked).splitlines() if line.strip() and line.lstrip()[0].isdigit()]
    root = asked.rows.row(0, named=True)
    ends = sum(root[f"ended_{status}_count"] for status in ("converted", "dropped", "open"))
    below = [int(line[0].replace(",", "")) for line in lines[1:] if line.count("·") == 1]
    assert int(lines[0][0].replace(",", "")) == root["journey_count"] == sum(below) + ends


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Config:
    root = tmp_path_factory.mktemp("shop")
    write_tiny_shop(root)
    config = read_config(root / "journey.toml")
    job.run(config)
    return config


def journey(config: Config, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("journey")), "variants", "--config", str(config.file), *arguments]
    env = {**os.environ, "COLUMNS": "160"}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def test_the_command_answers_from_the_published_copy(shop: Config) -> None:
    with open_published(shop.published) as published:
        journeys = published.value("select journey_count from mart.headline")
        stages = published.frame("select * from mart.stage_variant where journey_count > passive_count")
        roots = published.rows("select level, journey_count from mart.path_tree where depth = 0 order by level")
    assert roots == [("activity", journeys), ("stage", journeys)]
    found = json.loads(journey(shop, "--json").stdout)
    assert (found["journey_count"], found["variant_count"]) == (journeys, stages.height)
    tree = json.loads(journey(shop, "--level", "activity", "--tree", "--json").stdout)
    assert (tree["nodes"][0]["journey_count"], tree["settled_days"]) == (journeys, 60)
    text = journey(shop, "--tree")
    assert (text.returncode, text.stderr) == (0, "")
    assert f"{journeys:,} journeys (all journeys)" in text.stdout


def test_a_wrong_call_ends_with_2_and_says_what_was_meant(shop: Config) -> None:
    for arguments, said in ((["--level", "activties"], "activity"), (["--where", "devise=mobile"], "device")):
        ended = journey(shop, *arguments)
        assert ended.returncode == 2
        assert f"did you mean '{said}'" in ended.stderr
