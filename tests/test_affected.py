"""Only the customers whom something changed for are built again, and the tables are those of a full run."""

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from canonical import table_hashes

from journey_analytics import run as job
from journey_analytics.config import Config, read_config
from journey_analytics.simulate import simulate
from journey_analytics.warehouse import open_warehouse

LATER = date(2026, 6, 1)
"""So long after the world's end that every journey is closed and every window over: time changes nothing any more."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder = tmp_path_factory.mktemp("affected") / "shop"
    simulate(folder, customers=40, days=60, seed=4)
    config = read_config(folder / "journey.toml")
    job.run(config, as_of=LATER)
    return config


@pytest.fixture
def shop(built: Config, tmp_path: Path) -> Config:
    shutil.copytree(built.root, tmp_path / "shop")
    return read_config(tmp_path / "shop" / "journey.toml")


def message(number: int, kind: str = "track", **more: object) -> dict:
    at = f"2025-02-20T10:{number:02d}:00Z"
    said = {"messageId": f"late-{number}", "type": kind, "timestamp": at, "sentAt": at, "receivedAt": at}
    return said | ({"event": "Product Viewed", "properties": {"category": "tents"}} if kind == "track" else {}) | more


def deliver(config: Config, *messages: dict) -> None:
    file = config.root / "landing" / "web" / "late.jsonl"
    file.write_text("".join(json.dumps(said) + "\n" for said in messages), encoding="utf-8")


def rebuilt_count(config: Config) -> int:
    with open_warehouse(config.warehouse) as warehouse:
        return warehouse.value("select rebuilt_customer_count from run.build order by build_id desc limit 1")


def logins(config: Config, count: int) -> list[str]:
    listed = "select identity_value from core.customer_identity where identity_type = 'user_id' order by identity_value"
    with open_warehouse(config.warehouse) as warehouse:
        return [value for (value,) in warehouse.rows(listed)][:count]


def assert_as_in_a_full_run(config: Config, *, as_of: date = LATER) -> None:
    found = table_hashes(config.warehouse)
    job.run(config, as_of=as_of, full=True)
    assert table_hashes(config.warehouse) == found


def test_the_first_run_builds_everybody(built: Config) -> None:
    with open_warehouse(built.warehouse) as warehouse:
        everybody = warehouse.value("select count(distinct customer_id) from core.customer_event")
    assert rebuilt_count(built) == everybody > 40


def test_late_touchpoints_build_their_customer_alone(shop: Config) -> None:
    (one,) = logins(shop, 1)
    deliver(shop, message(1, userId=one), message(2, userId=one))
    job.run(shop, as_of=LATER)
    assert rebuilt_count(shop) == 1
    assert_as_in_a_full_run(shop)


def test_two_customers_found_to_be_one_are_built_and_nobody_else(shop: Config) -> None:
    one, other = logins(shop, 2)
    together = {"email": "somebody@new.example"}
    deliver(
        shop,
        message(1, "identify", userId=one, traits=together),
        message(2, "identify", userId=other, traits=together),
    )
    job.run(shop, as_of=LATER)
    assert rebuilt_count(shop) == 2
    assert_as_in_a_full_run(shop)


def test_when_time_passes_those_whose_journeys_were_open_are_built(shop: Config) -> None:
    job.run(shop, as_of=date(2025, 2, 10))  # T goes back: everybody
    everybody = rebuilt_count(shop)
    with open_warehouse(shop.warehouse) as warehouse:
        waiting = warehouse.value(
            "select count(distinct customer_id) from ("
            "select customer_id from core.journey where not is_closed "
            "union all select customer_id from core.stage_visit where outcome = 'open' "
            "union all select customer_id from core.touchpoint where occurred_at >= timestamp '2025-02-11')"
        )
    job.run(shop, as_of=date(2025, 2, 20))  # within the month: what was learnt stays
    assert rebuilt_count(shop) == waiting < everybody
    assert_as_in_a_full_run(shop, as_of=date(2025, 2, 20))


def test_a_changed_rule_builds_everybody(shop: Config) -> None:
    everybody = rebuilt_count(shop)
    windows = job.sql_files(shop)["config/stage_window.csv"].read_text(encoding="utf-8")
    (shop.overlay / "config").mkdir(parents=True)
    changed = windows.replace("decision,30", "decision,20")
    assert changed != windows
    (shop.overlay / "config" / "stage_window.csv").write_text(changed, encoding="utf-8")
    job.run(shop, as_of=LATER)
    assert rebuilt_count(shop) == everybody
    assert_as_in_a_full_run(shop)
