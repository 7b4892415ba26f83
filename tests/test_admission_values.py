"""What admission makes of identities, amounts, pages, user agents and ids: pairs of (input, outcome)."""

import hashlib
import unicodedata
from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from staging_case import NOON, Bench, bench, identities, someone

NOTHING = [hashlib.new(name, b"") for name in ("md5", "sha1", "sha256")]

KEPT = {
    ("email", " Ann@Example.COM\t"): "ann@example.com",
    ("email", "\ufeffann@example.com"): "ann@example.com",
    ("email", "ANN+news@example.com"): "ann+news@example.com",
    ("email", unicodedata.normalize("NFD", "José@example.com")): "josé@example.com",
    ("email", "ÄRGER@example.com"): "ärger@example.com",
    ("email", "9c1185a5c5e9fc54612808977ee8f548"): "9c1185a5c5e9fc54612808977ee8f548",
    ("phone", "+49 (0151) 123-45 67"): "+491511234567",
    ("phone", "0049 151 1234567"): "+491511234567",
    ("phone", "tel:+49-151-1234567"): "+491511234567",
    ("phone", "(+49) 151 1234567"): "+491511234567",
    ("phone", "0151 1234567"): "01511234567",
    ("phone", "5B1C2F"): "5b1c2f",
    ("user_id", "7"): "7",
    ("user_id", "007"): "007",
    ("user_id", "Ann"): "Ann",
    ("user_id", "12345678901234567890123"): "12345678901234567890123",
    ("user_id", " u 1 "): "u 1",
    ("user_id", "10000000"): "10000000",
    ("user_id", "a\x00b"): "a\ufffdb",
    ("anonymous_id", "00000000-0000-0000-0000-000000000001"): "00000000-0000-0000-0000-000000000001",
    ("anonymous_id", "NaN-1"): "NaN-1",
    ("device_id", "Null Island"): "Null Island",
    ("loyalty_id", "123456789"): "123456789",
}
DROPPED = [
    *(
        ("user_id", value)
        for value in (
            None, "", "  ", "\ufeff", "null", "NULL", "None", "undefined", "Anonymous", "N/A", "-1", "0", "000", "0-0",
            "[object Object]", "unknown", "guest", "(not set)", "true", "admin", "???", "xxxx", "****",
        )
    ),
    ("anonymous_id", "00000000-0000-0000-0000-000000000000"),
    ("anonymous_id", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"),
    *((kind, digest.hexdigest()) for kind in ("phone", "email", "user_id") for digest in NOTHING),
    *((kind, digest.hexdigest().upper()) for kind in ("phone", "email") for digest in NOTHING),
    *((kind, b64encode(digest.digest()).decode()) for kind in ("phone", "email") for digest in NOTHING),
    ("email", "test@test.com"),
    ("email", " Example@Email.com "),
    ("email", "no-reply@shop.example"),
    ("phone", "000-000-0000"),
    ("phone", "+0 000"),
    ("phone", "999 999 9999"),
    ("phone", "12345-67890"),
    ("phone", "()"),
]  # fmt: skip
AMOUNTS = {
    "12.50": Decimal("12.50"),
    " 12.5 ": Decimal("12.50"),
    "0": Decimal(0),
    "-0": Decimal(0),
    "-3.10": Decimal("-3.10"),
    "+3.10": Decimal("3.10"),
    "007": Decimal(7),
    "0.30000000000000004": Decimal("0.3"),
    "99999999999999.9999": Decimal("99999999999999.9999"),
    "": None,
    None: None,
}
NO_AMOUNTS = (
    "€9.99", "1,50", "1.234,56", "1e3", "12.50 EUR", "1_000", "1 000", ".5", "5.", "--1", "NaN", "inf", "null",
    "100000000000000", "9" * 400, '{"amount":1}', "=1+1", "١٢",
)  # fmt: skip
PATHS = {
    "https://shop.example/products/shoes/1?email=ann@example.com#top": "/products/shoes/1",
    "https://shop.example": "/",
    "https://shop.example/": "/",
    "https://shop.example?x=1": "/",
    "https://shop.example#x": "/",
    "https://shop.example/cart/": "/cart",
    "HTTPS://Shop.Example/Cart": "/Cart",
    "https://user:secret@shop.example:8080/cart": "/cart",
    "/cart?x=https://evil.example/": "/cart",
    "/": "/",
    "android-app://com.example.shop/cart": "/cart",
    "https://shop.example/a b": "/a b",
    "about:blank": None,
    "cart": None,
    "": None,
    None: None,
}
VIEWS = {
    "/": "home_viewed",
    "/?utm_source=x": "home_viewed",
    "/lp/summer": "landing_viewed",
    "/blog": "blog_viewed",
    "/blog/": "blog_viewed",
    "/blogger": "page_viewed",
    "/help/returns": "help_viewed",
    "/account": "account_viewed",
    "/account/settings": "account_viewed",
    "/account/orders/17": "order_status_viewed",
    "/products/shoes/1": "product_viewed",
    "/imprint": "page_viewed",
    "mystery": "page_viewed",
}
AGENTS: dict[str | None, tuple[str | None, bool]] = {
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148": ("mobile", False),
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36": ("mobile", False),
    "Mozilla/5.0 (Linux; Android 13; CUBOT NOTE 20) Chrome/120.0 Mobile Safari/537.36": ("mobile", False),
    "Mozilla/5.0 (Linux; Android 13; SM-X710) AppleWebKit/537.36 Chrome/120.0 Safari/537.36": ("tablet", False),
    "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 Version/16.6 Mobile/15E148": ("tablet", False),
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36": ("desktop", False),
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_4) AppleWebKit/605.1.15 Version/17.4 Safari/605.1.15": (
        "desktop",
        False,
    ),
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)": (None, True),
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/120.0 Safari/537.36": ("desktop", True),
    "Mozilla/5.0 (compatible; UnheardOfCrawler)": (None, True),
    "python-requests/2.32": (None, True),
    "curl/8.5.0": (None, True),
    "MyApp curl/8.5.0": (None, False),
    "": (None, False),
    None: (None, False),
}


