"""Journeys as an OCEL 2.0 log in JSON: touchpoints are events.

Each is about the customer, journey, session, orders, tickets and campaign that it belongs to.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from io import BufferedIOBase
from pathlib import Path
from typing import Any, Final

from journey_analytics.exchange.file import whole_file
from journey_analytics.exchange.tables import Chosen
from journey_analytics.exchange.xes import iso_utc

EVENT_ATTRIBUTES: Final = {
    "source": "string", "channel": "string", "stage": "string", "stage_rule": "string", "stage_confidence": "float",
    "is_purchase": "boolean", "amount": "float", "currency": "string", "campaign": "string", "topic": "string",
    "category": "string", "device": "string", "country": "string",
}  # fmt: skip
"""What an event says, each as `journey:<column>`, with its type; nulls are left out."""

OBJECT_ATTRIBUTES: Final = {
    "customer": {"first_touchpoint_at": "time", "last_touchpoint_at": "time", "journey_count": "integer",
                 "purchase_count": "integer", "touchpoint_count": "integer"},
    "journey": {"status": "string", "is_open": "boolean", "is_left_censored": "boolean", "started_at": "time",
                "ended_at": "time", "converted_at": "time", "amount": "float", "currency": "string",
                "first_channel": "string", "persona": "string", "customer_kind": "string",
                "touchpoint_count": "integer"},
    "session": {"source": "string", "channel": "string", "started_at": "time", "ended_at": "time",
                "touchpoint_count": "integer"},
    "order": {"first_touchpoint_at": "time", "touchpoint_count": "integer"},
    "ticket": {"first_touchpoint_at": "time", "touchpoint_count": "integer"},
    "campaign": {"name": "string", "first_touchpoint_at": "time", "touchpoint_count": "integer"},
}  # fmt: skip
"""The object types, in the order of the file, with their attributes and types."""

QUALIFIERS: Final = {
    "customer": "done by", "journey": "part of", "session": "in", "order": "about", "ticket": "about",
    "campaign": "brought by",
}  # fmt: skip
"""What an event's relationship to an object of a type is called."""

_ALWAYS: Final = "1970-01-01T00:00:00.000Z"
"""When an attribute that never changes got its value, as the standard has it."""

_Relation = tuple[str, str]


def write_ocel(chosen: Chosen, path: Path) -> int:
    """Write the log; returns the number of events. Objects by type and id; events in time, then journey and position.

    Raises:
        ConfigurationError: the file cannot be written.
    """
    with whole_file(path) as file:
        file.write(b'{"objectTypes": [\n')
        _write_list(file, [{"name": kind, "attributes": _declared(own)} for kind, own in OBJECT_ATTRIBUTES.items()])
        file.write(b'],\n"eventTypes": [\n')
        own = _declared({f"journey:{name}": kind for name, kind in EVENT_ATTRIBUTES.items()})
        _write_list(file, ({"name": row["activity"], "attributes": own} for row in chosen.activities()))
        file.write(b'],\n"objects": [\n')
        _write_list(file, _objects(chosen))
        file.write(b'],\n"events": [\n')
        count = _write_list(file, map(_event, chosen.events()))
        file.write(b"]}\n")
    return count


def _declared(attributes: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "type": kind} for name, kind in attributes.items()]


def _write_list(file: BufferedIOBase, entries: Iterable[Mapping[str, Any]]) -> int:
    """One entry a line; returns how many."""
    count = 0
    for entry in entries:
        file.write((",\n" if count else "").encode() + json.dumps(entry, ensure_ascii=False).encode())
        count += 1
    file.write(b"\n")
    return count


def _objects(chosen: Chosen) -> Iterator[dict[str, Any]]:
    for row in chosen.customers():
        yield _object("customer", row["customer_id"], row)
    for row in chosen.journeys():
        yield _object("journey", row["journey_id"], row, (row["customer_id"], "of"))
    for row in chosen.sessions():
        yield _object("session", row["session_id"], row, (row["customer_id"], "of"))
    for row in chosen.things():
        journeys = [(journey, "within") for journey in row["journey_ids"]]
        yield _object(row["object_type"], row["object_id"], row, (row["customer_id"], "of"), *journeys)
    for row in chosen.campaigns():
        yield _object("campaign", campaign_id(row["campaign"]), {**row, "name": row["campaign"]})


def campaign_id(campaign: str) -> str:
    """The id of a campaign's object: no other object's id begins so."""
    return f"campaign:{campaign}"


def _object(kind: str, name: str, row: Mapping[str, Any], *relations: _Relation) -> dict[str, Any]:
    known = [column for column in OBJECT_ATTRIBUTES[kind] if row[column] is not None]
    return {
        "id": name,
        "type": kind,
        "attributes": [{"name": column, "time": _ALWAYS, "value": _plain(row[column])} for column in known],
        "relationships": _relationships(relations),
    }


def _event(row: Mapping[str, Any]) -> dict[str, Any]:
    known = [column for column in EVENT_ATTRIBUTES if row[column] is not None]
    return {
        "id": row["touchpoint_id"],
        "type": row["activity"],
        "time": _plain(row["occurred_at"]),
        "attributes": [{"name": f"journey:{column}", "value": _plain(row[column])} for column in known],
        "relationships": _relationships(_related(row)),
    }


def _related(row: Mapping[str, Any]) -> Iterator[_Relation]:
    for kind in ("customer", "journey", "session"):
        yield row[f"{kind}_id"], QUALIFIERS[kind]
    for name in row["object_ids"] or ():
        yield name, QUALIFIERS["order"]
    if row["campaign"] is not None:
        yield campaign_id(row["campaign"]), QUALIFIERS["campaign"]


def _relationships(relations: Iterable[_Relation]) -> list[dict[str, str]]:
    return [{"objectId": name, "qualifier": qualifier} for name, qualifier in relations]


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return iso_utc(value) + "Z"
    return float(value) if isinstance(value, Decimal) else value
