"""The readers on their own: every row read is either handed on or refused, whatever the bytes and however they come."""

import csv
import gzip
import io
import json
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from journey_analytics.sources import DEFAULT_LIMITS, FileRead, FileRefusedError, Limits
from journey_analytics.sources.rows import RefusedRow, RowBatch

SMALL = Limits(row_bytes=200, payload_characters=20, chunk_bytes=16, batch_rows=3)


def read(
    content: bytes,
    reader: str = "json",
    *,
    limits: Limits = DEFAULT_LIMITS,
    delimiter: str = ",",
    required: tuple[str, ...] = (),
) -> tuple[list[tuple[int, dict]], list[RefusedRow], FileRead]:
    """Readable rows with their numbers, refused rows, and the reading with its warnings."""
    reading = FileRead(limits)
    batches = reading.batches(io.BytesIO(content), name="a", reader=reader, delimiter=delimiter, required=required)
    rows, refused = _gathered(batches)
    return rows, refused, reading


def _gathered(batches: Iterator[RowBatch]) -> tuple[list[tuple[int, dict]], list[RefusedRow]]:
    rows, refused = [], []
    for batch in batches:
        rows += [(number, json.loads(text)) for number, text in zip(batch.numbers, batch.payloads, strict=True)]
        refused += batch.refused
    return rows, refused


def codes(refused: list[RefusedRow]) -> list[tuple[int, str]]:
    return [(row.row_number, row.code) for row in refused]


def test_a_row_number_is_the_number_of_its_line() -> None:
    rows, refused, _ = read(b'\n{"a": 1}\n\n{"a": 2}\nno\n{"a": 3}')
    assert rows == [(2, {"a": 1}), (4, {"a": 2}), (6, {"a": 3})]
    assert codes(refused) == [(5, "json_syntax")]


def test_elements_of_a_list_count_as_lines_of_their_own() -> None:
    rows, refused, _ = read(b'{"a": 0}\n[{"a": 1}, {"a": 2}, 3]\n{"a": 4}\n[]\n')
    assert rows == [(1, {"a": 0}), (2, {"a": 1}), (3, {"a": 2}), (5, {"a": 4})]
    assert codes(refused) == [(4, "not_object"), (6, "not_object")]


def test_a_long_line_is_cut_in_quarantine_and_its_neighbours_stay() -> None:
    rows, refused, _ = read(b'{"a": 1}\n' + b"x" * 5000 + b'\n{"a": 2}\n', limits=SMALL)
    assert rows == [(1, {"a": 1}), (3, {"a": 2})]
    assert [(row.row_number, row.code, row.payload) for row in refused] == [(2, "too_long", "x" * 20)]
    assert "5,000" in refused[0].reason


def test_numbers_keep_their_digits() -> None:
    _, _, reading = read(b"")
    batches = reading.batches(
        io.BytesIO(b'{"id": 12345678901234567890123, "price": 12.50}'),
        name="a",
        reader="json",
        delimiter=",",
        required=(),
    )
    assert next(batches).payloads == ['{"id": 12345678901234567890123, "price": 12.50}']


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
RECORDS = st.lists(st.dictionaries(st.text(), JSON, max_size=4), max_size=8)


def _plain(value: object) -> object:
    """As the reader hands it on: the escaped NUL replaced."""
    return json.loads(json.dumps(value).replace("\\u0000", "\\ufffd"))


@settings(max_examples=150, deadline=None)
@given(
    records=RECORDS.filter(lambda rows: all("\\" not in json.dumps(row, ensure_ascii=False) for row in rows)),
    data=st.data(),
)
def test_what_was_written_is_read_however_it_is_cut_and_framed(records: list[dict], data: st.DataObject) -> None:
    ascii_only = data.draw(st.booleans())
    texts = [json.dumps(record, ensure_ascii=ascii_only) for record in records]
    framed = data.draw(st.sampled_from(["lines", "list", "pretty"]))
    content = {
        "lines": "\n".join(texts),
        "list": "[" + ",".join(texts) + "]",
        "pretty": json.dumps(records, indent=2, ensure_ascii=ascii_only),
    }[framed]
    limits = Limits(chunk_bytes=data.draw(st.integers(1, 40)), batch_rows=data.draw(st.integers(1, 5)))
    rows, refused, _ = read(content.encode("utf-8"), limits=limits)
    assert refused == []
    assert [record for _, record in rows] == [_plain(record) for record in records]


@settings(max_examples=300, deadline=None)
@given(
    content=st.binary(max_size=200) | st.text(alphabet='{}[]",:\\ab1\n\r\0 é', max_size=120).map(str.encode),
    size=st.integers(1, 50),
)
def test_any_bytes_are_read_or_refused_and_never_fail(content: bytes, size: int) -> None:
    limits = Limits(chunk_bytes=size, row_bytes=60, payload_characters=30, batch_rows=4)
    try:
        rows, refused, _ = read(content, limits=limits)
    except FileRefusedError as error:
        assert error.code in ("gzip_truncated", "gzip_corrupt")
        return
    numbers = [number for number, _ in rows] + [row.row_number for row in refused]
    assert len(numbers) == len(set(numbers))
    for row in refused:
        row.payload.encode()
        assert row.code
        assert len(row.payload) <= 30


