"""A JSON object too long for memory → its members, the elements of a list one by one."""

import codecs
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from journey_analytics.sources.rows import FileRefusedError, Limits

_BLANK = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()
_LONGEST_WORD = len("-Infinity")


def json_members(chunks: Iterable[bytes], *, limits: Limits) -> Iterator[tuple[str, Iterator[Any]]]:
    """Key and values of each member of the one object that the text is: the elements of a list, else the one value.

    They are read as they are asked for; what is not asked for before the next member is passed over.

    Memory holds one element at a time, at most `limits.row_bytes` long.

    Raises:
        FileRefusedError: `unreadable_file`: no UTF-8, no JSON object, an element that is too long, or a cut file.
    """
    try:
        yield from _Members(chunks, limits).members()
    except UnicodeDecodeError as error:
        raise FileRefusedError("unreadable_file", f"it is no UTF-8: {error.reason}") from error


class _Members:
    """A window over the text that grows while a value is incomplete and moves on after it."""

    def __init__(self, chunks: Iterable[bytes], limits: Limits) -> None:
        self._texts = codecs.iterdecode(chunks, "utf-8-sig")
        self._limits = limits
        self._text = ""
        self._at = 0

    def members(self) -> Iterator[tuple[str, Iterator[Any]]]:
        if not self._next():
            return
        self._expect("{")
        while self._next() != "}":
            key = self._value()
            if not isinstance(key, str):
                raise _broken("a key is expected")
            self._expect(":")
            values = self._elements() if self._next() == "[" else iter((self._value(),))
            yield key, values
            deque(values, maxlen=0)
            if self._next() != "}":
                self._expect(",")
        self._at += 1
        if self._next():
            raise _broken("something follows the object")

    def _elements(self) -> Iterator[Any]:
        self._expect("[")
        while self._next() != "]":
            yield self._value()
            if self._next() != "]":
                self._expect(",")
        self._at += 1

    def _next(self) -> str:
        """Move to the next mark; empty at the end of the text."""
        while True:
            self._at = _BLANK.match(self._text, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def _expect(self, mark: str) -> None:
        found = self._next()
        if found != mark:
            raise _broken(f"{mark!r} is expected, found {found or 'the end: the file may have been cut'!r}")
        self._at += 1

    def _value(self) -> Any:
        self._next()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except (ValueError, RecursionError) as error:
                if not self._may_go_on(error) or not self._more():
                    raise _broken(str(error)) from error
                continue
            # A number at the very end of the window may go on behind it.
            if end < len(self._text) or isinstance(value, dict | list | str) or not self._more():
                self._at = end
                return value

    def _may_go_on(self, error: ValueError | RecursionError) -> bool:
        if not isinstance(error, json.JSONDecodeError):
            return False
        return error.pos >= len(self._text) - _LONGEST_WORD or error.msg.startswith("Unterminated string")

    def _more(self) -> bool:
        """Read on until the window has at least doubled; false at the end of the text."""
        wanted = len(self._text) - self._at
        if wanted > self._limits.row_bytes:
            raise FileRefusedError("unreadable_file", f"an element is longer than {self._limits.row_bytes:,} bytes")
        parts, size = [self._text[self._at :]], 0
        while size <= wanted and (text := next(self._texts, "")):
            parts.append(text)
            size += len(text)
        self._text, self._at = "".join(parts), 0
        return len(parts) > 1


def _broken(reason: str) -> FileRefusedError:
    return FileRefusedError("unreadable_file", f"no readable JSON: {reason}")
