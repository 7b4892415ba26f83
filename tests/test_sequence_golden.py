"""Cases as folders of CSVs under `golden/`, named as sentences. To add one, add a folder; no Python.

`input.csv`: `id`, `at`, `activity` and any other column of a touchpoint; the source is `web` unless said otherwise.
`cutoff.csv`: `cutoff_at`, when the case depends on T; else T is the end of 2026.
`expected_<table>.csv`: all rows of a table, and as many of its columns as the sentence is about. Journeys and sessions
are named by the `id` of their first touchpoint.
"""

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from sequence_case import default_rules, events, read_case

from journey_analytics.sequence import build_sequence

CASES = sorted((Path(__file__).parent / "golden").iterdir())
TABLES = ("touchpoint", "session", "journey", "stage_visit")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_golden_case(case):
    touchpoints = events(read_case(case / "input.csv").to_dicts())
    sequence = build_sequence(touchpoints, rules=default_rules(), cutoff=_cutoff(case))
    names = _names(touchpoints)
    expectations = sorted(case.glob("expected_*.csv"))
    assert expectations
    assert {path.stem.removeprefix("expected_") for path in expectations} <= set(TABLES)
    for path in expectations:
        expected = read_case(path)
        actual = getattr(sequence, path.stem.removeprefix("expected_"))
        shown = _shown(actual, names).select(expected.columns)
        assert sorted(shown.rows(), key=str) == sorted(expected.rows(), key=str), path.name


def test_there_are_cases():
    assert len(CASES) >= 12


def _cutoff(case: Path) -> datetime:
    path = case / "cutoff.csv"
    return datetime.fromisoformat(read_case(path)["cutoff_at"][0]) if path.is_file() else datetime(2026, 12, 31)


def _names(touchpoints: pl.DataFrame) -> dict[str, str]:
    pairs = touchpoints.select("touchpoint_id", "source_event_id").rows()
    return {prefix + key[:16]: name for key, name in pairs for prefix in ("j_", "s_")}


def _shown(frame: pl.DataFrame, names: dict[str, str]) -> pl.DataFrame:
    """Everything as text that an analyst would write: `2026-01-31 10:00`, `true`, `a > b`; ids by name; null empty."""
    shown = [{column: _text(value, names) for column, value in row.items()} for row in frame.to_dicts()]
    text = pl.DataFrame(shown, schema=dict.fromkeys(frame.columns, pl.String))
    renamed = {"journey_id": "journey", "session_id": "session", "customer_id": "customer", "source_event_id": "id"}
    return text.rename(renamed, strict=False)


def _text(value: object, names: dict[str, str]) -> str | None:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ").removesuffix(":00")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return " > ".join(value)
    return names.get(str(value), str(value)) if value is not None else None