@settings(max_examples=200, deadline=None)
@given(
    content=st.binary(max_size=150) | st.text(alphabet='",;ab\n\r\0 é', max_size=120).map(str.encode),
    size=st.integers(1, 50),
)
def test_any_bytes_of_a_table_are_read_or_refused_and_never_fail(content: bytes, size: int) -> None:
    limits = Limits(chunk_bytes=size, row_bytes=60, payload_characters=30, batch_rows=4)
    try:
        rows, refused, _ = read(content, "csv", limits=limits)
    except FileRefusedError:
        return
    numbers = [number for number, _ in rows] + [row.row_number for row in refused]
    assert len(numbers) == len(set(numbers))
    assert all(len(record) == len(rows[0][1]) for _, record in rows)


CELL = st.text(alphabet=st.characters(exclude_characters="\r\0", exclude_categories=("Cs",)), max_size=12)


@settings(max_examples=150, deadline=None)
@given(
    table=st.lists(st.tuples(CELL, CELL, CELL), max_size=8), size=st.integers(1, 60), delimiter=st.sampled_from(",;\t")
)
def test_a_table_is_read_as_it_was_written(table: list[tuple[str, str, str]], size: int, delimiter: str) -> None:
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows([("one", "two", "three"), *table])
    limits = Limits(chunk_bytes=size, batch_rows=2)
    rows, refused, _ = read(written.getvalue().encode(), "csv", limits=limits, delimiter=delimiter)
    assert refused == []
    assert [tuple(record.values()) for _, record in rows] == [tuple(cell or None for cell in row) for row in table]


@pytest.mark.parametrize(
    ("delimiter", "other", "shown"), [(",", ";", '";"'), (",", "\t", r'"\t"'), (",", "|", '"|"'), (";", ",", '","')]
)
def test_a_header_with_another_delimiter_says_what_to_set(delimiter: str, other: str, shown: str) -> None:
    header = other.join(["id", "role", "email"]).encode()
    with pytest.raises(FileRefusedError) as caught:
        read(header + b"\n", "csv", delimiter=delimiter, required=("id",))
    hint = f"the header contains {shown}: set delimiter = {shown} for this source"
    assert (caught.value.code, caught.value.reason.endswith(hint)) == ("missing_column", True)
    with pytest.raises(FileRefusedError) as caught:
        read(b"role,email\n", "csv", required=("id",))
    assert "set delimiter" not in caught.value.reason


def test_an_unclosed_quote_costs_one_row_of_a_long_table() -> None:
    content = 'a,b\n1,"open\n' + "".join(f"{number},x\n" for number in range(10_000))
    rows, refused, _ = read(content.encode(), "csv")
    assert len(rows) == 10_000
    assert codes(refused) == [(2, "unclosed_quote")]


@pytest.mark.parametrize(("gap", "expected"), [(0, 1), (5, 1), (3000, 2)])
def test_two_stray_quotes_cost_at_most_a_row_each(gap: int, expected: int) -> None:
    content = 'a,b\n1,"open\n' + "2,x\n" * gap + '3,"end\n4,y\n'
    rows, refused, _ = read(content.encode(), "csv")
    assert len(rows) >= gap + 1
    assert len(refused) in (expected, 2)


def test_a_gzip_name_with_an_empty_file_is_an_empty_file() -> None:
    reading = FileRead(Limits())
    batches = reading.batches(io.BytesIO(b""), name="a.jsonl.gz", reader="json", delimiter=",", required=())
    assert _gathered(batches) == ([], [])


@settings(max_examples=60, deadline=None)
@given(size=st.integers(2, 64), cut=st.integers(1, 60), members=st.integers(1, 3))
def test_gzip_is_read_whole_or_refused(size: int, cut: int, members: int) -> None:
    content = b"".join(gzip.compress(b'{"a": %d}\n' % number, mtime=0) for number in range(members))
    limits = Limits(chunk_bytes=size)
    rows, refused, _ = read(content, limits=limits)
    assert ([record["a"] for _, record in rows], refused) == (list(range(members)), [])
    last = gzip.compress(b'{"a": 0}\n', mtime=0)
    if cut < len(last) - 1:
        with pytest.raises(FileRefusedError) as caught:
            read(content[:-cut], limits=limits)
        assert caught.value.code in ("gzip_truncated", "gzip_corrupt")


def test_a_long_line_and_a_bomb_need_little_memory() -> None:
    bomb = gzip.compress(b"x" * (200 << 20), compresslevel=1)
    tracemalloc.start()
    with pytest.raises(FileRefusedError, match="200 times"):
        read(bomb)
    _, refused, _ = read(b'{"a": "' + b"x" * (30 << 20) + b'"}')
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert codes(refused) == [(1, "too_long")]
    assert peak < 100 << 20


def test_parquet_rows_become_objects_of_plain_values() -> None:
    table = pa.table(
        {
            "id": [1, 2],
            "price": pa.array([Decimal("12.50"), None], pa.decimal128(10, 2)),
            "at": pa.array([datetime(2026, 5, 1, tzinfo=UTC), None], pa.timestamp("us", "UTC")),
            "share": [0.5, float("nan")],
            "tags": [["a", "b"], None],
        }
    )
    written = io.BytesIO()
    parquet.write_table(table, written)
    rows, refused, _ = read(written.getvalue(), "parquet", required=("id",))
    assert refused == []
    assert rows[0] == (
        1,
        {"id": 1, "price": "12.50", "at": "2026-05-01T00:00:00+00:00", "share": 0.5, "tags": ["a", "b"]},
    )
    assert rows[1] == (2, {"id": 2, "price": None, "at": None, "share": None, "tags": None})
    with pytest.raises(FileRefusedError, match="'idd' is missing, did you mean 'id'") as caught:
        read(written.getvalue(), "parquet", required=("idd",))
    assert caught.value.code == "missing_column"
