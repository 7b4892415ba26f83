"""XES event logs → rows: one JSON object per event, with the attributes of its trace and its place among its case's.

The parser is the standard library's expat, fed in chunks; a document type declaration, and with it every entity, is
refused. Of nested attributes the outermost counts; lists and containers are left out.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final
from xml.parsers import expat

from journey_analytics.sources.rows import Batches, FileRefusedError, Limits, RefusedRow, RowBatch, Warn, cut

CASE_NAME: Final = "concept:name"
_BLANKS: Final = " \t\n\f\r\x0b\xa0\u200b\u2060\ufeff"
"""What `clean_text` takes off the ends of a name: traces that differ in it alone are one case as well."""
_VALUES: Final = frozenset({"string", "date", "int", "float", "boolean", "id"})


def xes_batches(chunks: Iterable[bytes], *, limits: Limits, warn: Warn) -> Batches:
    """The events of a log in its order, numbered from 1.

    A row is `{"trace": {…}, "event": {…}, "position": n}`: attributes by key, all values text as they stand, and the
    event's place (from 1) among the events so far whose traces have the same `concept:name`, so that two traces of one
    name are one case, which is warned of. `trace` is null for an event outside of every trace. Of a key given twice the
    first value counts.

    Raises:
        FileRefusedError: `unreadable_file`: no well-formed XML, a document type declaration, another root than `log`,
            or a piece of markup longer than a row may be.
    """
    reader = _LogReader(limits, warn)
    taken = 0
    for chunk in chunks:
        taken += len(chunk)
        reader.feed(chunk, taken)
        if reader.batch.is_full(limits):
            yield reader.hand_on()
    if taken:
        reader.end()
    yield reader.hand_on()


class _LogReader:
    """What expat calls: `_trace` and `_event` are the attributes of what is open, `_depth` counts attributes."""

    def __init__(self, limits: Limits, warn: Warn) -> None:
        self.batch = RowBatch()
        self._limits = limits
        self._warn = warn
        self._number = 0
        self._place: Counter[str] = Counter()
        self._traces: Counter[str] = Counter()
        self._has_events = False
        self._trace: dict[str, str] | None = None
        self._event: dict[str, str] | None = None
        self._waiting: list[tuple[int, dict[str, str]]] = []
        self._open = 0
        self._depth = 0
        self._size = 0
        self._trace_size = 0
        self._parser = self._new_parser()

    def _new_parser(self) -> expat.XMLParserType:
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = _refuse_doctype
        return parser

    def feed(self, chunk: bytes, taken: int) -> None:
        """Parse on; `taken` bytes have come in so far."""
        self._parsed(lambda: self._parser.Parse(chunk, False))
        if taken - max(self._parser.CurrentByteIndex, 0) > self._limits.row_bytes + self._limits.chunk_bytes:
            raise FileRefusedError(
                "unreadable_file", f"a piece of markup is longer than {self._limits.row_bytes:,} bytes"
            )

    def end(self) -> None:
        """The file has ended: whatever is open is not closed."""
        self._parsed(lambda: self._parser.Parse(b"", True))
        shared = {name: count for name, count in self._traces.items() if count > 1}
        if shared:
            names = (
                f"the name {min(shared)[:80]!r}"
                if len(shared) == 1
                else f"{len(shared):,} names, such as {min(shared)[:80]!r}"
            )
            self._warn(
                f"{sum(shared.values()):,} traces share {names}: traces of one name become one case, and so one journey"
            )

    def _parsed(self, parse: Callable[[], object]) -> None:
        try:
            parse()
        except (expat.ExpatError, ValueError, LookupError) as error:
            raise FileRefusedError("unreadable_file", f"no well-formed XML: {error}") from error

    def hand_on(self) -> RowBatch:
        """The rows so far; the next ones go into a new batch."""
        batch, self.batch = self.batch, RowBatch()
        return batch

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if not self._open and tag != "log":
            raise FileRefusedError("unreadable_file", f"the root element is <{name}>; an XES log begins with <log>")
        self._open += 1
        if self._depth:
            self._depth += 1
        elif tag == "trace" and self._event is None:
            self._trace, self._trace_size, self._has_events = {}, 0, False
        elif tag == "event":
            self._event, self._size = {}, 0
        elif tag not in ("log", "trace"):
            self._depth = 1
            self._attribute(tag, attributes)

    def _attribute(self, kind: str, attributes: dict[str, str]) -> None:
        place = self._trace if self._event is None else self._event
        key, value = attributes.get("key"), attributes.get("value")
        if place is None or kind not in _VALUES or key is None or value is None or key in place:
            return
        if self._event is None:
            self._trace_size += len(key) + len(value)
        else:
            self._size += len(key) + len(value)
        if self._size + self._trace_size <= self._limits.row_bytes:
            place[key] = value

    def _end(self, name: str) -> None:
        self._open -= 1
        if self._depth:
            self._depth -= 1
            return
        tag = name.rpartition(":")[2]
        if tag == "event" and self._event is not None:
            self._take(self._event)
            self._event = None
        elif tag == "trace":
            self._let_go()
            if self._has_events and (case := self._case()):
                self._traces[case] += 1
            self._trace = None

    def _take(self, event: dict[str, str]) -> None:
        self._number += 1
        self._has_events = True
        if self._size + self._trace_size > self._limits.row_bytes:
            text = cut(json.dumps(event, ensure_ascii=False), self._limits)
            reason = f"the event has more than {self._limits.row_bytes:,} characters of attributes"
            self.batch.refuse(RefusedRow(self._number, "too_long", reason, text))
        elif self._trace is None or CASE_NAME in self._trace:
            self._add(self._number, event)
        else:
            # The name of a trace stands before its events in all but few logs; without end it is not waited for.
            self._waiting.append((self._number, event))
            if len(self._waiting) >= self._limits.batch_rows:
                self._let_go()

    def _let_go(self) -> None:
        for number, event in self._waiting:
            self._add(number, event)
        self._waiting = []

    def _add(self, number: int, event: dict[str, str]) -> None:
        case = self._case()
        if case is not None:
            self._place[case] += 1
        row = {"trace": self._trace, "event": event, "position": self._place[case] if case is not None else 0}
        self.batch.add(number, json.dumps(row, ensure_ascii=False))

    def _case(self) -> str | None:
        name = None if self._trace is None else self._trace.get(CASE_NAME)
        return None if name is None else name.strip(_BLANKS)


def _refuse_doctype(*_: object) -> None:
    raise FileRefusedError("unreadable_file", "it has a document type declaration, which no XES log needs: refused")