@pytest.fixture(scope="module")
def desk() -> Iterator[Bench]:
    with bench() as made:
        yield made


def test_an_identity_has_one_spelling_and_what_is_unknown_is_kept(desk: Bench) -> None:
    events, refused = desk.admit_rows([{"identities": someone(value, kind)} for kind, value in KEPT])
    assert refused == {}
    seen = {(kind, value): identities(events[number][0])[kind][0] for number, (kind, value) in enumerate(KEPT, start=1)}
    assert seen == KEPT


def test_a_placeholder_is_nobody(desk: Bench) -> None:
    events, refused = desk.admit_rows([{"identities": someone(value, kind)} for kind, value in DROPPED])
    assert [DROPPED[number - 1] for number in events] == []
    assert {code for code, _ in refused.values()} == {"no_identity"}


def test_a_placeholder_of_one_type_is_a_name_in_another(desk: Bench) -> None:
    assert identities(desk.event(identities=someone("test@test.com", "user_id"))) == {"user_id": ["test@test.com"]}


def test_identities_are_distinct_sorted_and_without_placeholders(desk: Bench) -> None:
    seen = [
        *someone("u2"), *someone("B@x.org", "email"), *someone("u1"), *someone("b@X.ORG", "email"), *someone("null"),
        *someone(None, "phone"), *someone("a@x.org", "email"), *someone("u1"), *someone("1", None),  # type: ignore[arg-type]
    ]  # fmt: skip
    one, other = desk.event(identities=seen), desk.event(identities=seen[::-1])
    assert identities(one) == {"email": ["a@x.org", "b@x.org"], "user_id": ["u1", "u2"]}
    assert one["identities"] == other["identities"]
    assert one["content_hash"] == other["content_hash"]


@pytest.mark.parametrize("nobody", [None, [], someone(None)])
def test_a_row_without_identities_is_refused(desk: Bench, nobody: object) -> None:
    events, refused = desk.admit_rows([{"identities": someone("u1")}, {"identities": nobody, "activity": None}])
    assert list(events) == [1]
    assert refused[2][0] == "no_identity"


