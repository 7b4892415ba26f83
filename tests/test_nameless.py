"""What leaves the house names no journey, says no exact time, and lists nothing that only a few journeys did."""

import re
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from report_world import world_frames

from journey_analytics.language import written_in
from journey_analytics.publish import KEY, publish
from journey_analytics.report.example_journeys import _pseudonym
from journey_analytics.report.frames import TABLES, complete
from journey_analytics.report.nameless import RARE, nameless
from journey_analytics.report.views import VIEWS
from journey_analytics.warehouse import open_published, open_warehouse

AT = datetime(2025, 10, 17, 13, 45, 59, 123456)


def _row(table: str, **values: object) -> pl.DataFrame:
    schema = {name: dtype for name, dtype in TABLES[table].items() if name in values}
    return pl.DataFrame([values], schema=schema)


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("mart.path_example", {"activity": "a", "journey_id": "j_secret", "started_at": AT}),
        ("mart.rule_violation", {"rule_id": "a", "journey_id": "j_secret", "touchpoint_id": "x", "occurred_at": AT}),
        ("mart.rework", {"kind": "loop", "example_journey_ids": ["j_secret"]}),
        ("mart.deviation", {"activity": "a", "example_journey_ids": ["j_secret"]}),
    ],
)
def test_no_journey_is_named_and_no_moment_told(table: str, values: dict[str, object]) -> None:
    rows = nameless(table, _row(table, **values)).to_dicts()
    assert len(rows) == 1
    assert "j_secret" not in str(rows)
    assert {value for value in rows[0].values() if isinstance(value, datetime)} <= {datetime(2025, 10, 1)}


@pytest.mark.parametrize("table", sorted(RARE))
def test_what_few_journeys_did_is_left_out(table: str) -> None:
    rows = pl.DataFrame({"name": ["rare", "known"], "journey_count": [4, 5]})
    assert nameless(table, rows)["name"].to_list() == ["known"]


def test_other_tables_stay_as_they_are() -> None:
    rows = pl.DataFrame({"stage": ["decision"], "journey_count": [2], "as_of_at": [AT]})
    assert nameless("mart.headline", rows).equals(rows)


@pytest.mark.parametrize("anchor", ["map", "rework", "planned", "rules"])
@pytest.mark.parametrize("language", ["en", "it"])
def test_no_view_shows_the_id_of_a_journey(anchor: str, language: str) -> None:
    frames = complete(world_frames(journeys=200))
    ids = set(frames["mart.path_example"]["journey_id"].to_list())
    view = next(view for view in VIEWS if view.anchor == anchor)
    with written_in(language):
        section = view.make(frames)
    html = "" if section is None else section.html()
    assert ids
    assert not [one for one in ids if re.search(rf"\b{re.escape(one)}\b", html)]


def test_names_of_two_questions_cannot_be_matched_nor_be_made_from_an_id() -> None:
    names = {_pseudonym(key, question, "j_1", 1) for key in ("one", "two") for question in ("all", "device=mobile")}
    assert len(names) == 4
    assert _pseudonym("one", "all", "j_1", 1) == _pseudonym("one", "all", "j_1", 3)
    assert _pseudonym(None, "all", "j_1", 3) == "J-3"


def test_every_copy_has_a_secret_of_its_own(tmp_path: Path) -> None:
    keys = set()
    with open_warehouse(tmp_path / "warehouse.duckdb") as warehouse:
        for name in ("one", "two"):
            publish(warehouse, tmp_path / name)
            with open_published(tmp_path / name) as published:
                keys.add(published.value(f"select key from {KEY}"))
    assert len(keys) == 2
    assert min(map(len, keys)) == 64
    assert KEY not in TABLES
