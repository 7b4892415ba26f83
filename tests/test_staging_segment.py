"""Segment messages → staged rows, and what admission makes of them."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from staging_case import NOON, Bench, Row, bench, identities

EVENTS = {
    "Product Viewed": "product_viewed",
    "Checkout Started": "checkout_started",
    "Order Completed": "order_completed",
    "productViewed": "product_viewed",
    "ProductViewed": "product_viewed",
    "product-viewed": "product_viewed",
    "product_viewed": "product_viewed",
    " Product  Viewed! ": "product_viewed",
    "PRODUCT VIEWED": "product_viewed",
    "viewedPDFGuide": "viewed_pdf_guide",
    "Step2Viewed": "step2_viewed",
    "$identify": "identify",
    "Größe gewählt": "größe_gewählt",
    "Video 25% Played": "video_25_played",
    "Product Added to Wishlist": "wishlist_added",
}

KINDS = {
    "page": "page_viewed",
    "PAGE": "page_viewed",
    "screen": "screen_viewed",
    "identify": None,
    "alias": None,
    "group": None,
}
PROPERTIES: list[tuple[object, str | None, str | None]] = [
    ({"category": "shoes", "products": [{"category": "hats"}]}, "shoes", None),
    ({"products": [{"category": "hats"}, {"category": "shoes"}]}, "hats", None),
    ({"products": []}, None, None),
    ({"products": "hats"}, None, None),
    ({"order_id": 1001}, None, "1001"),
    ({"orderId": "A-1"}, None, "A-1"),
    ({}, None, None),
    (None, None, None),
]
FAULTS: list[Row] = [
    {"type": "teleport"},
    {"type": None},
    {"type": ["page"]},
    {"event": None},
    {"event": ""},
    {"event": "???"},
    {"event": {"name": "x"}},
    {"context": "none"},
    {"context": {"page": "/cart"}},
    {"context": {"campaign": ["google"]}},
    {"properties": []},
    {"traits": 7},
    {"messageId": {"id": 1}},
    {"userId": ["u1"]},
    {"userId": {"id": "u1"}},
    {"timestamp": {"seconds": 1}},
    {"traits": {"email": ["ann@x.org"]}},
]


@pytest.fixture(scope="module")
def desk() -> Iterator[Bench]:
    with bench() as made:
        yield made


def message(**given: Any) -> Row:
    return {"messageId": "m1", "type": "track", "event": "Cart Viewed", "anonymousId": "a1", "timestamp": NOON, **given}


def staged(desk: Bench, **given: Any) -> Row:
    rows = desk.stage("segment", segment=[message(**given)])
    assert len(rows[1]) == 1
    return rows[1][0]


def test_event_names_become_snake_case(desk: Bench) -> None:
    rows = desk.stage("segment", segment=[message(event=name) for name in EVENTS])
    assert {name: rows[number][0]["activity"] for number, name in enumerate(EVENTS, start=1)} == EVENTS


def test_other_messages_are_views_or_mere_evidence(desk: Bench) -> None:
    rows = desk.stage("segment", segment=[message(type=kind) for kind in KINDS])
    assert {kind: rows[number][0]["activity"] for number, kind in enumerate(KINDS, start=1)} == KINDS
    assert {row[0]["reject_code"] for row in rows.values()} == {None}


def test_an_identify_message_links_and_is_no_touchpoint(desk: Bench) -> None:
    row = staged(desk, type="identify", userId="u1", traits={"email": "Ann@x.org", "phone": "+491511234567"})
    assert identities(row) == {
        "user_id": ["u1"],
        "anonymous_id": ["a1"],
        "email": ["Ann@x.org"],
        "phone": ["+491511234567"],
    }


def test_traits_in_the_context_link_too_and_an_alias_names_the_former_id(desk: Bench) -> None:
    assert identities(staged(desk, context={"traits": {"email": "ann@x.org"}}))["email"] == ["ann@x.org"]
    assert identities(staged(desk, type="alias", previousId="a0"))["anonymous_id"] == ["a1", "a0"]


def test_ids_stay_text(desk: Bench) -> None:
    rows = desk.stage(
        "segment",
        segment=[
            '{"messageId":1,"type":"page","userId":7,"timestamp":"x"}',
            '{"messageId":"1","type":"page","userId":"007","timestamp":"x"}',
            '{"messageId":"1","type":"page","userId":12345678901234567890123,"timestamp":1780315200123}',
            '{"messageId":"1","type":"page","userId":null,"timestamp":1780315200.123456}',
        ],
    )
    assert [identities(rows[number][0]).get("user_id") for number in range(1, 5)] == [
        ["7"], ["007"], ["12345678901234567890123"], None,
    ]  # fmt: skip
    assert rows[1][0]["source_event_id"] == "1"
    assert [rows[3][0]["occurred_at"], rows[4][0]["occurred_at"]] == ["1780315200123", "1780315200.123456"]


def test_times_are_the_vendors_and_the_devices_clock_is_ignored(desk: Bench) -> None:
    row = staged(desk, receivedAt="2026-06-01T12:00:02Z", sentAt="2031-01-01T00:00:00Z", originalTimestamp="1999")
    assert (row["occurred_at"], row["received_at"]) == (NOON, "2026-06-01T12:00:02Z")


def test_topic_and_order_come_from_the_properties(desk: Bench) -> None:
    rows = desk.stage("segment", segment=[message(properties=properties) for properties, _, _ in PROPERTIES])
    seen = [rows[number][0] for number in range(1, len(PROPERTIES) + 1)]
    assert [(row["topic"], row["order_id"]) for row in seen] == [(topic, order) for _, topic, order in PROPERTIES]
    assert {row["reject_code"] for row in seen} == {None}


@pytest.mark.parametrize(
    ("event", "properties", "amount"),
    [
        ("Order Completed", {"revenue": 12.5, "total": 15, "value": 1}, "12.5"),
        ("Order Completed", {"total": "15.00", "value": 1}, "15.00"),
        ("Order Completed", {"value": 1}, "1"),
        ("Product Added", {"revenue": 12.5, "value": 1}, None),
    ],
)
def test_only_an_order_has_an_amount(desk: Bench, event: str, properties: Row, amount: str | None) -> None:
    row = staged(desk, event=event, properties={**properties, "currency": "EUR"})
    assert (row["amount"], row["currency"]) == (amount, "EUR" if amount else None)


def test_another_shape_is_refused_and_the_neighbours_are_not(desk: Bench) -> None:
    desk.stage("segment", segment=[m for fault in FAULTS for m in (message(), message(**fault))])
    events, refused = desk.admit()
    assert sorted(events) == [number for number in range(1, 2 * len(FAULTS) + 1) if number % 2]
    faults = {number: FAULTS[number // 2 - 1] for number in range(2, 2 * len(FAULTS) + 1, 2)}
    assert {number: code for number, (code, _) in refused.items()} == dict.fromkeys(faults, "not_of_format")
    assert all(reason for _, reason in refused.values())


def test_the_reason_names_the_unknown_type(desk: Bench) -> None:
    assert "'teleport'" in staged(desk, type="teleport")["reject_reason"]


def test_a_page_message_becomes_a_whole_event(desk: Bench) -> None:
    url = "https://www.shop.example/blog/how-to?utm_source=google&gclid=1&email=ann@x.org"
    page = {"path": "/blog/how-to", "url": url, "referrer": "https://www.google.com/", "title": "How to"}
    context = {
        "page": page,
        "campaign": {"source": "google", "medium": "cpc", "name": "June"},
        "userAgent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) Mobile/15E148",
        "location": {"country": "DE"},
    }
    desk.stage(
        "segment",
        segment=[message(type="page", event=None, userId="u1", receivedAt=NOON, context=context, properties=page)],
    )
    events, _ = desk.admit()
    event = events[1][0]
    event.pop("content_hash")
    assert event == {
        "source": "web", "source_event_id": "m1", "line_of": None, "load_id": 1, "row_number": 1,
        "activity": "blog_viewed",
        "occurred_at": datetime(2026, 6, 1, 12), "received_at": datetime(2026, 6, 1, 12),
        "identities": [
            {"identity_type": "anonymous_id", "identity_value": "a1"},
            {"identity_type": "user_id", "identity_value": "u1"},
        ],
        "channel": "paid_search", "campaign": "June", "page_path": "/blog/how-to", "topic": None, "category": None,
        "subject": None, "order_id": None, "device": "mobile", "country": "DE", "amount": None, "currency": None,
        "score": None, "text": None, "author": None, "is_machine": False, "is_bot": False,
    }  # fmt: skip


def test_an_order_becomes_a_whole_event(desk: Bench) -> None:
    properties = {"order_id": 1001, "revenue": 12.5, "currency": "eur", "products": [{"category": "Shoes"}]}
    desk.stage("segment", segment=[message(event="Order Completed", properties=properties)])
    event = desk.admit()[0][1][0]
    assert (event["activity"], event["order_id"], event["topic"]) == ("order_completed", "1001", "shoes")
    assert (event["amount"], event["currency"]) == (Decimal("12.5"), "EUR")


@pytest.mark.parametrize(
    ("event", "properties", "order"),
    [
        ("Order Completed", {"order_id": 1001}, ["1001"]),
        ("order_completed", {"orderId": "A-1"}, ["A-1"]),
        ("Order Completed", {"order_id": "null"}, None),
        ("Order Completed", {"order_id": "0"}, None),
        ("Order Completed", {}, None),
        ("Order Updated", {"order_id": 1001}, None),
        ("Order Status Viewed", {"order_id": 1001}, None),
        ("Checkout Started", {"order_id": 1001}, None),
    ],
)
def test_only_a_completed_order_is_an_identity(desk: Bench, event: str, properties: Row, order: object) -> None:
    desk.stage("segment", segment=[message(event=event, properties=properties)])
    assert identities(desk.admit()[0][1][0]).get("order_id") == order


def test_a_page_that_shows_an_order_does_not_make_its_reader_the_buyer(desk: Bench) -> None:
    page = {"url": "https://shop.example/account/orders/1001", "order_id": "1001"}
    desk.stage("segment", segment=[message(type="page", event=None, properties=page)])
    assert identities(desk.admit()[0][1][0]) == {"anonymous_id": ["a1"]}


def test_an_order_without_its_buyers_browser_is_refused(desk: Bench) -> None:
    rows = [
        message(event="Order Completed", properties={"order_id": "1001"}, anonymousId=cookie) for cookie in ("", "0")
    ]
    desk.stage("segment", segment=rows)
    assert {code for code, _ in desk.admit()[1].values()} == {"no_identity"}


def test_a_missing_message_id_is_derived(desk: Bench) -> None:
    desk.stage("segment", segment=[message(messageId=None), message(messageId="")])
    events, _ = desk.admit()
    assert events[1][0]["source_event_id"] == events[2][0]["source_event_id"]
    assert events[1][0]["source_event_id"].startswith("derived-")


def test_a_nul_a_mark_and_hostile_text_come_through(desk: Bench) -> None:
    desk.stage(
        "segment",
        segment=[message(messageId="\ufeffm\x00 1", userId="\u202e<b>", anonymousId=None)],
    )
    event = desk.admit()[0][1][0]
    assert event["source_event_id"] == "m\ufffd 1"
    assert identities(event) == {"user_id": ["\u202e<b>"]}
