"""OCEL 2.0 event logs in JSON → rows: one JSON object per event, its objects with their types and places.

The types stand in another part of the file than the events, before or after them: it is read twice.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from sys import intern
from typing import Any, Final

from journey_analytics.sources.json_members import json_members
from journey_analytics.sources.json_text import RowError, safe, too_long
from journey_analytics.sources.rows import Batches, FileRefusedError, Limits, RefusedRow, RowBatch, Warn, cut

_PARTS: Final = ("eventTypes", "objectTypes", "events", "objects")
_OLDER: Final = "ocel:"


def ocel_batches(read: Callable[[], Iterable[bytes]], *, limits: Limits, warn: Warn) -> Batches:
    """The events of a log in its order, numbered from 1.

    A row is `{"id", "type", "time", "attributes": {name: value}, "objects": […]}`, an object `{"id", "type",
    "qualifier", "position"}`.
    `position` is the event's place (from 1) among the events so far of this object; an object that an event names twice
    counts once. `type` of an object is null where the log lists no such object. Warned of are references to such
    objects and events of a type that `eventTypes` does not declare, each kind with its count and the first of them; an
    event whose id an earlier one has is refused (`repeated_id`).

    Args:
        read: gives the content from its beginning, each time it is called.
        limits: bounds of the reader; besides them the ids of objects, with their types, and of events are kept in
            memory.
        warn: takes warnings.

    Raises:
        FileRefusedError: `unreadable_file`: no JSON, no OCEL 2.0, or a cut file.
    """
    members = json_members(read(), limits=limits)
    seen, is_empty = _declared(members)
    batch = RowBatch()
    for number, event in _events(() if is_empty else json_members(read(), limits=limits)):
        _take(batch, number, event, seen=seen, limits=limits, warn=warn)
        if batch.is_full(limits):
            yield batch
            batch = RowBatch()
    for text in seen.faults():
        warn(text)
    yield batch


@dataclass
class _Seen:
    """What the log declares, and what has been seen of its events so far.

    Attributes:
        types: type by object id.
        event_types: the declared ones.
        places: events so far, by object id.
        numbers: number by event id.
        undeclared, unlisted: faults so far, and the first one in words.
    """

    types: dict[str, str] = field(default_factory=dict)
    event_types: set[str] = field(default_factory=set)
    places: Counter[str] = field(default_factory=Counter)
    numbers: dict[str, int] = field(default_factory=dict)
    undeclared: tuple[int, str] = (0, "")
    unlisted: tuple[int, str] = (0, "")

    def note(self, number: int, event: Mapping[str, Any], related: Iterable[str]) -> None:
        """Look at an event that is taken."""
        name, kind = event.get("id"), event.get("type")
        if isinstance(name, str):
            self.numbers[name] = number
        if isinstance(kind, str) and kind not in self.event_types:
            count, first = self.undeclared
            self.undeclared = count + 1, first or f"{kind[:80]!r} (event {number:,})"
        for missing in (thing for thing in related if thing not in self.types):
            count, first = self.unlisted
            self.unlisted = count + 1, first or f"{missing[:80]!r} (event {number:,})"

    def faults(self) -> Iterator[str]:
        """A sentence for each kind of fault that there was."""
        count, first = self.undeclared
        if count:
            events = "1 event of a type" if count == 1 else f"{count:,} events of types"
            yield f"{events} that eventTypes does not declare, such as {first}"
        count, first = self.unlisted
        if count:
            references = "1 reference to an object" if count == 1 else f"{count:,} references to objects"
            yield f"{references} that the log does not list, such as {first}"


def _declared(members: Iterable[tuple[str, Iterator[Any]]]) -> tuple[_Seen, bool]:
    """Objects and types of events, and whether there is nothing at all in the file."""
    seen = _Seen()
    keys: set[str] = set()
    for key, values in members:
        keys.add(key)
        for value in values if key in ("objects", "eventTypes") else ():
            if key == "objects":
                _note(seen.types, value)
            elif isinstance(value, dict) and isinstance(value.get("name"), str):
                seen.event_types.add(value["name"])
    if keys and not keys & set(_PARTS):
        raise FileRefusedError("unreadable_file", _no_log(keys))
    return seen, not keys


def _note(types: dict[str, str], value: Any) -> None:
    found = value if isinstance(value, dict) else {}
    name, kind = found.get("id"), found.get("type")
    if not isinstance(name, str) or not isinstance(kind, str):
        raise FileRefusedError("unreadable_file", f"an object without id or type: {json.dumps(value)[:80]}")
    types[name] = intern(kind)


def _no_log(keys: set[str]) -> str:
    if any(key.startswith(_OLDER) for key in keys):
        return "it is an OCEL 1.0 log; convert it to OCEL 2.0 JSON first"
    return f"no OCEL 2.0 log: none of {', '.join(_PARTS)} is in it, but {', '.join(sorted(keys)[:5])}"


def _events(members: Iterable[tuple[str, Iterator[Any]]]) -> Iterator[tuple[int, Any]]:
    return enumerate((value for key, values in members if key == "events" for value in values), 1)


def _take(batch: RowBatch, number: int, event: Any, *, seen: _Seen, limits: Limits, warn: Warn) -> None:
    text = json.dumps(event)
    try:
        text = json.dumps(_row(number, event, seen))
        if len(text) > limits.row_bytes:
            raise too_long(len(text), limits)
        batch.add(number, safe(text, event, warn=warn))
    except RowError as found:
        batch.refuse(RefusedRow(number, found.code, found.reason, cut(text, limits)))


def _row(number: int, event: Any, seen: _Seen) -> dict[str, Any]:
    if not isinstance(event, dict):
        raise RowError("not_object", "an event must be a JSON object")
    if isinstance(event.get("id"), str) and event["id"] in seen.numbers:
        first = seen.numbers[event["id"]]
        raise RowError("repeated_id", f"the event id {event['id'][:80]!r} is that of event {first:,} already")
    related = _related(event)
    seen.note(number, event, related)
    seen.places.update(related.keys())
    objects = [
        {"id": name, "type": seen.types.get(name), "qualifier": qualifier, "position": seen.places[name]}
        for name, qualifier in related.items()
    ]
    plain = {key: event.get(key) for key in ("id", "type", "time")}
    return {**plain, "attributes": _attributes(event), "objects": objects}


def _related(event: dict[str, Any]) -> dict[str, str | None]:
    """Qualifier by object id, in the order of the event; of several the first."""
    found: dict[str, str | None] = {}
    for entry in _entries(event, "relationships"):
        name, qualifier = entry.get("objectId"), entry.get("qualifier")
        if not isinstance(name, str):
            raise RowError("not_object", "a relationship has no objectId")
        found.setdefault(name, qualifier if isinstance(qualifier, str) else None)
    return found


def _attributes(event: dict[str, Any]) -> dict[str, Any]:
    return {str(entry.get("name")): entry.get("value") for entry in _entries(event, "attributes")}


def _entries(event: dict[str, Any], key: str) -> list[dict[str, Any]]:
    entries = event.get(key) or []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise RowError("not_object", f"{key} must be a list of objects")
    return entries
