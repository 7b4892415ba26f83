"""The corpus in the shape of web messages: JSON lines."""

import gzip
import json
from collections.abc import Mapping
from typing import Any

from corpus.case import Case, among, line, lines, listed

LONG = 10_000_000


def row(number: int, **more: Any) -> Mapping[str, Any]:
    record: dict[str, Any] = {
        "messageId": f"m{number}",
        "type": "track",
        "event": "Product Viewed",
        "anonymousId": f"visitor-{number}",
        "timestamp": f"2026-05-{1 + number % 28:02d}T10:{number % 60:02d}:00.000Z",
        "receivedAt": f"2026-05-{1 + number % 28:02d}T10:{number % 60:02d}:01.000Z",
        "properties": {"category": "shoes", "price": 12.5},
        "context": {"page": {"url": "https://shop.example/products/shoes/1"}},
    }
    return record | more


def without(number: int, key: str, **more: Any) -> bytes:
    return line({name: value for name, value in row(number, **more).items() if name != key})


ALL = among(row)
NEXT = line(row(500))
DEEP = b'{"messageId": "deep", "type": "page", "x": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"
CRC_BROKEN = gzip.compress(ALL)[:-8] + b"\1\2\3\4" + gzip.compress(ALL)[-4:]
INSTANT = "epoch_us(occurred_at) = 1779962400000000"
"""2026-05-28 10:00:00 UTC"""


def instant(number: int, timestamp: object) -> bytes:
    return line(row(number, timestamp=timestamp))