def test_amounts_are_plain_decimal_numbers(desk: Bench) -> None:
    events, refused = desk.admit_rows([{"amount": text} for text in AMOUNTS])
    assert refused == {}
    assert {text: events[number][0]["amount"] for number, text in enumerate(AMOUNTS, start=1)} == AMOUNTS


def test_anything_else_is_no_amount_and_is_named(desk: Bench) -> None:
    events, refused = desk.admit_rows([{"amount": text} for text in NO_AMOUNTS])
    assert events == {}
    assert {code for code, _ in refused.values()} == {"number"}
    assert all(text[:60] in refused[number][1] for number, text in enumerate(NO_AMOUNTS, start=1))


@pytest.mark.parametrize(("text", "currency"), [("eur", "EUR"), (" GBP ", "GBP"), ("", None), (None, None)])
def test_a_currency_is_three_capital_letters(desk: Bench, text: str | None, currency: str | None) -> None:
    assert desk.event(currency=text)["currency"] == currency


@pytest.mark.parametrize("text", ["€", "EURO", "E1R", "EU"])
def test_other_currencies_are_refused(desk: Bench, text: str) -> None:
    assert desk.admit_rows([{"currency": text}])[1][1][0] == "currency"


def test_a_score_is_a_number(desk: Bench) -> None:
    events, refused = desk.admit_rows([{"score": "4.5"}, {"score": "great"}])
    assert events[1][0]["score"] == Decimal("4.5")
    assert refused[2] == ("number", "the score 'great' is no decimal number")


def test_a_path_has_neither_query_nor_fragment_nor_closing_slash(desk: Bench) -> None:
    events, _ = desk.admit_rows([{"page_url": url} for url in PATHS])
    assert {url: events[number][0]["page_path"] for number, url in enumerate(PATHS, start=1)} == PATHS


def test_a_page_view_is_named_by_the_longest_path_rule(desk: Bench) -> None:
    events, _ = desk.admit_rows([{"page_url": url} for url in VIEWS])
    assert {url: events[number][0]["activity"] for number, url in enumerate(VIEWS, start=1)} == VIEWS


def test_only_page_views_are_named_by_their_path(desk: Bench) -> None:
    assert desk.event(activity="product_added", page_url="/blog/x")["activity"] == "product_added"


def test_a_user_agent_tells_the_device_and_known_bots(desk: Bench) -> None:
    events, _ = desk.admit_rows([{"user_agent": agent} for agent in AGENTS])
    seen = {agent: (events[n][0]["device"], events[n][0]["is_bot"]) for n, agent in enumerate(AGENTS, start=1)}
    assert seen == AGENTS


@pytest.mark.parametrize(
    ("word", "device"), [("iOS", "mobile"), ("Tablet", "tablet"), ("PC", "desktop"), ("Kiosk", "kiosk"), ("", None)]
)
def test_a_source_may_name_the_device_itself(desk: Bench, word: str, device: str | None) -> None:
    assert desk.event(device=word)["device"] == device


def test_texts_are_trimmed_and_topics_compare_across_sources(desk: Bench) -> None:
    event = desk.event(topic=" Shoes ", subject="\ufeff Hello ", category="", country="de", order_id=" 1001 ")
    assert (event["topic"], event["subject"], event["category"]) == ("shoes", "Hello", None)
    assert (event["country"], event["order_id"]) == ("DE", "1001")
    assert desk.event(country="United Kingdom")["country"] == "United Kingdom"


def test_flags_are_never_null(desk: Bench) -> None:
    event = desk.event(is_machine=None)
    assert (event["is_machine"], event["is_bot"]) == (False, False)


def test_a_missing_id_is_derived_from_the_content_and_not_from_the_row(desk: Bench) -> None:
    row = {"source_event_id": None, "topic": "shoes", "page_url": "/cart"}
    alike = [row, {**row, "load_id": 7, "received_at": NOON}, {**row, "occurred_at": "2026-06-01T14:00:00+02:00"}]
    others = [{**row, "topic": None}, {**row, "topic": None, "category": "shoes"}, {**row, "identities": someone("u2")}]
    others += [{**row, "activity": None}, {**row, "page_url": "/cart?x=1"}, {**row, "occurred_at": "1780315201"}]
    events, refused = desk.admit_rows([*alike, *others])
    assert refused == {}
    ids = [events[number][0]["source_event_id"] for number in range(1, len(alike) + len(others) + 1)]
    assert all(derived.startswith("derived-") and len(derived) == 40 for derived in ids)
    assert ids[0] == ids[1] == ids[2]
    assert len(set(ids)) == 1 + len(others)


