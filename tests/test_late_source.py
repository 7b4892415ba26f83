"""Three days of one source are missing: no stage's drop-off may look as if customers had left."""

import csv
import io
import json
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from needed_nodes import needed

from journey_analytics import build, run, steps
from journey_analytics.config import read_config
from journey_analytics.dropoff import stage_dropoff
from journey_analytics.entrants import entrants
from journey_analytics.simulate import simulate
from journey_analytics.workspace import writable

DAYS = 200
END = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=DAYS)
MISSING_FROM = END - timedelta(days=3)
SOURCES = ("web", "email", "store", "support")


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("late") / "whole"
    simulate(folder, customers=1500, days=DAYS, seed=7)
    return folder


@pytest.fixture(scope="module")
def whole(world) -> dict[str, float]:
    return measured(world)[1]


@pytest.fixture(scope="module")
def late(world) -> Callable[[str], Path]:
    """The world without the last three days of a source, in a workspace of its own, made once."""
    made: dict[str, Path] = {}

    def of(source: str) -> Path:
        if source not in made:
            made[source] = shutil.copytree(world, world.parent / source, ignore=shutil.ignore_patterns("*.duckdb*"))
            for file in (made[source] / "landing" / source).iterdir():
                file.write_text(without_late_rows(file, source), encoding="utf-8")
        return made[source]

    return of


def without_late_rows(file: Path, source: str) -> str:
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".csv":
        return _csv([row for row in csv.reader(io.StringIO(text)) if not _is_late(row[_time_column(file)])])
    if file.suffix == ".json":
        return json.dumps([row for row in json.loads(text) if not _is_late(_json_time(row, source))])
    return "".join(line for line in text.splitlines(True) if not _is_late(_json_time(json.loads(line), source)))


def _csv(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def _time_column(file: Path) -> int:
    with file.open(encoding="utf-8", newline="") as handle:
        header = next(csv.reader(handle))
    return next(header.index(name) for name in ("created_at", "created", "updated") if name in header)


def _json_time(row: dict, source: str) -> str:
    at = row["created_at" if source == "store" else "timestamp"]
    return at if isinstance(at, str) else datetime.fromtimestamp(at, UTC).isoformat()


def _is_late(text: str) -> bool:
    """Headers are never late."""
    if not text[0].isdigit():
        return False
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)) >= MISSING_FROM


def measured(workspace: Path, *, as_of: date | None = None) -> tuple[datetime, dict[str, float]]:
    """T, and by stage the estimated drop-off of the whole in percent: `journey run` from the files up to that table.

    Stages whose window hardly anybody could be watched for are left out: three days less of them are noise.
    """
    config = read_config(workspace / "journey.toml")
    files, ends_at = run.sql_files(config), as_of and datetime.combine(as_of + timedelta(days=1), datetime.min.time())
    run.load_sources(config)
    with writable(config) as warehouse:
        build.load_config(warehouse, files)
        build.load_macros(warehouse, files)
        cutoff = steps.decide_cutoff(warehouse, as_of=ends_at, guarding=SOURCES)
        nodes = build.ordered(build.read_models(files, "core"), steps.python_steps(cutoff))
        build.run_models(warehouse, needed(nodes, ("core.stage_visit", "core.journey", "core.touchpoint")))
        found = stage_dropoff(entrants(warehouse, by=()), cutoff=cutoff).filter(pl.col("followed_count") >= 500)
    assert found["stage"].to_list() == ["awareness", "consideration", "decision"]
    return cutoff, {stage: 100 * share for stage, share in found.select("stage", "estimated_dropoff_share").iter_rows()}


def moved(shares: dict[str, float], whole: dict[str, float]) -> dict[str, float]:
    """By how many points each stage differs from that of the whole data."""
    return {stage: abs(share - whole[stage]) for stage, share in shares.items()}


@pytest.mark.parametrize("source", SOURCES)
def test_three_missing_days_of_one_source_move_no_stage_by_half_a_point(source, late, whole):
    cutoff, shares = measured(late(source))
    found = moved(shares, whole)
    assert cutoff < MISSING_FROM.replace(tzinfo=None), "T does not wait for the source"
    assert max(found.values()) <= 0.5, found


def test_without_the_guard_missing_visits_look_like_customers_leaving(late, whole):
    """Of 200 days, three are missing: of all entrants a few hundredths are in progress, and called lost."""
    _, waiting = measured(late("web"))
    cutoff, shares = measured(late("web"), as_of=END.date() - timedelta(days=1))
    assert cutoff == END.replace(tzinfo=None)
    assert shares["awareness"] - whole["awareness"] > 0.3 > 3 * moved(waiting, whole)["awareness"]
