"""The corpus in the shape of webhook bodies: JSON lists, of the whole file or one per line."""

import gzip
from collections.abc import Mapping
from typing import Any

from corpus.case import Case, among, line, lines, listed


def row(number: int, **more: Any) -> Mapping[str, Any]:
    record: dict[str, Any] = {
        "email": f"person{number}@example.com",
        "event": "open",
        "timestamp": 1779962400 + number,
        "sg_event_id": f"e{number}",
        "sg_message_id": f"s{number}",
        "category": ["newsletter", "may"],
    }
    return record | more


GOOD = lines(row)
BODIES = b"".join(b"[" + b",".join(x.strip() for x in GOOD[at : at + 10]) + b"]\n" for at in range(0, 100, 10))
PRETTY = listed(row, between=b",\n    ").replace(b"{", b"{\n      ").replace(b'", "', b'",\n      "')
LATIN = b'{"email": "caf\xe9@example.com", "event": "open", "timestamp": 1, "sg_event_id": "x"}'
MORE = line(row(500)).strip()

CASES = [
    Case("ok", {"a.jsonl": among(row)}),
    Case("batch_is_array", {"a.json": listed(row)}),
    Case("batch_is_pretty", {"a.json": PRETTY}),
    Case("array_per_line", {"a.json": BODIES}),
    Case("array_per_line_gz", {"a.json.gz": gzip.compress(BODIES)}),
    Case("arrays_without_newline", {"a.json": BODIES.replace(b"\n", b"")}),
    Case("arrays_and_objects", {"a.json": BODIES + MORE + b"\n"}, accepted=101),
    Case("objects_then_arrays", {"a.json": MORE + b"\n" + BODIES}, accepted=101),
    Case("array_with_bom", {"a.json": b"\xef\xbb\xbf" + listed(row)}),
    Case("array_in_utf16", {"a.json": b"\xff\xfe" + listed(row).decode().encode("utf-16-le")}, warns="UTF-16"),
    Case(
        "noise_between_arrays", {"a.json": BODIES.replace(b"]\n", b"]\nerror 500 {\n", 3)}, rejected={"json_syntax": 3}
    ),
    Case("empty_array", {"a.json": b"[]"}, accepted=0, warns="the file has no rows", is_refused=True),
    Case(
        "array_cut_within_an_element", {"a.json": listed(row)[:-1] + b"," + MORE[:-9]}, rejected={"json_truncated": 1}
    ),
    Case("array_cut_after_an_element", {"a.json": listed(row)[:-1]}, warns="the list is not closed"),
    Case(
        "scalars_in_an_array",
        {"a.json": listed(row, b"42", b"null", b'"text"')},
        rejected={"not_object": 3},
    ),
    Case("latin1_byte_in_an_array", {"a.json": listed(row, LATIN)}, rejected={"encoding": 1}),
    Case("nul_in_an_array", {"a.json": listed(row, b'{"email": "a\0"}')}, rejected={"control_char": 1}),
    Case("syntax_in_an_array", {"a.json": listed(row, b'{"email": oops}', b'{"x": 1,}')}, rejected={"json_syntax": 2}),
    Case("unclosed_text_in_an_array", {"a.json": listed(row, b'{"email": "open end}')}, rejected={"json_syntax": 1}),
    Case("unclosed_brace_in_an_array", {"a.json": listed(row, b'{"email": "a"')}, rejected={"json_syntax": 1}),
    Case(
        "duplicate_key_in_an_array",
        {"a.json": listed(row, b'{"email": "a", "email": "b"}')},
        rejected={"duplicate_key": 1},
    ),
    Case(
        "element_of_10mb",
        {"a.json": listed(row, b'{"email": "' + b"x" * 10_000_000 + b'"}')},
        rejected={"too_long": 1},
        holds=["(select length(payload) from run.rejected_event) = 65536"],
    ),
    Case("redelivered_webhook", {"a.json": listed(row), "b.json": BODIES}, duplicates=100),
    Case("time_as_float", {"a.jsonl": among(row, line(row(500, timestamp=1779962400.25)))}, accepted=101),
    Case(
        "event_renamed",
        {"a.json": listed(row, MORE.replace(b'"event"', b'"evnt"'))},
        rejected={"missing_required": 1},
    ),
]
