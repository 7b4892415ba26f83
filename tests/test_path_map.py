"""`journey map` on a published copy: its links, two selections side by side, and the journeys behind one link."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from unittest.mock import patch

import polars as pl
import pytest
from path_world import journeys_of, links_of, path_world

from journey_analytics import cli
from journey_analytics.paths.link_shares import compared, with_shares
from journey_analytics.publish import publish
from journey_analytics.warehouse import open_published, open_warehouse

TOML = """
[warehouse]
path = "warehouse.duckdb"

[report]
dir = "reports"

[[source]]
name   = "web"
format = "segment"
path   = "landing/*.jsonl"
"""


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of which only the published copy is there."""
    root = tmp_path_factory.mktemp("map")
    (root / "journey.toml").write_text(TOML)
    with path_world() as world, open_warehouse(root / "warehouse.duckdb") as warehouse:
        for schema in ("config", "core", "mart", "run"):
            for table in world.tables(schema):
                if not table.endswith("_at_cutoff"):
                    warehouse.create_from(table, world.frame(f"select * from {table}"))
        views = "select schema_name || '.' || view_name, sql from duckdb_views() where view_name like '%_at_cutoff'"
        for _, sql in sorted(world.rows(views), reverse=True):
            warehouse.execute(sql)
        publish(warehouse, root / "warehouse.published.duckdb")
    return root


@pytest.fixture(scope="module")
def expected(workspace: Path) -> Iterator[list[dict[str, object]]]:
    with open_warehouse(workspace / "warehouse.duckdb") as warehouse:
        yield journeys_of(warehouse)


