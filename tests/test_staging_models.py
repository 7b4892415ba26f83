"""What holds for every staging and admission model and for the rules they read."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from staging_case import NOON, Bench, Row, bench

from journey_analytics import build
from journey_analytics.build import Model

AT = "2026-06-01 12:00:00"
SOURCE_TABLES: dict[str, dict[str, list[Row]]] = {
    "segment": {
        "segment": [
            {"messageId": "1", "type": "page", "userId": "u1", "timestamp": NOON, "properties": {"path": "/blog/x"}},
            {"messageId": "2", "type": "track", "event": "Cart Viewed", "userId": None, "timestamp": NOON},
            {"type": "identify", "userId": "u1", "timestamp": 1780315200},
            {"messageId": "4", "type": "teleport", "userId": "u1", "timestamp": NOON},
        ]
    },
    "sendgrid": {
        "sendgrid": [
            {"email": "ann@x.org", "event": "open", "timestamp": 1780315200, "category": ["a", "b"]},
            {"email": "ann@x.org", "event": "processed", "timestamp": 1780315200, "category": "a"},
            {"email": "bob@x.org", "event": "click", "timestamp": 0},
        ]
    },
    "shopify": {
        "shopify": [
            {"id": 1, "email": "ann@x.org", "created_at": NOON, "refunds": [{"id": 9, "created_at": NOON}]},
            {"id": 2, "email": "bob@x.org", "created_at": NOON, "cancelled_at": NOON, "total_price": "much"},
            {"id": 3, "email": None, "customer": None, "created_at": NOON},
        ]
    },
    "zendesk": {
        "zendesk_ticket": [
            {"id": "1", "requester_id": "2", "created_at": AT},
            {"id": "2", "requester_id": None, "created_at": AT},
        ],
        "zendesk_ticket_field_history": [
            {"ticket_id": "1", "field_name": "status", "updated": AT, "value": "solved"},
            {"ticket_id": "1", "field_name": "satisfaction_score", "updated": AT, "value": "11"},
        ],
        "zendesk_ticket_comment": [{"id": "5", "ticket_id": "1", "created": AT, "public": "TRUE"}],
        "zendesk_user": [{"id": "2", "role": "end-user", "email": "ann@x.org", "created_at": AT}],
    },
    "xes": {
        "xes": [
            {"trace": {"concept:name": "NA"}, "position": 1, "event": {"concept:name": "A b", "time:timestamp": NOON}},
            {"trace": {}, "position": 0, "event": {"concept:name": "b", "time:timestamp": NOON}},
        ]
    },
    "ocel": {
        "ocel": [
            {
                "id": "e1",
                "type": "a",
                "time": NOON,
                "attributes": {},
                "objects": [{"id": name, "type": "journey", "position": 1} for name in ("j1", "j2")],
            },
            {"id": "e2", "type": "a", "time": None, "attributes": {}, "objects": [{"id": "j1", "type": "journey"}]},
        ]
    },
}
REQUIRED = {
    "segment": ("type", "timestamp"),
    "sendgrid": ("email", "event", "timestamp"),
    "shopify": ("id", "created_at"),
    "zendesk_ticket": ("id", "requester_id", "created_at"),
    "zendesk_ticket_field_history": ("ticket_id", "field_name", "updated", "value"),
    "zendesk_ticket_comment": ("id", "ticket_id", "created", "public"),
    "zendesk_user": ("id", "role", "created_at"),
    "xes": ("event",),
    "ocel": ("id", "type", "time"),
}
KEYS = {
    "page_activity": ["path_prefix"],
    "event_activity": ["format", "event"],
    "score_value": ["format", "value"],
    "bot_user_agent": ["pattern"],
    "placeholder_identity": ["identity_type", "match", "value"],
}


@pytest.fixture(scope="module")
def desk() -> Iterator[Bench]:
    with bench() as made:
        yield made


def models(schema: str) -> Sequence[Model]:
    return build.read_models(build.sql_files(), schema)


@pytest.mark.parametrize("model", [*models("staging"), *models("admission")], ids=lambda model: model.name)
def test_a_model_says_what_its_rows_are(model: Model) -> None:
    lines = model.sql.splitlines()
    assert lines[0].startswith("-- One row per ")
    assert lines[1].startswith("-- grain: ")
    assert lines[2].startswith("-- rebuild: ")
    assert " any_value(" not in model.sql
    assert " first(" not in model.sql


def test_the_formats_declare_what_every_row_must_have() -> None:
    declared: dict[str, tuple[str, ...]] = {}
    for model in models("staging"):
        if model.name.removeprefix("staging.") in SOURCE_TABLES:
            declared |= build.required_keys(model)
    assert {name: declared.get(name, declared.get(name.removeprefix("zendesk_"))) for name in REQUIRED} == REQUIRED


@pytest.mark.parametrize("name", sorted(SOURCE_TABLES))
def test_rows_become_the_same_one_by_one_and_together(desk: Bench, name: str) -> None:
    together = outcome(desk, name, SOURCE_TABLES[name])
    alone: list[Any] = []
    for table, payloads in SOURCE_TABLES[name].items():
        for payload in payloads:
            alone += outcome(desk, name, {table: [payload]})
    assert sorted(map(repr, alone)) == sorted(map(repr, together))


@pytest.mark.parametrize("name", sorted(SOURCE_TABLES))
def test_empty_tables_give_nothing(desk: Bench, name: str) -> None:
    assert outcome(desk, name, {}) == []


def outcome(desk: Bench, name: str, tables: dict[str, list[Row]]) -> list[Any]:
    """The events and rejections of some rows, without their row numbers."""
    staged = desk.stage(name, **tables)
    if (
        name == "zendesk"
    ):  # its tables number their rows alike: admission gets them one after the other, as in the loader
        return [{**row, "row_number": 0} for rows in staged.values() for row in rows]
    events, refused = desk.admit()
    return [{**event, "row_number": 0} for rows in events.values() for event in rows] + list(refused.values())


@pytest.mark.parametrize("name", sorted(KEYS))
def test_a_rule_stands_once(desk: Bench, name: str) -> None:
    rules = build.read_rules(desk.files[f"config/{name}.csv"])
    assert not rules.select(KEYS[name]).is_duplicated().any()


def test_every_kind_of_match_is_one_that_the_models_know(desk: Bench) -> None:
    kinds = {name: set(build.read_rules(desk.files[f"config/{name}.csv"])["match"]) for name in KEYS_WITH_MATCH}
    assert kinds["page_activity"] <= {"exact", "prefix"}
    assert kinds["bot_user_agent"] <= {"contains", "prefix", "regex"}
    assert kinds["placeholder_identity"] <= {"exact", "only", "prefix", "regex"}


KEYS_WITH_MATCH = ("page_activity", "bot_user_agent", "placeholder_identity")
