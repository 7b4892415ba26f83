"""A JSON list of objects, or several one after the other → rows, in bounded memory however long the list is.

A broken element costs itself: its end is found by its brackets, or the next element by its keys.
"""

import codecs
import json
import re
from collections.abc import Iterable, Iterator, KeysView
from typing import Any

from journey_analytics.sources.json_text import DECODER, RowError, fault, require_object, safe, too_long
from journey_analytics.sources.rows import Batches, Limits, RefusedRow, RowBatch, Warn, cut

_BETWEEN = re.compile(r"[\s,]*")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)
_OBJECT = re.compile(r"[,\[\s]\s*\{")
NOT_CLOSED = "the list is not closed: the file may have been cut"
_LONGEST_WORD = len("-Infinity")
_LARGEST_SEARCH = 16
"""The end of a broken or overlong element is looked for within this many times the row limit."""


def array_batches(chunks: Iterable[bytes], *, limits: Limits, warn: Warn, first_number: int = 1) -> Batches:
    """The elements of top-level lists, and the objects between them, numbered from `first_number`."""
    yield from _ArrayReader(chunks, limits, warn, first_number).batches()


class _ArrayReader:
    """A window over the text that grows while an element is incomplete and moves on after it."""

    def __init__(self, chunks: Iterable[bytes], limits: Limits, warn: Warn, first_number: int) -> None:
        # Bytes that are no UTF-8 travel as lone surrogates, so that only their own element is refused.
        self._chunks = _texts(chunks)
        self._limits = limits
        self._warn = warn
        self._number = first_number - 1
        self._text = ""
        self._at = 0
        self._is_open = False
        self._keys: KeysView[str] = {}.keys()

    def batches(self) -> Batches:
        batch = RowBatch()
        while self._skip():
            if not self._bracket():
                self._element(batch)
            if batch.is_full(self._limits):
                yield batch
                batch = RowBatch()
        if self._is_open:
            self._warn(NOT_CLOSED)
        yield batch

    def _more(self) -> bool:
        """Read on until the window has at least doubled; false at the end of the file."""
        wanted = 2 * (len(self._text) - self._at) + 1
        parts = [self._text[self._at :]]
        size = len(parts[0])
        while size < wanted and (chunk := next(self._chunks, "")):
            parts.append(chunk)
            size += len(chunk)
        has_grown = len(parts) > 1
        self._text, self._at = "".join(parts), 0
        return has_grown

    def _skip(self) -> bool:
        """Move to the next thing that is neither space nor comma; false when there is none."""
        while True:
            self._at = _BETWEEN.match(self._text, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._text):
                return True
            if not self._more():
                return False

    def _bracket(self) -> bool:
        mark = self._text[self._at]
        if mark == "]" or (mark == "[" and not self._is_open):
            self._is_open = mark == "["
            self._at += 1
            return True
        return False

    def _element(self, batch: RowBatch) -> None:
        self._number += 1
        while True:
            try:
                value, end = DECODER.raw_decode(self._text, self._at)
            except (ValueError, RecursionError) as error:
                if self._may_go_on(error) and self._more_for_element():
                    continue
                self._broken(batch, fault(error))
                return
            # A number or word at the very end of the window may go on behind it.
            if end < len(self._text) or isinstance(value, dict) or not self._more():
                self._whole(batch, value, end)
                return

    def _may_go_on(self, error: ValueError | RecursionError) -> bool:
        """Whether the decoder may have failed for lack of text only."""
        if not isinstance(error, json.JSONDecodeError):
            return False
        return error.pos >= len(self._text) - _LONGEST_WORD or error.msg.startswith("Unterminated string")

    def _more_for_element(self) -> bool:
        return len(self._text) - self._at < _LARGEST_SEARCH * self._limits.row_bytes and self._more()

    def _whole(self, batch: RowBatch, value: Any, end: int) -> None:
        text, self._at = self._text[self._at : end], end
        try:
            _require_size(text, self._limits)
            require_object(value)
            batch.add(self._number, safe(_encodable(text), value, warn=self._warn))
            self._keys = value.keys()
        except RowError as found:
            self._refuse(batch, found, text)

    def _broken(self, batch: RowBatch, found: RowError) -> None:
        """Refuse an element, up to where it ends by its brackets or the next one begins, whichever comes first."""
        ends = self._ends()
        while not ends and self._more_for_element():
            ends = self._ends()
        if not ends:
            self._rest(batch, found)
            return
        text, self._at = self._text[self._at : min(ends)], min(ends)
        self._refuse(batch, found, text)

    def _ends(self) -> list[int]:
        found = [self._end_by_brackets(), self._end_by_likeness(), self._end_by_line()]
        return [end for end in found if end is not None]

    def _end_by_line(self) -> int | None:
        """Outside of a list, a line ends what stands there."""
        end = -1 if self._is_open else self._text.find("\n", self._at)
        return end if end >= 0 else None

    def _end_by_brackets(self) -> int | None:
        depth = 0
        for token in _TOKEN.finditer(self._text, self._at):
            depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(token.group(), 0)
            if depth <= 0:
                return self._end_of_last(token.end())
        return None

    def _end_of_last(self, end: int) -> int | None:
        """The end, when what follows looks like the place between two elements."""
        following = self._text[end : end + 1]
        return end if following in ("", ",", "]") or following.isspace() else None

    def _end_by_likeness(self) -> int | None:
        """Where the next object begins that has most keys in common with the last whole element."""
        for found in _OBJECT.finditer(self._text, self._at + 1):
            try:
                value, _ = DECODER.raw_decode(self._text, found.end() - 1)
            except (ValueError, RecursionError):
                continue
            if 2 * len(self._keys & value.keys()) > len(self._keys | value.keys()):
                return found.end() - 1
        return None

    def _rest(self, batch: RowBatch, found: RowError) -> None:
        text = self._text[self._at :]
        is_long = len(text) > self._limits.row_bytes
        while self._more():
            self._at = len(self._text)
        self._at, self._is_open = len(self._text), False
        code = "too_long" if is_long else "json_truncated"
        self._refuse(batch, RowError(code, f"no end of this element was found: {found.reason}"), text)

    def _refuse(self, batch: RowBatch, found: RowError, text: str) -> None:
        code = "control_char" if found.code == "json_syntax" and "\0" in text else found.code
        payload = cut(text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"), self._limits)
        batch.refuse(RefusedRow(self._number, code, found.reason, payload))


def _texts(chunks: Iterable[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    for chunk in chunks:
        text = decoder.decode(chunk)
        if text:
            yield text
    rest = decoder.decode(b"", final=True)
    if rest:
        yield rest


def _require_size(text: str, limits: Limits) -> None:
    if len(text) > limits.row_bytes:
        raise too_long(len(text), limits)


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        byte = ord(text[error.start]) & 0xFF
        raise RowError("encoding", f"character {error.start + 1} of the row (0x{byte:02x}) is no UTF-8") from error
    return text