def journey(workspace: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`journey map` in this process: a new one for each call takes seconds to start."""
    out, err, mask = StringIO(), StringIO(), os.umask(0o077)
    called = ["journey", "map", *arguments]
    try:
        with chdir(workspace), redirect_stdout(out), redirect_stderr(err), patch.object(sys, "argv", called):
            cli.main()
    except SystemExit as ended:
        code = int(ended.code or 0)
    finally:
        os.umask(mask)
    return subprocess.CompletedProcess(called, code, out.getvalue(), err.getvalue())


def printed(workspace: Path, *arguments: str) -> dict:
    done = journey(workspace, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_copy_holds_the_state_at_the_cutoff_as_views_of_its_own(workspace: Path) -> None:
    views = "select schema_name || '.' || view_name from duckdb_views() where not internal order by all"
    with open_published(workspace / "warehouse.published.duckdb") as published:
        assert published.rows(views) == [("core.journey_at_cutoff",), ("core.touchpoint_at_cutoff",)]
        rows = [published.rows(f"select * from {view} order by all") for (view,) in published.rows(views)]
    with open_warehouse(workspace / "warehouse.duckdb") as warehouse:
        assert rows == [
            warehouse.rows(f"select * from core.{name}_at_cutoff order by all") for name in ("journey", "touchpoint")
        ]
        assert rows[0]


def test_all_links_most_passages_first(workspace: Path, expected: list[dict[str, object]]) -> None:
    found = printed(workspace)
    counted = links_of(expected)
    assert found["journey_count"] == len(expected)
    assert [row["follow_count"] for row in found["links"]] == sorted(
        (numbers["follow_count"] for numbers in counted.values()), reverse=True
    )
    for row in found["links"]:
        numbers = counted[row["activity"], row["next_activity"]]
        assert {name: row[name] for name in numbers} == pytest.approx(numbers)
        settled = row["settled_count"]
        assert row["conversion_share"] == (row["settled_converted_count"] / settled if settled else None)
    assert {row["activity"] for row in found["activities"]} == {name for _, name in counted} - {
        "CONVERTED", "DROPPED", "OPEN",
    }  # fmt: skip


def test_a_selection_is_named_and_its_open_journeys_told(workspace: Path, expected: list[dict[str, object]]) -> None:
    chosen = [row for row in expected if row["device"] == "mobile"]
    shown = journey(workspace, "--where", "device=mobile", "--top", "3").stdout
    still_open = sum(row["status"] == "open" for row in chosen)
    assert shown.startswith(f"{len(chosen)} journeys (device=mobile): ")
    assert f"{still_open} still open" in shown.splitlines()[0]
    assert "the beginning may be missing" in shown
    assert f"3 of {len(links_of(chosen))} links shown" in shown


def test_two_selections_side_by_side(workspace: Path, expected: list[dict[str, object]]) -> None:
    found = printed(workspace, "--where", "device=mobile", "--versus", "device=desktop|tablet")
    sides = [[row for row in expected if row["device"] in which] for which in ({"mobile"}, {"desktop", "tablet"})]
    one, other = map(links_of, sides)
    assert (found["journey_count"], found["versus"]["journey_count"]) == tuple(map(len, sides))
    assert {(row["activity"], row["next_activity"]) for row in found["links"]} == {*one, *other}
    for row in found["links"]:
        link = (row["activity"], row["next_activity"])
        shares = [
            counted.get(link, {}).get("journey_count", 0) / len(side)
            for counted, side in zip((one, other), sides, strict=True)
        ]
        assert row["difference_points"] == pytest.approx(100 * (shares[0] - shares[1]))
        assert row["difference_low_points"] <= row["difference_points"] <= row["difference_high_points"]
    shown = journey(workspace, "--where", "device=mobile", "--versus", "device=desktop|tablet").stdout
    assert f"A  {len(sides[0])} journeys (device=mobile)" in shown
    assert f"B  {len(sides[1])} journeys (device=desktop|tablet)" in shown
    assert "are in both" not in shown


def test_journeys_that_are_in_both_are_told(workspace: Path) -> None:
    shown = journey(workspace, "--where", "device=mobile", "--versus", "status=dropped").stdout
    assert "journeys are in both A and B" in shown


def test_the_journeys_behind_a_link_and_all_of_them_in_a_file(workspace: Path, tmp_path: Path) -> None:
    edge = ("--edge", "home_viewed", "dropped")
    file = tmp_path / "lost.csv"
    found = printed(workspace, *edge, "--csv", str(file))
    assert {row["status"] for row in found["journeys"]} == {"dropped"}
    assert len(found["journeys"]) == found["link"]["journey_count"] > 2
    with file.open(encoding="utf-8") as text:
        rows = list(csv.DictReader(text))
    assert [row["journey_id"] for row in rows] == [row["journey_id"] for row in found["journeys"]]
    assert f"2 of {len(rows)} journeys shown" in journey(workspace, *edge, "--top", "2").stdout
    assert len(printed(workspace, *edge, "--top", "2")["journeys"]) == 2


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--where", "device=mobil"), 2, "did you mean 'mobile'?"),
        (("--versus", "persona=x"), 2, "--versus persona=x: no journey has the persona 'x'"),
        (("--edge", "home_veiwed", "OPEN"), 2, "did you mean 'home_viewed'?"),
        (("--edge", "START", "CONVERTED"), 1, "START is never directly followed by CONVERTED"),
        (("--edge", "START", "home_viewed", "--versus", "device=mobile"), 2, "leave out --versus"),
        (("--csv", "nowhere/links.csv"), 2, "cannot write nowhere/links.csv"),
        (("--config", "none.toml"), 2, "none.toml"),
    ],
)
def test_a_wrong_call_is_one_message(workspace: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    done = journey(workspace, *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_selected_is_said(workspace: Path) -> None:
    for arguments in (("--where", "started_on=1999-01-01"), ("--versus", "started_on=1999-01-01")):
        done = journey(workspace, *arguments)
        assert (done.returncode, done.stdout) == (0, "no active journey is selected by started_on=1999-01-01\n")


def test_before_the_first_run_there_is_no_map(tmp_path: Path) -> None:
    (tmp_path / "journey.toml").write_text(TOML)
    done = journey(tmp_path)
    assert done.returncode == 1
    assert "run `journey run` first" in done.stderr


def test_a_share_is_of_settled_journeys_and_ranked_from_the_minimum_on() -> None:
    states = pl.DataFrame(
        {
            "converted_count": [90, 9, 7, 0],
            "settled_converted_count": [10, 9, 0, 0],
            "settled_count": [30, 29, 0, 5],
        }
    )
    found = with_shares(states, minimum_count=30)
    assert found["conversion_share"].to_list() == pytest.approx([1 / 3, 9 / 29, None, 0])
    assert found["is_ranked"].to_list() == [True, False, False, False]
    assert found["conversion_low_share"].to_list() == pytest.approx([0.1923, 0.1728, None, 0], abs=1e-4)
    assert with_shares(states, minimum_count=0)["is_ranked"].to_list() == [True, True, False, True]


def test_a_link_of_one_selection_alone_is_compared_with_none() -> None:
    columns = {"follow_count": 40, "median_seconds": 1.0, "p90_seconds": 2.0}
    one = pl.DataFrame([{"activity": "a", "next_activity": "b", "journey_count": 40, **columns}])
    other = pl.DataFrame([{"activity": "a", "next_activity": "c", "journey_count": 5, **columns}])
    found = compared(one, other, of=50, versus=100, minimum_count=30)
    assert found["difference_points"].to_list() == pytest.approx([80, -5])
    assert found["versus_journey_count"].to_list() == [0, 5]
    assert found["is_ranked"].to_list() == [True, False]
    assert found["difference_low_points"][0] > 60
    assert compared(one, other, of=50, versus=0, minimum_count=0)["difference_points"].null_count() == 2


def test_how_young_journeys_end_is_not_compared() -> None:
    columns = {"journey_count": 40, "follow_count": 40, "median_seconds": None, "p90_seconds": None}
    rows = pl.DataFrame([{"activity": "a", "next_activity": name, **columns} for name in ("b", "CONVERTED")])
    found = compared(rows, rows, of=50, versus=100, minimum_count=30, ends_known=False)
    assert found.select("next_activity", "difference_points", "is_ranked").rows() == [
        ("b", pytest.approx(40), True),
        ("CONVERTED", None, False),
    ]
    assert found["difference_low_points"].is_null().to_list() == [False, True]


def test_a_period_that_is_not_settled_says_so(workspace: Path, expected: list[dict[str, object]]) -> None:
    first, *_, last = sorted({str(row["started_month"]) for row in expected})
    shown = journey(workspace, "--where", f"started_month={last}", "--versus", f"started_month={first}", "--top", "99")
    assert "too recent to tell" in shown.stdout
    whole = journey(workspace, "--where", f"started_month={first}", "--versus", f"started_month={first}", "--top", "99")
    assert "too recent to tell" not in whole.stdout
    alone = journey(workspace, "--where", f"started_month={last}", "--top", "99").stdout
    assert "too recent to tell" in alone
    assert "begun at least" in alone
