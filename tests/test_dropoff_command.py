"""`journey dropoff` on a small shop: any column, at the entry or at the first touchpoint, and wrong names."""

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tiny_shop import write_tiny_shop

from journey_analytics import run as job
from journey_analytics.config import Config, read_config
from journey_analytics.contract import STAGES
from journey_analytics.dropoff_by import dropoff_by
from journey_analytics.entrants import segments
from journey_analytics.errors import ConfigurationError, DataError
from journey_analytics.warehouse import open_published

TIER = """-- One row per customer: the tier of the loyalty programme.
-- grain: customer_id
-- rebuild: full
select customer_id, case when is_anonymous then null else 'gold' end as tier from core.customer
"""
OWN = "segment,taken_from,column_name,description\ntier,core.loyalty_tier,tier,Tier\nlanding,first,page_path,Page\n"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A shop whose analyst added a model and two segments."""
    root = tmp_path_factory.mktemp("shop")
    write_tiny_shop(root)
    for file, text in (("core/loyalty_tier.sql", TIER), ("config/segment/own.csv", OWN)):
        path = root / "sql" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    config = read_config(root / "journey.toml")
    job.run(config)
    return config


def journey(config: Config, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("journey")), "dropoff", "--config", str(config.file), *arguments]
    env = {**os.environ, "COLUMNS": "160"}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def test_segments_of_the_analysts_own_are_in_the_mart(shop: Config) -> None:
    with open_published(shop.published) as published:
        assert segments(published)[:2] == ("tier", "landing")
        held = published.frame("select distinct segment from mart.stage_dropoff")["segment"]
        tiers = published.frame("select distinct segment_value from mart.stage_dropoff where segment = 'tier'")
    assert {"tier", "landing", "persona", "all"} <= set(held)
    assert "gold" in set(tiers["segment_value"])


def test_a_configured_segment_is_told_as_the_mart_has_it(shop: Config) -> None:
    with open_published(shop.published) as published:
        mart = published.frame("select * from mart.stage_dropoff")
        names = [name for name in segments(published) if name != "tier"]
    for name in names:
        told = dropoff_by(shop, by=name)
        expected = mart.filter(pl.col("segment").is_in(["all", name])).drop("customer_count")  # counted at night alone
        assert_frame_equal(told, expected, check_row_order=False)


@pytest.mark.parametrize(
    "by", ["campaign", "activity", "core.touchpoint.topic", "core.journey.first_source", "currency"]
)
@pytest.mark.parametrize("at", [None, "first"])
def test_any_column_adds_up_to_the_whole(shop: Config, by: str, at: str | None) -> None:
    found = dropoff_by(shop, by=by, at=at if "journey" not in by else None)
    counts = ["entered_count", "advanced_count", "dropped_count", "open_count"]
    sums = found.group_by("segment", "stage").agg(pl.col(counts).sum())
    whole, parts = (sums.filter((pl.col("segment") == "all") == is_whole) for is_whole in (True, False))
    assert_frame_equal(whole.drop("segment"), parts.drop("segment"), check_row_order=False)
    assert set(found["segment"]) == {"all", by}


def test_a_column_of_a_touchpoint_differs_between_entry_and_first(shop: Config) -> None:
    at_entry, at_first = (dropoff_by(shop, by="activity", at=at, stage="decision") for at in ("entry", "first"))
    assert set(at_entry["segment_value"]) != set(at_first["segment_value"])
    assert_frame_equal(at_entry, dropoff_by(shop, by="activity", stage="decision"))


def test_a_table_that_is_not_published_is_read_from_the_warehouse(shop: Config) -> None:
    assert "gold" in set(dropoff_by(shop, by="core.loyalty_tier.tier")["segment_value"])


def test_rows_come_by_stage_and_the_whole_comes_first(shop: Config) -> None:
    found = dropoff_by(shop, by="entry_month")
    stages = found["stage"].unique(maintain_order=True).to_list()
    assert stages == [stage for stage in STAGES if stage in stages]
    for stage in stages:
        values = found.filter(stage=stage)["segment_value"].to_list()
        assert values == ["all", *sorted(values[1:])]


def test_the_text_has_both_shares_and_marks_small_numbers(shop: Config) -> None:
    done = journey(shop, "--by", "first_channel", "--stage", "awareness")
    assert done.returncode == 0, done.stderr
    title, head, *rows = done.stdout.splitlines()
    assert title.startswith("Lost at each stage by first_channel, as of ")
    assert "lost, estimated" in head
    assert "lost, windows over" in head
    assert rows[0].startswith("awareness  all journeys")
    assert rows[-1].startswith("* too few journeys entered")
    assert any(" *  " in row for row in rows)


def test_json_has_the_rows_of_the_mart(shop: Config) -> None:
    rows = json.loads(journey(shop, "--json").stdout)
    assert [row["segment"] for row in rows] == ["all"] * len(rows)
    assert {"entered_count", "estimated_dropoff_share", "observed_dropoff_share", "is_ranked"} <= rows[0].keys()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"by": "campain"}, "--by 'campain' is no segment and no column; did you mean 'campaign'?"),
        ({"by": "core.journey.first_chanel"}, "did you mean 'core.journey.first_channel'?"),
        ({"by": "core.jurney.device"}, "is no segment and no column"),
        ({"by": "device; drop table"}, "is no segment and no column"),
        ({"by": "core.journey.status"}, "because it says how things stand at the cut-off"),
        ({"by": "next_activity"}, "because it tells what follows"),
        ({"by": "persona", "at": "first"}, "--at first: persona is no column of a touchpoint"),
        ({"by": "campaign", "at": "frist"}, "--at 'frist' is none; did you mean 'first'?"),
        ({"stage": "awarness"}, "--stage 'awarness' is none; did you mean 'awareness'?"),
        ({"by": "core.touchpoint_twice.device"}, "is no segment and no column"),
    ],
)
def test_a_wrong_name_is_one_error_with_the_nearest(shop: Config, arguments: dict[str, str], expected: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        dropoff_by(shop, **arguments)
    assert expected in str(raised.value)


def test_a_table_with_several_rows_per_customer_is_refused(shop: Config) -> None:
    with pytest.raises(ConfigurationError, match=r"core.session has several rows for one customer_id"):
        dropoff_by(shop, by="core.session.source")


def test_before_the_first_run_there_is_nothing(tmp_path: Path) -> None:
    write_tiny_shop(tmp_path)
    with pytest.raises(DataError, match="run `journey run` first"):
        dropoff_by(read_config(tmp_path / "journey.toml"))
