"""Process rules on a few touchpoints: rows of `process_rule.csv` and journeys in, what becomes of each rule out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from journey_analytics import build
from journey_analytics.process_rules.rules import COLUMNS
from journey_analytics.warehouse import Warehouse, open_memory

CUTOFF = datetime(2026, 6, 30)
START = datetime(2026, 1, 1)
SETTLED_UNTIL = CUTOFF - timedelta(days=60)
MODELS = (
    "core.touchpoint_at_cutoff", "core.journey_at_cutoff", "core.first_purchase", "core.process_rule_part",
    "mart.rule_activation", "mart.rule_conformance", "mart.rule_violation",
)  # fmt: skip
LOADED = ("config/", "macro/")
FILES = {
    "config/setting.csv", "config/source_rank.csv", "config/process_rule.csv", "macro/fits_any.sql",
    "macro/span_seconds.sql", "macro/wilson_low.sql", "macro/wilson_high.sql", "macro/difference_low.sql",
    "macro/difference_high.sql",
}  # fmt: skip
"""What the models read of the rules: loading all of them would take most of the time of a test."""


@dataclass(frozen=True)
class Case:
    """A journey: its activities, `activity` or `activity/category` or `activity/category@hours since the start`."""

    steps: Sequence[str]
    status: str = "dropped"
    customer: str | None = None
    started_at: datetime = START
    is_left_censored: bool = False
    is_passive: bool = False


def rule(**cells: str) -> dict[str, str | None]:
    """A row of `process_rule.csv`; a response of b to a within a journey, where nothing else is said."""
    row: dict[str, str | None] = dict.fromkeys(COLUMNS)
    usual = {"rule_id": "r", "kind": "response", "activity": "a", "scope": "journey", "description": "A rule"}
    return row | usual | cells


def judged(
    rules: Sequence[Mapping[str, str | None]], cases: Sequence[Case], objects: Sequence[tuple[str, str, str]] = ()
) -> Warehouse:
    """A warehouse in memory in which the rules were checked on the journeys `j0`, `j1`, … with touchpoints `j0_1`, …"""
    warehouse = open_memory()
    files = {name: path for name, path in build.sql_files().items() if name in FILES or not name.startswith(LOADED)}
    build.load_config(warehouse, files)
    build.load_macros(warehouse, files)
    warehouse.create_from("config.process_rule", pl.DataFrame(list(rules), schema=dict.fromkeys(COLUMNS, pl.String)))
    _store(warehouse, cases, objects)
    models = [m for schema in ("core", "mart") for m in build.read_models(files, schema) if m.name in MODELS]
    build.run_models(warehouse, build.ordered(models))
    return warehouse


def outcomes(warehouse: Warehouse, rule_id: str = "r") -> list[tuple[str, str]]:
    """What was judged (the touchpoint, or else the journey, or else the customer) and how, in the order of ids."""
    return warehouse.rows(
        "select coalesce(touchpoint_id, journey_id, customer_id), outcome from mart.rule_activation "
        "where rule_id = ? order by all",
        [rule_id],
    )


def _store(warehouse: Warehouse, cases: Sequence[Case], objects: Sequence[tuple[str, str, str]]) -> None:
    touchpoints = [row for number, case in enumerate(cases) for row in _touchpoints(number, case)]
    warehouse.create_from("core.touchpoint", pl.DataFrame(touchpoints, schema=_TOUCHPOINT))
    journeys = [_journey(number, case) for number, case in enumerate(cases)]
    warehouse.create_from("core.journey", pl.DataFrame(journeys, schema=_JOURNEY))
    censored = [f"j{number}" for number, case in enumerate(cases) if case.is_left_censored]
    warehouse.create_from(
        "core.left_censored_journey", pl.DataFrame({"journey_id": censored}, schema={"journey_id": pl.String})
    )
    named = {"touchpoint_id": pl.String, "object_type": pl.String, "object_id": pl.String}
    warehouse.create_from("core.touchpoint_object", pl.DataFrame(list(objects), schema=named, orient="row"))
    warehouse.create_from("core.inactivity_limit", pl.DataFrame([{"stage": "unknown", "used_days": 30}]))
    warehouse.create_from("core.settled_until", pl.DataFrame([{"settled_until_at": SETTLED_UNTIL}]))
    warehouse.create_from("run.cutoff", pl.DataFrame([{"cutoff_at": CUTOFF}]))


def _touchpoints(number: int, case: Case) -> list[dict[str, Any]]:
    times = [_time(case, place, step) for place, step in enumerate(case.steps)]
    names = [step.split("@")[0].split("/") for step in case.steps]
    return [
        {
            "touchpoint_id": f"j{number}_{place + 1}",
            "source": "web",
            "source_event_id": f"{place:03}",
            "customer_id": case.customer or f"c{number}",
            "session_id": "s",
            "journey_id": f"j{number}",
            "activity": name[0],
            "category": name[1] if len(name) > 1 and name[1] else None,
            "topic": None,
            "stage": "unknown",
            "occurred_at": times[place],
            "is_purchase": name[0] == "buy",
            "is_passive": case.is_passive,
            "position": place + 1,
            "next_activity": names[place + 1][0] if place + 1 < len(names) else None,
            "next_gap_us": (times[place + 1] - times[place]) // timedelta(microseconds=1)
            if place + 1 < len(names)
            else None,
        }
        for place, name in enumerate(names)
    ]


def _time(case: Case, place: int, step: str) -> datetime:
    hours = float(step.split("@")[1]) if "@" in step else float(place)
    return case.started_at + timedelta(hours=hours)


def _journey(number: int, case: Case) -> dict[str, Any]:
    return {
        "journey_id": f"j{number}",
        "customer_id": case.customer or f"c{number}",
        "started_at": _time(case, 0, case.steps[0]),
        "ended_at": _time(case, len(case.steps) - 1, case.steps[-1]),
        "status": case.status,
        "first_channel": None,
        "first_source": "web",
        "is_passive": case.is_passive,
        "cut_reason": "first",
        "touchpoint_count": len(case.steps),
        "activities": [step.split("@")[0].split("/")[0] for step in case.steps],
        "stages": [],
    }


_TOUCHPOINT = {
    **dict.fromkeys(
        ("touchpoint_id", "source", "source_event_id", "customer_id", "session_id", "journey_id", "activity"), pl.String
    ),
    **dict.fromkeys(("category", "topic", "stage", "next_activity"), pl.String),
    **dict.fromkeys(("is_purchase", "is_passive"), pl.Boolean),
    **dict.fromkeys(("position", "next_gap_us"), pl.Int64),
    "occurred_at": pl.Datetime("us"),
}
_JOURNEY = {
    **dict.fromkeys(("journey_id", "customer_id", "status", "first_channel", "first_source", "cut_reason"), pl.String),
    **dict.fromkeys(("started_at", "ended_at"), pl.Datetime("us")),
    "is_passive": pl.Boolean,
    "touchpoint_count": pl.Int64,
    **dict.fromkeys(("activities", "stages"), pl.List(pl.String)),
}
