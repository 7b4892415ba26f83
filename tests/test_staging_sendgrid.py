"""SendGrid events → staged rows, and what admission makes of them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from staging_case import Bench, Row, bench, identities

SECONDS = 1780315200
KINDS = {
    "delivered": "email_delivered",
    "open": "email_opened",
    "click": "email_clicked",
    "bounce": "email_bounced",
    "unsubscribe": "email_unsubscribed",
    "group_unsubscribe": "email_unsubscribed",
    "spamreport": "email_spam_reported",
    "OPEN": "email_opened",
}

FAULTS: list[Row] = [
    {"event": "teleport"},
    {"event": None},
    {"event": ["open"]},
    {"category": {"a": 1}},
    {"category": 7},
    {"email": ["ann@x.org"]},
    {"timestamp": {"s": 1}},
    {"event": "processed", "category": {"a": 1}},
]
CATEGORIES: list[tuple[object, str | None, str | None]] = [
    ("newsletter", "newsletter", None),
    (["newsletter"], "newsletter", None),
    (["newsletter", "june"], "newsletter", "june"),
    (["newsletter", "june", "x"], "newsletter", "june"),
    ([], None, None),
    ([None, "june"], None, "june"),
    ("[newsletter", "[newsletter", None),
    ("", None, None),
    (None, None, None),
]
MACHINES: list[tuple[object, bool]] = [
    (True, True), ("true", True), ("1", True), (1, True), (False, False), ("", False), (None, False),
]  # fmt: skip
TIMES: list[tuple[object, datetime]] = [
    (SECONDS, datetime(2026, 6, 1, 12)),
    (SECONDS * 1000, datetime(2026, 6, 1, 12)),
    (str(SECONDS), datetime(2026, 6, 1, 12)),
    (1780315200.123456, datetime(2026, 6, 1, 12, 0, 0, 123456)),
]


@pytest.fixture(scope="module")
def desk() -> Iterator[Bench]:
    with bench() as made:
        yield made


def event(**given: Any) -> Row:
    sound = {"email": "ann@x.org", "event": "open", "timestamp": SECONDS, "sg_event_id": "e1", "sg_message_id": "m1"}
    return {**sound, **given}


def test_what_a_recipient_sees_or_does_is_a_touchpoint(desk: Bench) -> None:
    rows = desk.stage("sendgrid", sendgrid=[event(event=kind) for kind in KINDS])
    assert {kind: rows[number][0]["activity"] for number, kind in enumerate(KINDS, start=1)} == KINDS
    assert {row[0]["channel"] for row in rows.values()} == {"email"}


def test_what_only_servers_do_gives_no_row(desk: Bench) -> None:
    silent = [event(event=kind) for kind in ("processed", "deferred", "dropped", "group_resubscribe", "Processed")]
    assert list(desk.stage("sendgrid", sendgrid=[*silent, event()])) == [6]


def test_another_shape_is_refused_and_the_neighbours_are_not(desk: Bench) -> None:
    desk.stage("sendgrid", sendgrid=[e for fault in FAULTS for e in (event(), event(**fault))])
    events, refused = desk.admit()
    assert sorted(events) == [number for number in range(1, 2 * len(FAULTS) + 1) if number % 2]
    assert sorted(refused) == [number for number in range(1, 2 * len(FAULTS) + 1) if number % 2 == 0]
    assert {code for code, _ in refused.values()} == {"not_of_format"}


def test_a_category_is_a_text_or_a_list(desk: Bench) -> None:
    desk.stage("sendgrid", sendgrid=[event(category=category) for category, _, _ in CATEGORIES])
    events, _ = desk.admit()
    seen = [events[number][0] for number in range(1, len(CATEGORIES) + 1)]
    assert [(e["category"], e["campaign"]) for e in seen] == [(first, second) for _, first, second in CATEGORIES]


def test_machine_opens_are_marked(desk: Bench) -> None:
    rows = desk.stage("sendgrid", sendgrid=[event(), *(event(sg_machine_open=flag) for flag, _ in MACHINES)])
    assert [rows[number][0]["is_machine"] for number in sorted(rows)] == [False, *(truth for _, truth in MACHINES)]


def test_times_are_seconds_whatever_their_type(desk: Bench) -> None:
    desk.stage("sendgrid", sendgrid=[event(timestamp=timestamp) for timestamp, _ in TIMES])
    events, _ = desk.admit()
    assert [events[number][0]["occurred_at"] for number in sorted(events)] == [instant for _, instant in TIMES]


def test_the_address_is_the_only_identity_and_the_link_stays_out(desk: Bench) -> None:
    desk.stage("sendgrid", sendgrid=[event(event="click", email=" Ann@X.org", url="https://shop.example/?token=1")])
    found = desk.admit()[0][1][0]
    assert identities(found) == {"email": ["ann@x.org"]}
    assert found["page_path"] is None


def test_an_event_without_an_address_is_refused(desk: Bench) -> None:
    nobody = (None, "", "null", "d41d8cd98f00b204e9800998ecf8427e")
    desk.stage("sendgrid", sendgrid=[event(email=address) for address in nobody])
    events, refused = desk.admit()
    assert events == {}
    assert [code for code, _ in refused.values()] == ["no_identity"] * 4
