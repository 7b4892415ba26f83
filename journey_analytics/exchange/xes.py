"""Journeys as an XES log (IEEE 1849): a journey is a trace, a touchpoint an event."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import quoteattr

from journey_analytics.exchange.file import whole_file
from journey_analytics.exchange.tables import Chosen

TRACE_COLUMNS: Final = (
    "customer_id", "status", "is_open", "is_left_censored", "started_at", "converted_at", "amount", "currency",
    "first_channel", "persona", "customer_kind", "touchpoint_count",
)  # fmt: skip
"""What a trace says besides its name, each as `journey:<column>`; nulls are left out."""

EVENT_COLUMNS: Final = (
    "session_id", "source", "channel", "stage", "stage_rule", "stage_confidence", "is_purchase", "campaign", "topic",
    "category", "device", "country",
)  # fmt: skip
"""What an event says besides the standard extensions, each as `journey:<column>`."""

_EXTENSIONS: Final = (
    ("Concept", "concept", "http://www.xes-standard.org/concept.xesext"),
    ("Time", "time", "http://www.xes-standard.org/time.xesext"),
    ("Lifecycle", "lifecycle", "http://www.xes-standard.org/lifecycle.xesext"),
    ("Organizational", "org", "http://www.xes-standard.org/org.xesext"),
    ("Cost", "cost", "http://www.xes-standard.org/cost.xesext"),
    ("Identity", "identity", "http://www.xes-standard.org/identity.xesext"),
)
_ILLEGAL = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BREAKS = {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
_GLOBALS = """\t<global scope="trace">
\t\t<string key="concept:name" value="name"/>
\t</global>
\t<global scope="event">
\t\t<string key="concept:name" value="name"/>
\t\t<date key="time:timestamp" value="1970-01-01T00:00:00.000+00:00"/>
\t\t<string key="lifecycle:transition" value="complete"/>
\t</global>
\t<classifier name="Activity" keys="concept:name"/>
"""
_LINES_AT_ONCE = 10_000


def write_xes(chosen: Chosen, path: Path) -> int:
    """Write the log; returns the number of events. Traces by the journeys' beginning, then id; events by position.

    Raises:
        ConfigurationError: the file cannot be written.
    """
    count = 0
    with whole_file(path) as file:
        file.write(_head(chosen).encode())
        for text, events in _traces(chosen):
            file.write(text.encode())
            count += events
        file.write(b"</log>\n")
    return count


def _head(chosen: Chosen) -> str:
    extensions = "".join(
        f'\t<extension name="{name}" prefix="{prefix}" uri="{uri}"/>\n' for name, prefix, uri in _EXTENSIONS
    )
    said = [("concept:name", "journeys"), ("journey:cutoff", chosen.cutoff), ("journey:where", str(chosen.selection))]
    attributes = "".join(_attribute(key, value, "\t") for key, value in said)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<log xes.version="1849-2016" xes.features="" xmlns="http://www.xes-standard.org/">\n'
        f"{extensions}{_GLOBALS}{attributes}"
    )


def _traces(chosen: Chosen) -> Iterator[tuple[str, int]]:
    """The text of some traces at a time, with the number of events in it."""
    touchpoints = groupby(chosen.touchpoints(), key=lambda row: row["journey_id"])
    lines: list[str] = []
    count = 0
    for journey, (journey_id, events) in zip(chosen.journeys(by_beginning=True), touchpoints, strict=True):
        assert journey["journey_id"] == journey_id, "journeys and touchpoints are in one order"  # noqa: S101
        before = len(lines)
        lines += [_trace(journey), *map(_event, events), "\t</trace>\n"]
        count += len(lines) - before - 2
        if len(lines) > _LINES_AT_ONCE:
            yield "".join(lines), count
            lines, count = [], 0
    yield "".join(lines), count


def _trace(journey: Mapping[str, Any]) -> str:
    indent = "\t\t"
    name = _attribute("concept:name", journey["journey_id"], indent)
    return f"\t<trace>\n{name}{_own(journey, TRACE_COLUMNS, indent)}"


def _event(row: Mapping[str, Any]) -> str:
    standard = {
        "concept:name": row["activity"],
        "time:timestamp": row["occurred_at"],
        "lifecycle:transition": "complete",
        "org:resource": row["source"],
        "identity:id": row["touchpoint_id"],
        "cost:total": row["amount"],
        "cost:currency": row["currency"],
    }
    indent = "\t\t\t"
    text = "".join(_attribute(key, value, indent) for key, value in standard.items())
    return f"\t\t<event>\n{text}{_own(row, EVENT_COLUMNS, indent)}\t\t</event>\n"


def _own(row: Mapping[str, Any], columns: Iterable[str], indent: str) -> str:
    return "".join(_attribute(f"journey:{column}", row[column], indent) for column in columns)


def _attribute(key: str, value: object, indent: str) -> str:
    if value is None:
        return ""
    kind, text = _typed(value)
    return f'{indent}<{kind} key="{key}" value={quoteattr(text, _BREAKS)}/>\n'


def _typed(value: object) -> tuple[str, str]:
    """The XES type and text of a value; money stays exact as text would, in the type for numbers."""
    if isinstance(value, bool):
        return "boolean", str(value).lower()
    if isinstance(value, int):
        return "int", str(value)
    if isinstance(value, datetime):
        return "date", iso_utc(value) + "+00:00"
    return ("string", _ILLEGAL.sub("\ufffd", value)) if isinstance(value, str) else ("float", str(value))


def iso_utc(instant: datetime) -> str:
    """A naive instant in UTC as text with milliseconds, or microseconds where they are not all zeros."""
    return instant.isoformat(timespec="microseconds" if instant.microsecond % 1000 else "milliseconds")
