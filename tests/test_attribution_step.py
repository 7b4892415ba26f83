"""`mart.attribution` from core tables, its checks, and the command that reads it."""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import polars as pl
import pytest
from mart_world import CURRENCY, make_cutoff
from typer.testing import CliRunner

from journey_analytics import build
from journey_analytics.attribution.step import make_attribution
from journey_analytics.cli import app
from journey_analytics.errors import ConfigurationError
from journey_analytics.publish import publish
from journey_analytics.rule_tables import check_attribution_dimensions
from journey_analytics.warehouse import Warehouse, open_memory, open_warehouse

CUTOFF = datetime(2026, 6, 30)
LOOKBACK = timedelta(days=30)
GAP = timedelta(minutes=30)
CHECKS = (
    "the_credits_of_every_attribution_model_sum_to_the_conversions",
    "every_credit_of_attribution_lies_within_its_interval",
)
ACTIVITIES = ("home_viewed", "cart_viewed", "order_completed")
CHANNELS = ("email", "direct", "paid_search", "none")
Row = dict[str, object]


def touchpoints(journeys: int, *, seed: int) -> list[list[Row]]:
    """Journeys with pauses of minutes, days and weeks; some end in a purchase, some hold passive e-mails."""
    random = Random(seed)
    return [_touchpoints(random, number) for number in range(journeys)]


def _touchpoints(random: Random, number: int) -> list[Row]:
    at, rows = CUTOFF - timedelta(days=random.uniform(0, 200)), []
    count = random.randint(1, 7)
    buys = random.random() < 0.4
    for place in range(count):
        is_purchase = buys and place == count - 1
        rows.append({
            "journey_id": f"j_{number:03}", "customer_id": f"c_{number:08x}", "position": place + 1,
            "channel": random.choice(["direct", "in_store"]) if is_purchase else random.choice(CHANNELS),
            "campaign": random.choice(["spring", "summer", None]),
            # The website's record of an order that the store logs too is no purchase of its own, and no touch either.
            "activity": "order_placed" if is_purchase else random.choice(ACTIVITIES),
            "occurred_at": at, "is_purchase": is_purchase,
            "is_passive": not is_purchase and place > 0 and random.random() < 0.2,
            "amount": random.choice([10, 25, None]) if is_purchase else None,
            "currency": random.choice(["EUR", "EUR", "USD"]) if is_purchase else None,
        })  # fmt: skip
        at += random.choice([timedelta(0), GAP, GAP + timedelta(seconds=1), timedelta(days=3), timedelta(days=22)])
    return rows


def journey_row(rows: list[Row]) -> Row:
    """As the kernel would say at T."""
    known = [row for row in rows if row["occurred_at"] <= CUTOFF]
    acts = [row["occurred_at"] for row in known if not row["is_passive"]]
    bought = next((row for row in known if row["is_purchase"]), None)
    closed_at = max(acts) + timedelta(days=30) if acts else None
    is_closed = closed_at is not None and closed_at <= CUTOFF
    return {
        "journey_id": rows[0]["journey_id"], "customer_id": rows[0]["customer_id"],
        "status": "converted" if bought else "dropped" if is_closed else "open",
        "converted_at": bought["occurred_at"] if bought else None, "closed_at": closed_at if is_closed else None,
        "amount": bought["amount"] if bought else None, "currency": bought["currency"] if bought else None,
        "is_passive": False, "has_started": bool(acts),
    }  # fmt: skip


def core(warehouse: Warehouse, journeys: list[list[Row]]) -> None:
    build.load_config(warehouse, build.sql_files())
    build.load_macros(warehouse, build.sql_files())
    money = pl.col("amount").cast(pl.Decimal(18, 4))
    touched = pl.DataFrame([row for rows in journeys for row in rows], infer_schema_length=None)
    follows = {"next_activity": pl.lit(None, pl.String), "next_gap_us": pl.lit(None, pl.Int64)}
    warehouse.create_from("core.touchpoint", touched.with_columns(money, **follows))
    lines = pl.DataFrame([journey_row(rows) for rows in journeys], infer_schema_length=None)
    warehouse.create_from("core.journey", lines.with_columns(money))
    warehouse.create_from("run.cutoff", pl.DataFrame({"cutoff_at": [CUTOFF]}))
    make_cutoff(warehouse, CURRENCY)


