"""Shopify orders → staged rows, and what admission makes of them."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from staging_case import NOON, Bench, Row, bench, identities

NOTHING = "d41d8cd98f00b204e9800998ecf8427e"


@pytest.fixture(scope="module")
def desk() -> Iterator[Bench]:
    with bench() as made:
        yield made


def order(**given: Any) -> Row:
    sound = {
        "id": 450789469,
        "email": "ann@x.org",
        "phone": None,
        "customer": {"id": 207119551, "email": "ann@x.org", "phone": "+491511234567"},
        "created_at": "2026-06-01T14:00:00+02:00",
        "processed_at": "2026-06-01T14:00:05+02:00",
        "updated_at": "2026-06-02T14:00:00+02:00",
        "cancelled_at": None,
        "source_name": "web",
        "total_price": "12.50",
        "currency": "EUR",
        "line_items": [{"title": "Boot 7", "product_type": "Shoes"}, {"title": "Hat", "product_type": "Hats"}],
        "refunds": [],
    }
    return {**sound, **given}


def refund(number: int, *transactions: Row, **given: Any) -> Row:
    return {"id": number, "created_at": "2026-06-03T10:00:00Z", "transactions": list(transactions), **given}


def admitted(desk: Bench, **given: Any) -> dict[str, Row]:
    desk.stage("shopify", shopify=[order(**given)])
    events, refused = desk.admit()
    assert refused == {}
    return {event["source_event_id"]: event for event in events[1]}


def test_an_order_is_a_purchase(desk: Bench) -> None:
    placed = admitted(desk)["450789469"]
    placed.pop("content_hash")
    assert identities(placed) == {
        "email": ["ann@x.org"], "order_id": ["450789469"], "phone": ["+491511234567"],
        "shopify_customer_id": ["207119551"],
    }  # fmt: skip
    placed.pop("identities")
    assert placed == {
        "source": "web", "source_event_id": "450789469", "line_of": None, "load_id": 1, "row_number": 1,
        "activity": "order_placed",
        "occurred_at": datetime(2026, 6, 1, 12, 0, 5), "received_at": datetime(2026, 6, 2, 12), "channel": None,
        "campaign": None, "page_path": None, "topic": "shoes", "category": None, "subject": None,
        "order_id": "450789469", "device": None, "country": None, "amount": Decimal("12.5"), "currency": "EUR",
        "score": None, "text": None, "author": None, "is_machine": False, "is_bot": False,
    }  # fmt: skip


@pytest.mark.parametrize(("name", "channel"), [("pos", "in_store"), ("POS", "in_store"), ("web", None), (None, None)])
def test_the_till_is_a_channel(desk: Bench, name: str | None, channel: str | None) -> None:
    found = admitted(desk, source_name=name, cancelled_at=NOON, refunds=[refund(1)])
    assert {event["channel"] for event in found.values()} == {channel}


@pytest.mark.parametrize("processed_at", [None, ""])
def test_an_order_that_was_not_processed_counts_from_its_creation(desk: Bench, processed_at: str | None) -> None:
    assert admitted(desk, processed_at=processed_at)["450789469"]["occurred_at"] == datetime(2026, 6, 1, 12)


@pytest.mark.parametrize(
    ("items", "topic"),
    [
        ([{"title": "Boot 7", "product_type": ""}], "boot 7"),
        ([{"title": "Boot 7"}], "boot 7"),
        ([{}], None),
        ([], None),
        (None, None),
    ],
)
def test_the_topic_is_the_first_line_items(desk: Bench, items: object, topic: str | None) -> None:
    assert admitted(desk, line_items=items)["450789469"]["topic"] == topic


def test_refunds_and_the_cancellation_are_touchpoints_of_their_own(desk: Bench) -> None:
    paid = {"kind": "refund", "status": "success", "amount": "2.50"}
    found = admitted(desk, cancelled_at="2026-06-04T10:00:00Z", refunds=[refund(1, paid), refund(2, paid, paid)])
    assert sorted(found) == ["450789469", "cancel-450789469", "refund-1", "refund-2"]
    assert found["refund-2"]["activity"] == "order_refunded"
    assert found["refund-2"]["amount"] == Decimal("5.00")
    assert found["refund-2"]["occurred_at"] == datetime(2026, 6, 3, 10)
    assert found["cancel-450789469"]["activity"] == "order_cancelled"
    assert found["cancel-450789469"]["occurred_at"] == datetime(2026, 6, 4, 10)
    assert found["cancel-450789469"]["amount"] is None
    assert {event["order_id"] for event in found.values()} == {"450789469"}
    assert {str(event["identities"]) for event in found.values()} == {str(found["450789469"]["identities"])}


@pytest.mark.parametrize(
    ("given", "amount"),
    [
        (refund(1, {"kind": "refund", "status": "failure", "amount": "2.50"}), None),
        (refund(1, {"kind": "void", "amount": "2.50"}, {"kind": "refund", "amount": "1.00"}), Decimal(1)),
        (refund(1, refund_line_items=[{"subtotal": 2.5}, {"subtotal": "1.25"}]), Decimal("3.75")),
        (refund(1, {"kind": "refund", "amount": 2}, refund_line_items=[{"subtotal": 9}]), Decimal(2)),
        (refund(1), None),
        ({"id": 1, "created_at": NOON}, None),
    ],
)
def test_a_refund_is_what_went_back(desk: Bench, given: Row, amount: Decimal | None) -> None:
    assert admitted(desk, refunds=[given])["refund-1"]["amount"] == amount


def test_a_later_state_of_an_order_has_the_same_purchase(desk: Bench) -> None:
    later = order(updated_at="2026-06-09T00:00:00Z", refunds=[refund(1)], financial_status="refunded")
    desk.stage("shopify", shopify=[order(), later])
    events, _ = desk.admit()
    assert events[1][0]["content_hash"] == events[2][0]["content_hash"]
    assert [event["source_event_id"] for event in events[2]] == ["450789469", "refund-1"]


@pytest.mark.parametrize("test", [True, "true", 1])
def test_a_test_order_gives_no_row(desk: Bench, test: object) -> None:
    assert list(desk.stage("shopify", shopify=[order(test=test), order(test=False)])) == [2]


def test_an_order_without_a_customer_is_of_its_address(desk: Bench) -> None:
    expected = {"email": ["ann@x.org"], "order_id": ["450789469"]}
    assert identities(admitted(desk, customer=None)["450789469"]) == expected
    phone = {"id": None, "phone": NOTHING}
    assert identities(admitted(desk, customer=phone, phone=NOTHING)["450789469"]) == expected


@pytest.mark.parametrize("number", [0, "000", "test"])
def test_a_placeholder_is_no_order_to_meet_at(desk: Bench, number: object) -> None:
    assert "order_id" not in identities(admitted(desk, id=number)[str(number)])


FAULTS: list[tuple[Row, str]] = [
    ({"email": None, "customer": None}, "no_identity"),
    ({"email": NOTHING, "phone": NOTHING, "customer": {"id": 0}}, "no_identity"),
    ({"customer": "ann"}, "not_of_format"),
    ({"customer": []}, "not_of_format"),
    ({"refunds": {"id": 1}}, "not_of_format"),
    ({"line_items": "Boot"}, "not_of_format"),
    ({"id": [1]}, "not_of_format"),
    ({"email": {"address": "ann@x.org"}}, "not_of_format"),
    ({"id": None}, "missing_required"),
    ({"total_price": "€9.99"}, "number"),
    ({"total_price": "1,50"}, "number"),
    ({"total_price": {"amount": 1}}, "number"),
    ({"currency": "€"}, "currency"),
    ({"created_at": None, "processed_at": None}, "missing_time"),
    ({"cancelled_at": "soon"}, "unreadable_time"),
    ({"processed_at": "2026-06-01 12:00:00"}, "no_zone"),
    ({"refunds": [refund(1, {"kind": "refund", "amount": "some"}), refund(2)]}, "number"),
    ({"refunds": [{"id": 1}]}, "missing_time"),
    ({"refunds": ["all"]}, "missing_time"),
]


def test_a_malformed_order_is_refused_whole_and_its_neighbours_are_not(desk: Bench) -> None:
    desk.stage("shopify", shopify=[o for fault, _ in FAULTS for o in (order(), order(**fault))])
    events, refused = desk.admit()
    assert sorted(events) == [number for number in range(1, 2 * len(FAULTS) + 1) if number % 2]
    assert [refused[2 * number + 2][0] for number in range(len(FAULTS))] == [code for _, code in FAULTS]
