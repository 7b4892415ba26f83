"""Delimited text → rows: JSON objects keyed by the header, all values text, an empty one null.

Fields go by the name of their column, never by position. An unclosed quote costs its own row: reading goes on with the
next line. The row number is the number of the row's first line; the header is line 1.
"""

import csv
import json
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from journey_analytics.errors import nearest
from journey_analytics.sources.json_text import RowError, too_long
from journey_analytics.sources.lines import Block, LongLine, blocks, utf8_chunks
from journey_analytics.sources.rows import Batches, FileRefusedError, Limits, RefusedRow, RowBatch, Warn, shown

_EXTENT_IS_CERTAIN = ("encoding", "control_char")
_DELIMITERS = (";", "\t", "|", ",")


def csv_batches(
    chunks: Iterable[bytes], *, delimiter: str, required: Sequence[str], limits: Limits, warn: Warn
) -> Batches:
    """The rows of a delimited file with a header.

    Raises:
        FileRefusedError: `missing_column` when the header lacks a required one, `duplicate_column`.
    """
    # The csv module's bound is global and smaller than ours; rows are bounded by their lines here.
    csv.field_size_limit(limits.row_bytes * 2)
    reader = _CsvReader(blocks(utf8_chunks(chunks, warn=warn), limits), delimiter, limits)
    header = reader.header()
    if header is None:
        return
    _check_header(header, required, delimiter)
    yield from reader.batches(header)


def _check_header(header: Sequence[str], required: Sequence[str], delimiter: str) -> None:
    for name in header:
        if header.count(name) > 1:
            raise FileRefusedError("duplicate_column", f"the header names the column {name!r} twice")
    missing = [name for name in required if name not in header]
    if missing:
        hints = "; ".join(f"{name!r} is missing, {nearest(name, header)}" for name in missing)
        reason = f"the header lacks a required column: {hints}{_delimiter_hint(header, delimiter)}"
        raise FileRefusedError("missing_column", reason)


def _delimiter_hint(header: Sequence[str], delimiter: str) -> str:
    """What to set when the names still hold another usual delimiter: the most frequent one."""
    text = "".join(header).replace(delimiter, "")
    likeliest = max(_DELIMITERS, key=text.count)
    # As TOML writes it: a tab is "\\t".
    shown_so = json.dumps(likeliest)
    return f"; the header contains {shown_so}: set delimiter = {shown_so} for this source" if likeliest in text else ""


class _Lines:
    """Lines that can be handed back, each with its number."""

    def __init__(self, found: Iterable[Block]) -> None:
        self._found = (line for block in found for line in block.lines)
        self._waiting: deque[tuple[int, bytes | LongLine]] = deque()
        self._number = 0

    def take(self) -> tuple[int, bytes | LongLine] | None:
        if self._waiting:
            return self._waiting.popleft()
        line = next(self._found, None)
        if line is None:
            return None
        self._number += 1
        return self._number, line

    def give_back(self, lines: Sequence[tuple[int, bytes | LongLine]]) -> None:
        self._waiting.extendleft(reversed(lines))


class _CsvReader:
    """Assembles records from lines. `_taken` are the lines of the record at hand."""

    def __init__(self, found: Iterable[Block], delimiter: str, limits: Limits) -> None:
        self._lines = _Lines(found)
        self._delimiter = delimiter
        self._limits = limits
        self._taken: list[tuple[int, bytes | LongLine]] = []
        self._taken_bytes = 0
        self._records = self._new_records()

    def _new_records(self) -> Iterator[list[str]]:
        return csv.reader(self._texts(), delimiter=self._delimiter, strict=True)

    def _texts(self) -> Iterator[str]:
        while (found := self._lines.take()) is not None:
            self._taken.append(found)
            line = found[1]
            if isinstance(line, LongLine):
                raise too_long(line.byte_count, self._limits)
            self._taken_bytes += len(line)
            if len(self._taken) > self._limits.quoted_lines or self._taken_bytes > self._limits.row_bytes:
                raise RowError("unclosed_quote", "a quote is opened and not closed")
            # Bytes that are no UTF-8 travel as lone surrogates: the record is refused once it is whole.
            yield line.decode("utf-8", "surrogateescape") + "\n"

    def header(self) -> list[str] | None:
        """The names of the columns, trimmed; null for a file without any line."""
        try:
            for record in self._records:
                self._start()
                if record:
                    return [name.strip() or f"column_{place}" for place, name in enumerate(record, 1)]
        except (csv.Error, RowError) as error:
            raise FileRefusedError("missing_column", f"the header cannot be read: {error}") from error
        return None

    def _start(self) -> None:
        self._taken, self._taken_bytes = [], 0

    def batches(self, header: Sequence[str]) -> Batches:
        batch = RowBatch()
        while self._record(batch, header):
            if batch.is_full(self._limits):
                yield batch
                batch = RowBatch()
        yield batch

    def _record(self, batch: RowBatch, header: Sequence[str]) -> bool:
        """Read one record into the batch; false at the end of the file."""
        try:
            fields = next(self._records, None)
            if fields is None:
                return False
            if fields and not (len(fields) == 1 and not fields[0].strip()):
                batch.add(self._taken[0][0], _payload(fields, header, self._taken))
        except (csv.Error, RowError) as error:
            self._refuse(batch, error)
        self._start()
        return True

    def _refuse(self, batch: RowBatch, error: csv.Error | RowError) -> None:
        """Refuse the record; unless its extent is certain, only its first line, and read the others afresh."""
        found = error if isinstance(error, RowError) else RowError("unclosed_quote", f"a misplaced quote: {error}")
        (number, _), *others = self._taken
        if others and found.code not in _EXTENT_IS_CERTAIN:
            found = RowError("unclosed_quote", "a quote is opened and not closed")
            self._lines.give_back(others)
            del self._taken[1:]
        raw = b"\n".join(line.prefix if isinstance(line, LongLine) else line for _, line in self._taken)
        batch.refuse(RefusedRow(number, found.code, found.reason, shown(raw, self._limits)))
        self._records = self._new_records()


def _payload(fields: list[str], header: Sequence[str], taken: list[tuple[int, bytes | LongLine]]) -> str:
    if len(fields) != len(header):
        code = "too_few_fields" if len(fields) < len(header) else "too_many_fields"
        raise RowError(code, f"the row has {len(fields)} fields, the header {len(header)}")
    text = json.dumps({name: value or None for name, value in zip(header, fields, strict=True)}, ensure_ascii=False)
    if not text.isascii():
        _require_utf8(taken)
    if "\\u0000" in text and any("\0" in value for value in fields):
        raise RowError("control_char", "the row contains a NUL character")
    return text


def _require_utf8(taken: list[tuple[int, bytes | LongLine]]) -> None:
    try:
        for _, line in taken:
            line.decode()  # type: ignore[union-attr]
    except UnicodeDecodeError as error:
        bad = error.object[error.start]
        raise RowError("encoding", f"byte {error.start + 1} of the line (0x{bad:02x}) is no UTF-8") from error
