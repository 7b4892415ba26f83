"""JSON lines → rows. A line holds an object, or a list of objects (a webhook's body); blank lines are no rows.

The row number is the number of the line; each further element of a list counts as a line of its own.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from journey_analytics.sources.json_array import array_batches
from journey_analytics.sources.json_text import DECODER, fault, require_object, safe, too_long
from journey_analytics.sources.lines import Block, LongLine, blocks, utf8_chunks
from journey_analytics.sources.rows import Batches, Limits, RefusedRow, RowBatch, Warn, shown

_BLANK = b" \t\n\r"
_LIST = re.compile(rb"\s*\[\s*(?:[{\]]|$)")
"""The beginning of a list of objects, as against a line of something else that begins with a bracket."""


def json_batches(chunks: Iterable[bytes], *, limits: Limits, warn: Warn) -> Batches:
    """The rows of a JSON file: lists from end to end when it begins with one of objects, else lines."""
    stream = utf8_chunks(chunks, warn=warn)
    head = list(_until_something(stream))
    everything = chain(head, stream)
    if head and _LIST.match(head[-1]):
        return array_batches(everything, limits=limits, warn=warn)
    return _LineReader(limits, warn).batches(blocks(everything, limits))


def _until_something(stream: Iterator[bytes]) -> Iterator[bytes]:
    for chunk in stream:
        yield chunk
        if chunk.strip(_BLANK):
            return


class _LineReader:
    """Reads line by line, keeping the count."""

    def __init__(self, limits: Limits, warn: Warn) -> None:
        self._limits = limits
        self._warn = warn
        self._number = 0

    def batches(self, found: Iterable[Block]) -> Batches:
        batch = RowBatch()
        for block in found:
            for line in block.lines:
                self._number += 1
                self._read(line, batch, is_cut=block.is_cut)
            if batch.is_full(self._limits):
                yield batch
                batch = RowBatch()
        yield batch

    def _read(self, line: bytes | LongLine, batch: RowBatch, *, is_cut: bool) -> None:
        if isinstance(line, LongLine):
            batch.refuse(_refused(self._number, line, self._limits))
            return
        try:
            text = line.decode()
            value = DECODER.decode(text)
            if type(value) is not dict:
                self._read_other(text, value, batch)
            else:
                batch.add(self._number, safe(text, value, warn=self._warn) if "\\u" in text else text)
        except (ValueError, RecursionError) as error:
            if line and not line.isspace():
                code, reason = _why(error, line, is_cut=is_cut)
                batch.refuse(RefusedRow(self._number, code, reason, shown(line, self._limits)))

    def _read_other(self, text: str, value: object, batch: RowBatch) -> None:
        """A list with an object in it is a batch of rows; anything else is refused as one row."""
        if not isinstance(value, list) or not any(isinstance(element, dict) for element in value):
            require_object(value)
        before = self._number
        for part in array_batches([text.encode()], limits=self._limits, warn=self._warn, first_number=before):
            for number, payload in zip(part.numbers, part.payloads, strict=True):
                batch.add(number, payload)
            for refused in part.refused:
                batch.refuse(refused)
        self._number = before + len(value) - 1  # type: ignore[arg-type]


def _refused(number: int, line: LongLine, limits: Limits) -> RefusedRow:
    found = too_long(line.byte_count, limits)
    return RefusedRow(number, found.code, found.reason, shown(line.prefix, limits))


def _why(error: ValueError | RecursionError, line: bytes, *, is_cut: bool) -> tuple[str, str]:
    found = fault(error)
    if found.code == "json_syntax" and b"\0" in line:
        return "control_char", "the row contains a NUL character"
    if found.code == "json_syntax" and is_cut and line.lstrip(_BLANK).startswith(b"{"):
        return "json_truncated", f"the file ends within this row: {found.reason}"
    return found.code, found.reason
