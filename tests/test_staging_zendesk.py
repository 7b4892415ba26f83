"""Zendesk's tables → staged rows, and what admission makes of them. CSV: every cell is text, an empty one null."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from staging_case import Bench, Row, bench, identities

AT = "2026-06-01 12:00:00"
SECONDS = 1780315200

STATUSES = {
    "open": "ticket_open",
    "pending": "ticket_pending",
    "hold": "ticket_hold",
    "on-hold": "ticket_hold",
    "solved": "ticket_solved",
    "Closed": "ticket_closed",
    "brewing": "ticket_brewing",
}
SILENT: list[Row] = [
    {"value": "new"},
    {"value": "New"},
    {"value": None},
    {"field_name": "priority", "value": "solved"},
    {"field_name": "assignee_id", "value": "9"},
    {"field_name": None},
    {"field_name": "satisfaction_score", "value": "offered"},
    {"field_name": "satisfaction_score", "value": "unoffered"},
    {"field_name": "satisfaction_score", "value": None},
]


@pytest.fixture(scope="module")
def desk() -> Iterator[Bench]:
    with bench() as made:
        yield made


def ticket(**given: Any) -> Row:
    sound = {"id": "11", "created_at": AT, "requester_id": "22", "subject": "Where is my order?", "via_channel": "web"}
    return {**sound, "_fivetran_synced": "2026-06-02 00:00:00.123", **given}


def change(**given: Any) -> Row:
    return {"ticket_id": "11", "field_name": "status", "updated": AT, "value": "solved", "user_id": None, **given}


def comment(**given: Any) -> Row:
    return {"id": "33", "ticket_id": "11", "created": AT, "public": "TRUE", "user_id": "9", "body": "x", **given}


def user(**given: Any) -> Row:
    sound = {"id": "22", "role": "end-user", "email": "Ann@x.org", "phone": "+491511234567", "created_at": AT}
    return {**sound, "updated_at": AT, **given}


def changes(desk: Bench, *rows: Row) -> tuple[dict[int, list[Row]], dict[int, tuple[str, str]]]:
    desk.stage("zendesk", zendesk_ticket_field_history=rows)
    return desk.admit()


def test_a_ticket_is_opened_by_its_requester(desk: Bench) -> None:
    desk.stage("zendesk", zendesk_ticket=[ticket()])
    event = desk.admit()[0][1][0]
    assert identities(event) == {"zendesk_ticket_id": ["11"], "zendesk_user_id": ["22"]}
    assert (event["source_event_id"], event["activity"], event["channel"]) == ("11", "ticket_opened", "support")
    assert (event["subject"], event["category"]) == ("Where is my order?", "web")
    assert event["occurred_at"] == datetime(2026, 6, 1, 12)
    assert event["received_at"] == datetime(2026, 6, 2, 0, 0, 0, 123000)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"requester_id": None}, "no_identity"),
        ({"id": None}, "missing_required"),
        ({"created_at": None}, "missing_time"),
        ({"created_at": "31/31/2025"}, "unreadable_time"),
        ({"created_at": "1970-01-01 00:00:00"}, "epoch_zero"),
    ],
)
def test_a_ticket_needs_an_id_a_requester_and_a_time(desk: Bench, fault: Row, code: str) -> None:
    desk.stage("zendesk", zendesk_ticket=[ticket(id="1"), ticket(**fault)])
    events, refused = desk.admit()
    assert list(events) == [1]
    assert refused[2][0] == code


def test_a_status_is_a_touchpoint_with_an_id_of_its_content(desk: Bench) -> None:
    events, _ = changes(desk, *(change(value=value) for value in STATUSES))
    seen = [events[number][0] for number in range(1, len(STATUSES) + 1)]
    assert [event["activity"] for event in seen] == list(STATUSES.values())
    assert [event["source_event_id"] for event in seen] == [
        f"history-11-status-{SECONDS}-{value}" for value in STATUSES
    ]
    assert all(identities(event) == {"zendesk_ticket_id": ["11"]} for event in seen)


def test_other_changes_give_no_row(desk: Bench) -> None:
    rows = [*(change(**silent) for silent in SILENT), change()]
    assert list(desk.stage("zendesk", zendesk_ticket_field_history=rows)) == [len(rows)]


@pytest.mark.parametrize("field", ["satisfaction_score", "satisfaction_rating"])
def test_a_rating_has_a_score(desk: Bench, field: str) -> None:
    scores = {"good": 1, "Bad": 0, "1": 1, " 5 ": 5}
    events, _ = changes(desk, *(change(field_name=field, value=value) for value in scores))
    seen = [events[number][0] for number in range(1, len(scores) + 1)]
    assert [(event["activity"], event["score"]) for event in seen] == [("ticket_rated", s) for s in scores.values()]
    ids = [f"history-11-{field}-{SECONDS}-{value.strip()}" for value in scores]
    assert [event["source_event_id"] for event in seen] == ids


def test_a_rating_off_the_scale_is_refused(desk: Bench) -> None:
    values = ("0", "6", "11", "great", "-1")
    events, refused = changes(desk, *(change(field_name="satisfaction_score", value=value) for value in values))
    assert events == {}
    assert {code for code, _ in refused.values()} == {"range"}
    assert all(repr(value) in refused[number][1] for number, value in enumerate(values, start=1))


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"ticket_id": None}, "missing_required"),
        ({"updated": None}, "missing_time"),
        ({"updated": "31/31/2025"}, "unreadable_time"),
        ({"value": "?"}, "not_of_format"),
    ],
)
def test_a_change_needs_a_ticket_and_a_time(desk: Bench, fault: Row, code: str) -> None:
    events, refused = changes(desk, change(), change(**fault))
    assert list(events) == [1]
    assert refused[2][0] == code


def test_the_same_change_twice_is_one(desk: Bench) -> None:
    events, _ = changes(
        desk, change(), change(_fivetran_synced="2026-06-03 00:00:00"), change(updated="2026-06-01T12:00:00Z")
    )
    assert len({(row[0]["source_event_id"], row[0]["content_hash"]) for row in events.values()}) == 1


def test_a_public_comment_is_a_touchpoint_of_the_ticket(desk: Bench) -> None:
    rows = [comment(public=public) for public in ("TRUE", "true", "1", "t", True)]
    desk.stage("zendesk", zendesk_ticket_comment=rows)
    events, _ = desk.admit()
    seen = [events[number][0] for number in range(1, 6)]
    assert {(event["source_event_id"], event["activity"]) for event in seen} == {("comment-33", "ticket_commented")}
    assert all(identities(event) == {"zendesk_ticket_id": ["11"]} for event in seen)


def test_a_private_note_gives_no_row(desk: Bench) -> None:
    notes = [comment(public=private) for private in ("FALSE", "false", "0", "f", False)]
    assert desk.stage("zendesk", zendesk_ticket_comment=notes) == {}


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"public": None}, "not_of_format"),
        ({"public": "maybe"}, "not_of_format"),
        ({"ticket_id": None}, "missing_required"),
        ({"created": None}, "missing_time"),
    ],
)
def test_a_comment_needs_a_ticket_a_time_and_to_be_public_or_not(desk: Bench, fault: Row, code: str) -> None:
    desk.stage("zendesk", zendesk_ticket_comment=[comment(**fault)])
    assert desk.admit()[1][1][0] == code


def test_a_user_is_evidence_and_no_touchpoint(desk: Bench) -> None:
    desk.stage("zendesk", zendesk_user=[user()])
    event = desk.admit()[0][1][0]
    assert event["activity"] is None
    assert identities(event) == {"email": ["ann@x.org"], "phone": ["+491511234567"], "zendesk_user_id": ["22"]}


def test_a_changed_address_is_new_evidence_and_another_login_is_not(desk: Bench) -> None:
    desk.stage("zendesk", zendesk_user=[user(), user(updated_at="2026-06-09 00:00:00"), user(email="ann@y.org")])
    events, _ = desk.admit()
    ids = [events[number][0]["source_event_id"] for number in (1, 2, 3)]
    assert ids[0] == ids[1] != ids[2]


def test_staff_never_links(desk: Bench) -> None:
    assert desk.stage("zendesk", zendesk_user=[user(role=role) for role in ("agent", "admin", None, "")]) == {}


def test_a_placeholder_address_does_not_link_users(desk: Bench) -> None:
    desk.stage("zendesk", zendesk_user=[user(email="example@email.com", phone=None)])
    assert identities(desk.admit()[0][1][0]) == {"zendesk_user_id": ["22"]}


def test_a_user_without_a_creation_time_counts_from_the_next_best(desk: Bench) -> None:
    desk.stage("zendesk", zendesk_user=[user(created_at=None, updated_at="2026-06-09 00:00:00")])
    assert desk.admit()[0][1][0]["occurred_at"] == datetime(2026, 6, 9)
