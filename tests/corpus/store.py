"""The corpus in the shape of orders: JSON lines with nested lists."""

from collections.abc import Mapping
from typing import Any

from corpus.case import Case, among, line, listed


def row(number: int, **more: Any) -> Mapping[str, Any]:
    record: dict[str, Any] = {
        "id": 1000 + number,
        "email": f"person{number}@example.com",
        "created_at": f"2026-05-{1 + number % 28:02d}T10:{number % 60:02d}:00+02:00",
        "source_name": "pos",
        "total_price": "25.00",
        "currency": "EUR",
        "line_items": [{"title": "Shoe", "product_type": "shoes"}, {"title": "Sock", "product_type": "socks"}],
    }
    return record | more


CASES = [
    Case("ok", {"a.jsonl": among(row)}),
    Case("file_is_one_list", {"a.json": listed(row)}),
    # The inner lists look like rows: the next row is found by the keys it has in common with the last.
    Case(
        "unclosed_text_in_a_list",
        {"a.json": listed(row, line(row(500)).strip().replace(b'"Shoe"', b'"Shoe'))},
        rejected={"json_syntax": 1},
    ),
    Case(
        "created_at_missing", {"a.jsonl": among(row, b'{"id": 1, "createdat": "x"}')}, rejected={"missing_required": 1}
    ),
    Case("euro_sign", {"a.jsonl": among(row, line(row(500, total_price="€9.99")))}, rejected={"number": 1}),
    Case("currency_wrong", {"a.jsonl": among(row, line(row(500, currency="euros")))}, rejected={"currency": 1}),
    Case("nobody", {"a.jsonl": among(row, line(row(500, email=None)))}, rejected={"no_identity": 1}),
    Case(
        "exported_again_after_a_change",
        {"a.jsonl": among(row), "b.jsonl": among(lambda number: row(number, tags="vip"))},
        duplicates=100,
    ),
]