@pytest.fixture(scope="module")
def journeys() -> list[list[Row]]:
    return touchpoints(150, seed=8)


@pytest.fixture(scope="module")
def world(journeys: list[list[Row]]) -> Iterator[Warehouse]:
    with open_memory() as warehouse:
        core(warehouse, journeys)
        make_attribution(warehouse, cutoff=CUTOFF)
        yield warehouse


def touches_of(rows: list[Row], column: str = "channel") -> list[str]:
    """By hand: values before the purchase, in the look-back; a value counts anew after more than half an hour."""
    bought = next(row for row in rows if row["is_purchase"])
    last_seen: dict[object, datetime] = {}
    found = []
    for row in rows:
        at, value = row["occurred_at"], row[column]
        is_order = row["activity"] in {"order_placed", "order_completed"}
        counts = not row["is_passive"] and not is_order and value not in {None, "none"}
        if counts and bought["occurred_at"] - LOOKBACK <= at <= bought["occurred_at"]:
            if value not in last_seen or at - last_seen[value] > GAP:
                found.append(str(value))
            last_seen[value] = at
    return found


def converted(journeys: list[list[Row]]) -> list[list[Row]]:
    return [rows for rows in journeys if any(row["is_purchase"] and row["occurred_at"] <= CUTOFF for row in rows)]


def test_first_last_and_linear_are_those_counted_by_hand(world: Warehouse, journeys: list[list[Row]]):
    expected: dict[tuple[str, str], float] = defaultdict(float)
    for rows in converted(journeys):
        touches = touches_of(rows) or ["none"]
        expected["first", touches[0]] += 1
        expected["last", touches[-1]] += 1
        for value in touches:
            expected["linear", value] += 1 / len(touches)
    sql = "select model, touchpoint, conversion_credit from mart.attribution where model in ('first', 'last', 'linear')"
    found = {(model, value): credit for model, value, credit in world.rows(sql) if credit}
    assert found == pytest.approx(dict(expected), abs=1e-8)
    assert {"none", "direct", "email"} <= {value for _, value in expected}


def test_the_place_of_an_order_is_no_touch(world: Warehouse):
    assert world.value("select count(*) from mart.attribution where touchpoint = 'in_store'") == 0


def test_money_is_that_of_the_leading_currency_and_the_others_are_counted(world: Warehouse, journeys: list[list[Row]]):
    bought = [journey_row(rows) for rows in converted(journeys)]
    euros = sum(float(row["amount"] or 0) for row in bought if row["currency"] == "EUR")
    without = sum(row["currency"] != "EUR" or row["amount"] is None for row in bought)
    sums = world.rows(
        "select distinct currency, round(sum(amount_credit) over (partition by model), 6) from mart.attribution"
    )
    assert sums == [("EUR", euros)]
    note = world.value("select note from mart.attribution where model = 'linear' and touchpoint = 'email'")
    assert note == f"amounts leave out {without} conversions without an amount in EUR"


def test_the_day_the_window_and_the_counts_stand_in_every_row(world: Warehouse, journeys: list[list[Row]]):
    facts = world.rows("select distinct as_of_on, lookback_days, dimension, conversion_count from mart.attribution")
    assert facts == [(date(2026, 6, 29), 30, "channel", len(converted(journeys)))]


@pytest.mark.parametrize("check", CHECKS)
def test_the_checks_pass_and_notice_the_fault_they_are_named_for(world: Warehouse, check: str):
    sql = (build.builtin_sql() / "check" / f"{check}.sql").read_text()
    assert world.rows(sql) == []
    for column in ("conversion_credit", "amount_credit"):
        world.execute("begin transaction")
        world.execute(f"update mart.attribution set {column} = {column} + 1000 where touchpoint = 'email'")
        assert world.rows(sql)
        world.execute("rollback")


def test_an_aware_cutoff_and_a_second_time_give_the_same_rows(world: Warehouse):
    everything = "select * from mart.attribution order by dimension, model, touchpoint"
    before = world.rows(everything)
    make_attribution(world, cutoff=CUTOFF.replace(tzinfo=UTC))
    assert world.rows(everything) == before