CASES = [
    Case("ok", {"a.jsonl": ALL}),
    Case("last_line_cut", {"a.jsonl": ALL + NEXT[:-20]}, rejected={"json_truncated": 1}),
    Case("last_line_without_newline", {"a.jsonl": ALL + NEXT[:-1]}, accepted=101),
    Case("bad_json_mid", {"a.jsonl": among(row, NEXT[:-20])}, rejected={"json_syntax": 1}),
    Case("trailing_comma", {"a.jsonl": among(row, b'{"messageId": "x",}')}, rejected={"json_syntax": 1}),
    Case("two_objects_in_a_line", {"a.jsonl": among(row, NEXT.strip() + NEXT)}, rejected={"json_syntax": 1}),
    Case(
        "nan_and_infinity",
        {"a.jsonl": among(row, b'{"x": NaN}', b'{"x": -Infinity}')},
        rejected={"json_syntax": 2},
    ),
    Case("number_of_5000_digits", {"a.jsonl": among(row, b'{"x": ' + b"9" * 5000 + b"}")}, rejected={"json_syntax": 1}),
    Case(
        "scalar_array_null_lines",
        {"a.jsonl": among(row, b"42", b"[1, 2]", b"null")},
        rejected={"not_object": 3},
    ),
    Case("blank_lines_crlf", {"a.jsonl": ALL.replace(b"\n", b"\r\n\r\n  \r\n")}),
    Case("newlines_cr_only", {"a.jsonl": ALL.replace(b"\n", b"\r")}),
    Case("newlines_mixed", {"a.jsonl": ALL.replace(b"\n", b"\r", 30).replace(b"\n", b"\r\n", 30)}),
    Case("bom", {"a.jsonl": b"\xef\xbb\xbf" + ALL}),
    Case("utf16le_bom", {"a.jsonl": b"\xff\xfe" + ALL.decode().encode("utf-16-le")}, warns="UTF-16"),
    Case("utf16be_bom", {"a.jsonl": b"\xfe\xff" + ALL.decode().encode("utf-16-be")}, warns="UTF-16"),
    Case(
        "utf16_cut_within_a_character",
        {"a.jsonl": b"\xff\xfe" + (ALL + NEXT).decode().encode("utf-16-le")[:-41]},
        rejected={"encoding": 1},
        warns="UTF-16",
    ),
    Case(
        "latin1_byte",
        {"a.jsonl": among(row, b'{"messageId": "x", "name": "caf\xe9"}')},
        rejected={"encoding": 1},
        holds=[
            "(select reason from run.rejected_event) = 'byte 32 of the row (0xe9) is no UTF-8'",
            r"(select payload from run.rejected_event) like '%caf\xe9%'",
            "(select row_number from run.rejected_event) = 32",
        ],
    ),
    Case("lone_surrogate", {"a.jsonl": among(row, b'{"type": "page", "x": "\\ud83d!"}')}, rejected={"encoding": 1}),
    Case(
        "surrogate_pair_is_fine",
        {
            "a.jsonl": among(
                row,
                b'{"messageId":"p","type":"page","anonymousId":"v",'
                b'"timestamp":"2026-05-01T00:00:00Z","x":"\\ud83d\\ude00"}',
            )
        },
        accepted=101,
    ),
    Case(
        "raw_nul",
        {"a.jsonl": among(row, b'{"type": "pa\0ge"}', b'{"type": \0"page"}')},
        rejected={"control_char": 2},
        holds=[r"(select count(*) from run.rejected_event where payload like '%\x00%') = 2"],
    ),
    Case("raw_tab", {"a.jsonl": among(row, b'{"type": "pa\tge"}')}, rejected={"control_char": 1}),
    Case(
        "escaped_nul",
        {"a.jsonl": among(row, line(row(500, event="Product\0Viewed")), line(row(501, name="\\u0000")))},
        accepted=102,
        warns="NUL was replaced",
        holds=[
            "(select count(*) from raw.segment where contains(payload, '\\u0000')) = 1",
            "(select payload ->> '$.event' from raw.segment where payload ->> '$.messageId' = 'm500')"
            " = 'Product\ufffdViewed'",
            r"(select payload ->> '$.name' from raw.segment where payload ->> '$.messageId' = 'm501') = '\u0000'",
        ],
    ),
    Case(
        "duplicate_key",
        {"a.jsonl": among(row, b'{"type": "page", "type": "track"}', b'{"x": {"a": 1, "a": 2}}')},
        rejected={"duplicate_key": 2},
    ),
    Case("nested_too_deeply", {"a.jsonl": among(row, DEEP)}, rejected={"too_deep": 1}),
    Case(
        "line_20mb",
        {"a.jsonl": among(row, b'{"x": "' + b"y" * 20_000_000 + b'"}')},
        rejected={"too_long": 1},
        holds=["(select length(payload) from run.rejected_event) = 65536"],
    ),
    Case("text_of_10mb", {"a.jsonl": among(row, line(row(500, name="z" * LONG)))}, rejected={"too_long": 1}),
    Case(
        "text_of_1mb",
        {"a.jsonl": among(row, line(row(500, name="z" * 1_000_000)))},
        accepted=101,
        holds=["(select max(length(payload)) from raw.segment) > 1000000"],
    ),
    Case("line_20mb_at_the_end", {"a.jsonl": ALL + b'{"x": "' + b"y" * 20_000_000}, rejected={"too_long": 1}),
    Case("gz", {"a.jsonl.gz": gzip.compress(ALL)}),
    Case("gz_without_its_name", {"a.jsonl": gzip.compress(ALL)}),
    Case("two_members", {"a.jsonl.gz": gzip.compress(ALL) + gzip.compress(b"".join(lines(row, range(100, 200))))}, 200),
    Case("gz_padded_with_zeros", {"a.jsonl.gz": gzip.compress(ALL) + b"\0" * 512}),
    Case("truncated", {"a.jsonl.gz": gzip.compress(ALL)[:-30]}, rejected={"gzip_truncated": 1}, is_refused=True),
    Case("bad_crc", {"a.jsonl.gz": CRC_BROKEN}, rejected={"gzip_corrupt": 1}, is_refused=True),
    Case("not_gz", {"a.jsonl.gz": ALL}, rejected={"not_gzip": 1}, is_refused=True),
    Case("empty", {"a.jsonl": ALL, "b.jsonl": b""}, warns="the file is empty"),
    Case("same_file_again", {"a.jsonl": ALL, "b.jsonl": ALL}, duplicates=100),
    Case(
        "same_events_other_name_and_order",
        {"a.jsonl": ALL, "b.jsonl": b"".join(reversed(ALL.splitlines(keepends=True)))},
        duplicates=100,
    ),
    Case(
        "same_events_written_differently",
        {
            "a.jsonl": ALL,
            "b.jsonl": b"".join(
                json.dumps(json.loads(x), sort_keys=True, indent=None).encode() + b"\n" for x in ALL.splitlines()
            ),
        },
        duplicates=100,
    ),
    Case(
        "same_id_other_payload",
        {"a.jsonl": ALL + line(row(7, event="Cart Viewed", receivedAt="2026-05-30T00:00:00Z"))},
        rejected={"id_conflict": 1},
    ),
    Case(
        "timestamp_renamed",
        {"a.jsonl": among(row, without(500, "timestamp", timestmp="2026-05-01T00:00:00Z"))},
        rejected={"missing_required": 1},
        holds=["(select reason from run.rejected_event) like '%''timestamp'' is missing, did you mean ''timestmp''?%'"],
    ),
    Case("type_unknown", {"a.jsonl": among(row, line(row(500, type="pagee")))}, rejected={"not_of_format": 1}),
    Case("ids_null", {"a.jsonl": among(row, line(row(500, anonymousId=None)))}, rejected={"no_identity": 1}),
    Case("message_id_null", {"a.jsonl": among(row, line(row(500, messageId=None)))}, accepted=101),
    Case(
        "message_id_missing_twice",
        {"a.jsonl": among(row, without(500, "messageId"), without(500, "messageId"))},
        accepted=101,
        duplicates=1,
        holds=["(select count(*) from staging.event where source_event_id like 'derived-%') = 1"],
    ),
    Case("time_null", {"a.jsonl": among(row, instant(500, None))}, rejected={"missing_time": 1}),
    Case("time_unreadable", {"a.jsonl": among(row, instant(500, "yesterday"))}, rejected={"unreadable_time": 1}),
    Case(
        "epoch_zero",
        {"a.jsonl": among(row, instant(500, 0), instant(501, "1970-01-01T00:00:00Z"))},
        rejected={"epoch_zero": 2},
    ),
    Case("future", {"a.jsonl": among(row, instant(500, "2036-01-01T00:00:00Z"))}, rejected={"future_time": 1}),
    Case("too_old", {"a.jsonl": among(row, instant(500, "1980-01-01T00:00:00Z"))}, rejected={"too_old": 1}),
    Case(
        "naive_no_zone_declared", {"a.jsonl": among(row, instant(500, "2026-05-01T10:00:00"))}, rejected={"no_zone": 1}
    ),
    Case(
        "naive_with_zone_declared",
        {"a.jsonl": among(row, instant(500, "2026-05-28T12:00:00"))},
        accepted=101,
        time_zone="Europe/Berlin",
        holds=[f"(select count(*) from staging.event where source_event_id = 'm500' and {INSTANT}) = 1"],
    ),
    Case(
        "offset_0530",
        {"a.jsonl": among(row, instant(500, "2026-05-28T15:30:00+05:30"))},
        accepted=101,
        holds=[f"(select count(*) from staging.event where source_event_id = 'm500' and {INSTANT}) = 1"],
    ),
    Case(
        "seconds_ms_us",
        {"a.jsonl": among(row, instant(500, 1779962400), instant(501, 1779962400000), instant(502, 1779962400000000))},
        accepted=103,
        holds=[
            f"(select count(*) from staging.event where source_event_id in ('m500', 'm501', 'm502') and {INSTANT}) = 3"
        ],
    ),
    Case(
        "big_int_and_leading_zero_ids",
        {"a.jsonl": among(row, line(row(500, userId=12345678901234567890)), line(row(501, userId="007")))},
        accepted=102,
        holds=[
            "(select count(*) from staging.event where list_contains(list_transform(identities, "
            "lambda i: i.identity_value), '12345678901234567890')) = 1",
            "(select count(*) from staging.event where list_contains(list_transform(identities, "
            "lambda i: i.identity_value), '007')) = 1",
        ],
    ),
    Case(
        "rtl_zero_width_nfd_emoji",
        {"a.jsonl": among(row, line(row(500, name="\u202eabc\u200b e\u0301 👩‍👩‍👧")))},
        accepted=101,
        holds=["(select count(*) from raw.segment where payload ->> '$.name' = '\u202eabc\u200b e\u0301 👩‍👩‍👧') = 1"],
    ),
    Case("log_line_first", {"a.jsonl": b"[2026-05-01] starting {1}\n" + ALL}, rejected={"json_syntax": 1}),
    Case("list_of_numbers_first", {"a.jsonl": b"[1, 2]\n" + ALL}, rejected={"not_object": 1}),
    Case("file_is_one_list", {"a.json": listed(row)}),
    Case("column_added", {"a.jsonl": among(row, line(row(500, quite_new={"a": [1, 2]})))}, accepted=101),
    Case(
        "sql_in_a_value",
        {"a.jsonl": among(row, line(row(500, messageId="x'); drop table raw.segment; --")))},
        accepted=101,
    ),
]
