"""The marts show the state at T: what lies after it, and journeys that begin after it, are in none of them."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from random import Random

import polars as pl
import pytest
from canonical import DELIVERY_COLUMNS, DELIVERY_TABLES
from mart_world import STAGE_OF, make_marts, mart_world

from journey_analytics import run as job
from journey_analytics.config import read_config
from journey_analytics.warehouse import Warehouse, open_warehouse

EARLY = datetime(2026, 5, 20, 7)
LAST_DAY = date(2025, 3, 31)
T = datetime(2025, 4, 1, tzinfo=UTC)
AT_T = ("cut_reason", "unknown_stage", "stage_confidence", "stage_regression")
"""The sections of `mart.inference_quality` that are at T; identities are those of all that was loaded."""
TOML = """
[warehouse]
path = "warehouse.duckdb"

[report]
dir = "reports"

[[source]]
name   = "web"
format = "segment"
path   = "landing/*.jsonl"

[[funnel]]
name = "buying"
steps = ["product_viewed", "checkout_started", "is:purchase"]
"""
EVENTS = ("Product List Viewed", "Product Viewed", "Product Added", "Checkout Started", "Order Completed", "Quiz Won")


def message(random: Random, customer: int, number: int, at: datetime) -> dict[str, object]:
    name = random.choices(EVENTS, weights=[5, 8, 4, 3, 2, 2])[0]
    order = {"order_id": f"{customer}-{number}", "revenue": 50, "currency": random.choice(["EUR", "EUR", "JPY"])}
    campaign = {
        "source": random.choice(["google", "letter"]),
        "medium": random.choice(["cpc", "email"]),
        "name": "spring",
    }
    return {
        "messageId": f"m{customer}-{number}", "type": "track", "userId": f"u{customer}", "event": name,
        "timestamp": at.isoformat(), "properties": order if name == "Order Completed" else {"category": "shoes"},
        "context": {"campaign": campaign} if random.random() < 0.5 else {},
    }  # fmt: skip


def messages() -> list[dict[str, object]]:
    """Known customers on the website, from months before T to months after it; some come only then."""
    random, found = Random(3), []
    for customer in range(120):
        at = T + timedelta(days=random.uniform(-120, 60))
        for number in range(random.randint(2, 14)):
            found.append(message(random, customer, number, at))
            at += random.choice([timedelta(minutes=9), timedelta(days=2), timedelta(days=50)])
    return [row for row in found if instant(row) <= T + timedelta(days=90)]


def instant(row: dict[str, object]) -> datetime:
    return datetime.fromisoformat(str(row["timestamp"]))


def built(folder: Path, landed: Sequence[dict[str, object]]) -> Warehouse:
    (folder / "landing").mkdir(parents=True)
    (folder / "journey.toml").write_text(TOML, encoding="utf-8")
    lines = "".join(json.dumps(row) + "\n" for row in landed)
    (folder / "landing" / "web.jsonl").write_text(lines, encoding="utf-8")
    config = read_config(folder / "journey.toml")
    job.run(config, as_of=LAST_DAY)
    return open_warehouse(config.warehouse)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cutoff")


@pytest.fixture(scope="module")
def whole(folder: Path) -> Iterator[Warehouse]:
    """All files, T in their midst."""
    with built(folder / "whole", messages()) as warehouse:
        yield warehouse


@pytest.fixture(scope="module")
def cut(folder: Path) -> Iterator[Warehouse]:
    """Files that end at T."""
    landed = [row for row in messages() if instant(row) <= T]
    with built(folder / "cut", landed) as warehouse:
        yield warehouse


def rows(warehouse: Warehouse, table: str) -> list[tuple[object, ...]]:
    left_out = {*DELIVERY_COLUMNS, "later_touchpoint_count"}
    if table == "mart.inference_quality":
        left_out.add("sort_order")
    columns = [column for column in warehouse.columns(table) if column not in left_out]
    chosen = f"where section in {AT_T}" if table == "mart.inference_quality" else ""
    return warehouse.rows(f"select {', '.join(columns)} from {table} {chosen} order by all")


def test_files_that_go_on_after_the_cutoff_give_the_marts_of_files_that_end_there(whole: Warehouse, cut: Warehouse):
    assert whole.value("select count(*) from core.touchpoint") > cut.value("select count(*) from core.touchpoint")
    tables = [table for table in whole.tables("mart") if table not in DELIVERY_TABLES]
    assert [table for table in tables if rows(whole, table) != rows(cut, table)] == []
    filled = [table for table in tables if rows(whole, table)]
    assert {"mart.headline", "mart.variant", "mart.funnel", "mart.opportunity", "mart.attribution"} <= set(filled)


def test_what_lies_after_the_cutoff_is_one_figure_of_the_headline(whole: Warehouse, cut: Warehouse):
    later = sum(instant(row) > T for row in messages())
    assert whole.value("select later_touchpoint_count from mart.headline") == later > 100
    assert cut.value("select later_touchpoint_count from mart.headline") == 0


def test_a_world_whose_data_goes_on_passes_every_check(whole: Warehouse, folder: Path):
    whole.close()
    assert job.check(read_config(folder / "whole" / "journey.toml")) > 0


@pytest.fixture(scope="module")
def early() -> Iterator[Warehouse]:
    with mart_world() as warehouse:
        warehouse.execute("update run.cutoff set cutoff_at = ?", [EARLY])
        make_marts(warehouse)
        yield warehouse


def test_a_journey_at_the_cutoff_is_made_of_its_touchpoints_up_to_it(early: Warehouse) -> None:
    touched = early.frame("select * from core.touchpoint order by journey_id, position")
    expected = {
        name: group.to_dicts()
        for (name,), group in touched.filter(pl.col("occurred_at") <= EARLY).group_by("journey_id", maintain_order=True)
    }
    found = {row["journey_id"]: row for row in early.frame("select * from core.journey_at_cutoff").to_dicts()}
    assert found.keys() == expected.keys()
    assert len(found) < touched["journey_id"].n_unique()
    cut = 0
    for name, known in expected.items():
        assert found[name]["activities"] == [row["activity"] for row in known]
        assert found[name]["stages"] == [stage for stage, _ in groupby(stages(known))]
        assert found[name]["touchpoint_count"] == len(known)
        assert found[name]["ended_at"] == known[-1]["occurred_at"]
        cut += len(known) < touched.filter(journey_id=name).height
    assert cut > 5


def stages(known: Sequence[dict[str, object]]) -> Iterator[str]:
    """By hand: a purchase is a decision, and enters `post_purchase`."""
    for row in known:
        stage = STAGE_OF.get(str(row["activity"]), "unknown")
        if stage != "unknown":
            yield stage
        if row["is_purchase"]:
            yield "post_purchase"


def test_nothing_follows_the_last_touchpoint_before_the_cutoff(early: Warehouse) -> None:
    known = early.frame("select * from core.touchpoint_at_cutoff order by journey_id, position")
    last = known.group_by("journey_id", maintain_order=True).last()
    assert last.select("next_activity", "next_gap_us").null_count().row(0) == (last.height, last.height)
    followed = known.filter(pl.col("next_activity").is_not_null())
    assert followed.height == known.height - last.height > 0