def test_another_dimension_is_a_row_of_the_rule_table(journeys: list[list[Row]]):
    with open_memory() as warehouse:
        core(warehouse, journeys)
        warehouse.execute("insert into config.attribution_dimension values ('campaign', null)")
        make_attribution(warehouse, cutoff=CUTOFF)
        sql = (
            "select touchpoint, conversion_credit from mart.attribution where dimension = 'campaign' and model = 'last'"
        )
        last = [(touches_of(rows, "campaign") or ["none"])[-1] for rows in converted(journeys)]
        assert dict(warehouse.rows(sql)) == pytest.approx({name: last.count(name) for name in set(last)})
        warehouse.execute("insert into config.attribution_dimension values ('chanel', null)")
        with pytest.raises(ConfigurationError, match="did you mean 'channel'"):
            make_attribution(warehouse, cutoff=CUTOFF)


def test_no_journey_at_all_leaves_an_empty_table(journeys: list[list[Row]]):
    with open_memory() as warehouse:
        core(warehouse, journeys)
        warehouse.execute("delete from core.journey")
        make_attribution(warehouse, cutoff=CUTOFF)
        assert warehouse.rows("select * from mart.attribution") == []


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory, journeys: list[list[Row]]) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    source = '[[source]]\nname = "web"\nformat = "segment"\npath = "web/*.jsonl"\n'
    (folder / "journey.toml").write_text(f'[warehouse]\npath = "warehouse.duckdb"\n\n{source}')
    with open_warehouse(folder / "warehouse.duckdb") as warehouse:
        core(warehouse, journeys)
        make_attribution(warehouse, cutoff=CUTOFF)
        publish(warehouse, folder / "warehouse.published.duckdb")
    return folder / "journey.toml"


def shown(workspace: Path, *arguments: str) -> str:
    done = CliRunner(env={"COLUMNS": "160"}).invoke(app, ["attribution", "--config", str(workspace), *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_command_puts_the_models_side_by_side_and_says_what_they_are(workspace: Path):
    text = shown(workspace)
    for word in ("first", "last", "linear", "position", "time", "markov", "shapley", "paid_search", "none"):
        assert word in text
    assert "Credit of each channel for" in text
    assert "Association, not cause: who was there before a purchase" in text


def test_one_model_is_shown_in_detail(workspace: Path):
    text = shown(workspace, "--model", "markov")
    assert "share of all" in text
    assert "EUR" in text
    assert "time_decay" not in text


def test_rows_are_json_on_request(workspace: Path):
    rows = json.loads(shown(workspace, "--model", "last_non_direct", "--json"))
    assert {row["model"] for row in rows} == {"last_non_direct"}
    assert sum(row["conversion_credit"] for row in rows) == pytest.approx(rows[0]["conversion_count"])


@pytest.mark.parametrize(
    ("option", "value", "meant"), [("--model", "markow", "markov"), ("--dimension", "chanel", "channel")]
)
def test_a_misspelled_name_names_the_nearest(workspace: Path, option: str, value: str, meant: str):
    done = CliRunner(env={"COLUMNS": "160"}).invoke(app, ["attribution", "--config", str(workspace), option, value])
    assert isinstance(done.exception, ConfigurationError)
    assert f"did you mean {meant!r}?" in str(done.exception)


def test_every_column_is_explained(world: Warehouse):
    explained = world.rows("select column_name from config.mart_column where table_name = 'attribution'")
    assert {name for (name,) in explained} == set(world.columns("mart.attribution"))


@pytest.mark.parametrize("listed", [["channel", "chanel"], ["channel", "channel"]])
def test_a_dimension_that_is_none_or_stands_twice_is_refused_before_anything_is_changed(listed: list[str]):
    frame = pl.DataFrame(
        {"dimension": listed, "description": [None, None]}, schema_overrides={"description": pl.String}
    )
    with pytest.raises(ConfigurationError, match=r"attribution_dimension\.csv"):
        check_attribution_dimensions({"attribution_dimension": frame})
