"""`journey feelings` from a published copy whose rows are known."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from journey_analytics.cli import app
from journey_analytics.config import Config, read_config
from journey_analytics.errors import ConfigurationError, DataError
from journey_analytics.feelings.answers import felt
from journey_analytics.feelings.estimates import SCHEMA
from journey_analytics.warehouse import open_warehouse

TOML = """
[warehouse]
path = "warehouse.duckdb"

[[source]]
name = "web"
format = "segment"
path = "web/*.jsonl"
"""
FRICTION = {
    "entered_count": 500, "journey_share": 0.2, "settled_with_count": 90, "dropoff_share_with": 0.9,
    "settled_without_count": 380, "dropoff_share_without": 0.4, "difference_points": 50.0,
    "difference_low_points": 41.0, "difference_high_points": 56.5, "is_ranked": True,
}  # fmt: skip


def feeling(persona: str, stage: str, kind: str, *, is_suppressed: bool = False) -> dict[str, Any]:
    named = {"persona": persona, "stage": stage, "kind": kind, "measure": "all" if kind == "measured" else "friction"}
    told = {"n": 40, "customer_count": 30, "mean": 0.25, "low": 0.125, "high": 0.5, "is_shown": True}
    return named | told | {"is_suppressed": is_suppressed, "freshest_at": datetime(2026, 3, 2)}


def met(stage: str, signal: str, journeys: int, *, is_suppressed: bool = False) -> dict[str, Any]:
    named = {"persona": "all", "stage": stage, "signal": signal, "journey_count": journeys}
    return FRICTION | named | {"is_suppressed": is_suppressed}


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "journey.toml").write_text(TOML, encoding="utf-8")
    config = read_config(tmp_path / "journey.toml")
    feelings = [
        feeling("all", "decision", "inferred"),
        feeling("all", "consideration", "measured"),
        feeling("all", "all", "measured"),
        feeling("all", "awareness", "measured", is_suppressed=True),
        feeling("regular", "decision", "measured"),
    ]
    signals = [met("decision", "error", 100), met("awareness", "waiting", 9), met("decision", "any", 120),
               met("decision", "refund", 0), met("decision", "rage_loop", 3, is_suppressed=True)]  # fmt: skip
    with open_warehouse(config.published) as copy:
        copy.create_from("mart.feeling", pl.DataFrame(feelings, schema=SCHEMA))
        copy.create_from("mart.friction", pl.DataFrame(signals))
    return config


def test_measured_comes_before_inferred_and_stages_in_their_order(config: Config) -> None:
    found = felt(config)
    kinds = [(row["kind"], row["stage"]) for row in found["feeling"]]
    assert kinds == [("measured", "all"), ("measured", "consideration"), ("inferred", "decision")]
    signals = [(row["stage"], row["signal"]) for row in found["friction"]]
    assert signals == [("awareness", "waiting"), ("decision", "any"), ("decision", "error")]


def test_a_persona_has_rows_of_its_own_and_an_unknown_one_is_refused(config: Config) -> None:
    assert [row["stage"] for row in felt(config, persona="regular")["feeling"]] == ["decision"]
    with pytest.raises(ConfigurationError, match=r"there is no persona 'regulr'.*regular"):
        felt(config, persona="regulr")


def test_a_copy_of_an_earlier_release_says_what_to_do(config: Config) -> None:
    with open_warehouse(config.published) as copy:
        copy.execute("drop table mart.friction")
    with pytest.raises(DataError, match="journey run"):
        felt(config)


def test_the_command_tells_it_and_prints_json(config: Config) -> None:
    words = ["feelings", "--config", str(config.root / "journey.toml")]
    told = CliRunner().invoke(app, words, catch_exceptions=False)
    assert told.exit_code == 0
    assert "+0.25 (+0.12 to +0.50)" in told.output
    assert "25.0 (12.5 to 50.0)" in told.output
    data = json.loads(CliRunner().invoke(app, [*words, "--json"], catch_exceptions=False).output)
    assert {name: len(rows) for name, rows in data.items()} == {"feeling": 3, "friction": 3}