CONTENT: dict[str, Any] = {
    "source_event_id": "m1",
    "activity": "order_completed",
    "occurred_at": NOON,
    "channel": "email",
    "utm_campaign": "June",
    "page_url": "/cart",
    "topic": "shoes",
    "category": "promotion",
    "subject": "Hello",
    "order_id": "1",
    "device": "mobile",
    "country": "DE",
    "amount": "1",
    "currency": "EUR",
    "score": "1",
    "is_machine": True,
}


OTHER = {"occurred_at": "2026-06-01T12:00:01Z", "is_machine": False, "currency": "USD", "page_url": "/"}
NEVER_NULL = ("source_event_id", "activity", "occurred_at", "is_machine")


def test_the_content_hash_covers_every_column(desk: Bench) -> None:
    others = [{**CONTENT, column: OTHER.get(column, "2")} for column in CONTENT]
    others += [{**CONTENT, column: None} for column in CONTENT if column not in NEVER_NULL]
    others += [{**CONTENT, "identities": someone("u2")}, {**CONTENT, "source": "app"}]
    others += [{**CONTENT, "user_agent": "curl/8.5.0"}]
    events, refused = desk.admit_rows([CONTENT, *others])
    assert refused == {}
    assert len({events[number][0]["content_hash"] for number in range(1, len(others) + 2)}) == len(others) + 1


def test_the_content_hash_is_the_same_for_a_late_copy(desk: Bench) -> None:
    copy = {
        **CONTENT,
        "load_id": 9,
        "received_at": NOON,
        "occurred_at": "2026-06-01T14:00:00.000+02:00",
        "amount": "1.00",
    }
    events, _ = desk.admit_rows([CONTENT, copy])
    assert events[1][0]["content_hash"] == events[2][0]["content_hash"]


def test_a_value_does_not_slip_from_one_column_into_the_next(desk: Bench) -> None:
    base = {"source_event_id": "m1", "identities": someone("u1")}
    rows = [{**base, "topic": "a", "category": "b"}, {**base, "topic": "a\x1fb"}, {**base, "category": "a\x1fb"}]
    events, _ = desk.admit_rows([*rows, {**base, "topic": "b", "category": "a"}])
    assert len({events[number][0]["content_hash"] for number in range(1, 5)}) == 4


def test_one_malformed_contribution_refuses_the_whole_raw_row(desk: Bench) -> None:
    rows: list[dict[str, Any]] = [
        {"row_number": 5, "source_event_id": "order"},
        {"row_number": 5, "source_event_id": "refund", "amount": "much"},
        {"row_number": 6, "source_event_id": "other"},
    ]
    events, refused = desk.admit_rows(rows)
    assert [event["source_event_id"] for event in events[6]] == ["other"]
    assert list(events) == [6]
    assert {number: code for number, (code, _) in refused.items()} == {5: "number"}


def test_what_staging_refused_stays_refused_with_its_reason(desk: Bench) -> None:
    _, refused = desk.admit_rows(
        [{"reject_code": "not_of_format", "reject_reason": "type is 'x'", "occurred_at": None}]
    )
    assert refused == {1: ("not_of_format", "type is 'x'")}


def test_an_empty_batch_is_no_fault(desk: Bench) -> None:
    desk.put([{}])
    desk.warehouse.execute("delete from admission.staged")
    assert desk.admit() == ({}, {})


def test_the_rules_do_not_depend_on_what_else_is_in_the_batch(desk: Bench) -> None:
    alone = desk.event(source_event_id="m1", occurred_at=datetime(2026, 6, 1).isoformat() + "Z")
    together, _ = desk.admit_rows(
        [
            {"source_event_id": "m1", "occurred_at": "2026-06-01T00:00:00Z"},
            *({"source_event_id": f"n{n}"} for n in range(9)),
        ]
    )
    assert alone == together[1][0]
