"""Opportunities in words, and the command that lists them."""

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from journey_analytics.cli import app
from journey_analytics.config import read_config
from journey_analytics.errors import DataError
from journey_analytics.opportunity.answer import best_opportunities
from journey_analytics.opportunity.sentences import NOTHING, opportunities_text, rounded, sentence
from journey_analytics.publish import publish
from journey_analytics.warehouse import open_warehouse

CONFIG = '[warehouse]\npath = "warehouse.duckdb"\n\n[[source]]\nname = "web"\nformat = "segment"\npath = "x"\n'

ROW = {
    "as_of_on": date(2026, 6, 30), "place": 1, "stage": "post_purchase", "segment": "first_channel",
    "segment_value": "paid_search", "present_advance_share": 0.381, "target_advance_share": 0.588,
    "customers_per_month": 212.4, "customers_low_per_month": 178.0, "customers_high_per_month": 243.0,
    "amount_per_month": 31_420.0, "amount_low_per_month": 26_900.0, "amount_high_per_month": 36_010.0,
    "currency": "EUR", "note": "82 % of its entrants are also of device mobile: not to be added up",
}  # fmt: skip
SECOND = ROW | {"place": 2, "segment": "device", "segment_value": "mobile", "note": None}
UNRANKED = ROW | {"place": None, "segment_value": "display", "note": "fewer than 30 entrants"}


def test_an_opportunity_is_one_sentence():
    assert sentence(ROW) == (
        "post purchase, first channel paid_search: 38 % go on where comparable ones reach 59 %; "
        "about 210 customers a month (95 % 180–240), 31,000 EUR (27,000–36,000)"
    )
    assert sentence(ROW | {"amount_per_month": None}).endswith("(95 % 180–240)")


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (0.2, "; under 1 customer a month (95 %"),
        (1.2, "; about 1 customer a month (95 %"),
        (1.6, "; about 2 customers a month (95 %"),
    ],
)
def test_a_single_customer_is_told_in_the_singular(number, told):
    assert told in sentence(ROW | {"customers_per_month": number})


def test_the_text_says_what_it_is_before_it_lists():
    text = opportunities_text([ROW])
    assert text.startswith("As of 2026-06-30. What would be won per month if a barrier were lifted")
    assert "associations" in text
    assert text.endswith("not to be added up")
    assert opportunities_text([]) == NOTHING


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.0, "0"), (0.3, "<1"), (0.5, "<1"), (0.6, "1"), (4.4, "4"), (44.4, "44"), (444.4, "440"), (995.0, "1,000")],
)
def test_figures_are_rounded_to_two_digits(number, text):
    assert rounded(number) == text


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace whose published copy holds one table of opportunities, the last row without a place."""
    file = tmp_path / "journey.toml"
    file.write_text(CONFIG)
    with open_warehouse(tmp_path / "warehouse.duckdb") as warehouse:
        warehouse.create_from("mart.opportunity", pl.DataFrame([ROW, SECOND, UNRANKED]))
        publish(warehouse, read_config(file).published)
    return file


def test_the_command_lists_the_best_first_and_no_more_than_asked(workspace):
    done = CliRunner(env={"COLUMNS": "160"}).invoke(app, ["opportunities", "--config", str(workspace), "--top", "1"])
    assert done.exit_code == 0
    assert "  1. " in done.stdout
    assert "  2. " not in done.stdout


def test_the_command_as_json_holds_ranked_rows_only(workspace):
    done = CliRunner(env={"COLUMNS": "160"}).invoke(app, ["opportunities", "--config", str(workspace), "--json"])
    rows = json.loads(done.stdout)
    assert [row["place"] for row in rows] == list(range(1, len(rows) + 1))
    assert [row["segment_value"] for row in rows] == ["paid_search", "mobile"]


def test_a_copy_of_an_older_release_is_answered_with_what_to_do(tmp_path):
    file = tmp_path / "journey.toml"
    file.write_text(CONFIG)
    with open_warehouse(tmp_path / "warehouse.duckdb") as warehouse:
        publish(warehouse, read_config(file).published)
    with pytest.raises(DataError, match="run `journey run --full` first"):
        best_opportunities(read_config(file), top=3)
