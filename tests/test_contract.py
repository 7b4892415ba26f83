"""The names and meanings that other people's work depends on, on a shop of which every number is known."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tiny_shop import write_tiny_shop

from journey_analytics import build
from journey_analytics.warehouse import Warehouse, open_memory, open_published, open_warehouse

JOURNEY = Path(sys.executable).with_name("journey")

TABLES = {
    "core.touchpoint": "touchpoint_id, source, source_event_id, customer_id, session_id, journey_id, activity, "
    "channel, stage, stage_rule, stage_confidence, occurred_at, received_at, amount, currency",
    "core.customer_identity": "identity_type, identity_value, customer_id, rule, confidence, first_seen_at, "
    "last_seen_at",
    "core.journey": "journey_id, customer_id, started_at, ended_at, status, furthest_stage, converted_at, "
    "touchpoint_count, session_count, first_channel, amount",
    "core.stage_visit": "journey_id, stage, entered_at, left_at, outcome",
    "mart.stage_dropoff": "as_of_on, segment, segment_value, stage, window_days, entered_count, advanced_count, "
    "dropped_count, open_count, observed_dropoff_share, estimated_dropoff_share, estimated_low_share, "
    "estimated_high_share",
    "mart.directly_follows": "activity, next_activity, journey_count, follow_count, median_seconds, p90_seconds",
    "mart.variant": "variant_id, activities, journey_count, converted_count",
    "run.load": "load_id, source, file, content_hash, read_count, accepted_count, duplicate_count, rejected_count, "
    "loaded_at",
    "run.rejected_event": "load_id, source, file, row_number, reason_code, reason, payload",
}


def journey(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [str(JOURNEY), *map(str, arguments)]
    env = {**os.environ, "COLUMNS": "160"}
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("shop")
    write_tiny_shop(root)
    done = journey("run", cwd=root)
    assert done.returncode == 0, done.stderr
    return root


@pytest.fixture
def warehouse(shop: Path) -> Iterator[Warehouse]:
    with open_warehouse(shop / "warehouse.duckdb") as found:
        yield found


@pytest.mark.parametrize("table", TABLES)
def test_the_columns_that_stay_are_there(warehouse: Warehouse, table: str) -> None:
    missing = set(TABLES[table].split(", ")) - set(warehouse.columns(table))
    assert missing == set()


def test_every_file_adds_up(warehouse: Warehouse) -> None:
    rows = warehouse.rows("select file, read_count, accepted_count, duplicate_count, rejected_count from run.load")
    assert {name.rsplit("/", 1)[1]: counts for name, *counts in rows} == {
        "a.jsonl.gz": [8, 5, 1, 2],
        "e.json": [3, 3, 0, 0],
        "o.jsonl": [2, 2, 0, 0],
        "ticket.csv": [1, 1, 0, 0],
        "ticket_field_history.csv": [2, 2, 0, 0],
        "ticket_comment.csv": [1, 1, 0, 0],
        "user.csv": [1, 1, 0, 0],
    }


def test_a_refused_row_keeps_its_place_reason_and_payload(warehouse: Warehouse) -> None:
    rows = warehouse.rows("select row_number, reason_code, payload from run.rejected_event order by row_number")
    assert [row[:2] for row in rows] == [(7, "no_identity"), (9, "json_syntax")]
    assert json.loads(rows[0][2])["messageId"] == "m6"
    assert rows[1][2] == "not json"


def test_one_customer_over_four_sources_and_one_at_the_till(warehouse: Warehouse) -> None:
    counted = "select count(*)::bigint, list(distinct source order by source) from core.touchpoint"
    sources = warehouse.rows(f"{counted} group by customer_id order by 1")
    assert sources == [(1, ["store"]), (12, ["email", "store", "support", "web"])]
    ann = "select distinct customer_id from core.customer_identity where identity_value in "
    assert len(warehouse.rows(ann + "('ann@example.com', 'u1', 'a1', '77', '900')")) == 1


def test_each_touchpoint_has_its_stage(warehouse: Warehouse) -> None:
    stages = dict(
        warehouse.rows("select source_event_id, stage from core.touchpoint where source in ('web', 'store', 'email')")
    )
    assert stages == {
        "m1": "awareness", "m2": "consideration", "m4": "decision", "m5": "decision", "1001": "decision",
        "1002": "decision", "refund-9": "post_purchase", "s1": "unknown", "s2": "unknown",
    }  # fmt: skip
    support = warehouse.rows("select distinct stage from core.touchpoint where source = 'support'")
    assert support == [("post_purchase",)]


def test_the_order_that_two_sources_log_is_one_purchase_with_one_amount(warehouse: Warehouse) -> None:
    rows = warehouse.rows(
        "select source, amount::varchar, is_purchase from core.touchpoint "
        "where activity in ('order_completed', 'order_placed') order by occurred_at"
    )
    assert rows == [("web", None, False), ("store", "50.0000", True), ("store", "20.0000", True)]


def test_journeys_and_visits_are_those_of_the_definitions(warehouse: Warehouse) -> None:
    journeys = warehouse.rows(
        "select status, furthest_stage, first_channel, touchpoint_count, amount::varchar from core.journey "
        "order by started_at"
    )
    assert journeys == [
        ("converted", "post_purchase", "paid_search", 12, "50.0000"),
        ("converted", "post_purchase", "in_store", 1, "20.0000"),
    ]
    visits = warehouse.rows(
        "select stage, outcome, entered_at::varchar, left_at::varchar from core.stage_visit "
        "join core.journey using (journey_id) where first_channel = 'paid_search' order by entered_at, stage"
    )
    assert visits == [
        ("awareness", "advanced", "2026-03-01 10:00:00", "2026-03-01 10:05:00"),
        ("consideration", "advanced", "2026-03-01 10:05:00", "2026-03-02 07:05:00"),
        ("decision", "advanced", "2026-03-02 07:05:00", "2026-03-02 09:10:05"),
        ("post_purchase", "open", "2026-03-02 09:10:05", None),
    ]


def test_the_paths_add_up(warehouse: Warehouse) -> None:
    counts = "select (select count(*) from core.touchpoint) - (select count(*) from core.journey)"
    assert warehouse.value("select sum(follow_count) from mart.directly_follows") == warehouse.value(counts)
    assert warehouse.value("select sum(journey_count) from mart.variant") == 2


def test_the_published_copy_holds_the_marts_and_no_identity(shop: Path) -> None:
    with open_published(shop / "warehouse.published.duckdb") as published:
        assert published.value("select count(*) from mart.stage_dropoff") > 0
        assert published.tables("raw") == []
        assert not published.has("core.customer_identity")
        assert not published.has("run.rejected_event")


def test_a_second_run_finds_nothing_new(shop: Path) -> None:
    done = journey("run", cwd=shop)
    assert done.returncode == 0
    assert done.stdout.startswith("nothing new")


def test_results_are_json_on_request(shop: Path) -> None:
    found = json.loads(journey("run", "--json", cwd=shop).stdout)
    assert [row["stage"] for row in found["stage_dropoff"]] == [
        "awareness",
        "consideration",
        "decision",
        "post_purchase",
    ]
    (ann,) = json.loads(journey("explain", "ANN@example.com", "--json", cwd=shop).stdout)
    assert {row["identity_value"] for row in ann["identities"]} == {
        "ann@example.com",
        "u1",
        "a1",
        "77",
        "900",
        "5",
        "1001",
    }
    refused = json.loads(journey("rejected", "--json", cwd=shop).stdout)
    assert {row["reason_code"] for row in refused} == {"no_identity", "json_syntax"}


def test_explain_says_why(shop: Path) -> None:
    shown = journey("explain", "ann@example.com", cwd=shop).stdout
    assert "nearest_login" in shown
    assert "order_placed: The purchase" in shown


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('dir = "reports"', 'dir = "journey.toml/x"', "cannot write the report"),
        ('"warehouse.duckdb"', '"journey.toml/w.duckdb"', "needs a folder that this user may write"),
        ("landing/web/", "nowhere/web/", "nowhere/web does not exist"),
        ("dir = ", "dri = ", "did you mean 'dir'?"),
        ('"segment"', '"segmant"', "did you mean 'segment'?"),
        ("user = ", "users = ", "did you mean"),
    ],
)
def test_a_fault_of_the_configuration_is_one_clear_error(
    shop: Path, tmp_path: Path, old: str, new: str, said: str
) -> None:
    shutil.copytree(shop / "landing", tmp_path / "landing")
    (tmp_path / "journey.toml").write_text((shop / "journey.toml").read_text().replace(old, new, 1))
    done = journey("run", cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["explain", "nobody@example.com"], 1, "nobody is known"),
        (["evaluate", "--truth", "nowhere"], 2, "nowhere"),
        (["report", "--out", "journey.toml/x"], 2, "cannot write the report"),
        (["simulate", "landing"], 2, "not an empty folder"),
        (["demo", "--dir", "landing"], 2, "no demo workspace"),
    ],
)
def test_a_wrong_call_says_what_to_do(shop: Path, arguments: list[str], code: int, said: str) -> None:
    done = journey(*arguments, cwd=shop)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_before_the_first_run_there_is_nothing_to_read_or_check(tmp_path: Path) -> None:
    write_tiny_shop(tmp_path)
    for command in (["report"], ["rejected"], ["explain", "x"], ["check"]):
        done = journey(*command, cwd=tmp_path)
        assert done.returncode == 1
        assert "run `journey run` first" in done.stderr


def test_the_dictionary_explains_every_column_of_every_mart_and_nothing_else(warehouse: Warehouse) -> None:
    there = {(table, column) for table in warehouse.tables("mart") for column in warehouse.columns(table)}
    explained = {(f"mart.{table}", column) for table, column in warehouse.rows(_EXPLAINED)}
    assert there == explained


def test_every_explanation_says_something(warehouse: Warehouse) -> None:
    assert warehouse.rows("select * from mart.dictionary where length(meaning) < 8") == []


def test_the_check_on_figures_that_are_none_sees_every_float_of_the_tables_of_statistics(warehouse: Warehouse) -> None:
    """A column that is added to one of the tables has to be added to the check."""
    name = "check.no_figure_of_a_statistic_is_nan_or_infinite"
    sql = next(model.sql for model in build.read_models(build.sql_files(), "check") if model.name == name)
    assert warehouse.rows(sql) == []
    with open_memory() as empty:
        for table in _STATISTICS:
            empty.create_from(f"mart.{table}", warehouse.frame(f"select * from mart.{table} limit 0"))
        floats = empty.rows(_FLOATS)
        assert {table for table, _ in floats} == set(_STATISTICS)
        for table, column in floats:
            for figure, rows in (("0.5", []), ("nan", [(table, 1)]), ("-inf", [(table, 1)])):
                empty.execute(f"insert into mart.{table} ({column}) values (?::double)", [figure])
                assert empty.rows(sql) == rows, column
                empty.execute(f"delete from mart.{table}")


_FLOATS = """
select table_name, column_name from information_schema.columns
where table_schema = 'mart' and data_type in ('DOUBLE', 'FLOAT')
order by all
"""
_STATISTICS = (
    "stage_dropoff", "stage_exit", "stage_reach", "time_in_stage", "funnel", "funnel_instead", "driver",
    "opportunity", "change", "change_reason", "alert", "attribution",
)  # fmt: skip
_EXPLAINED = "select table_name, column_name from mart.dictionary"
