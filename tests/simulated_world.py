"""Small simulated worlds, read back without the library that is under test elsewhere."""

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def truth(world: Path, name: str) -> list[dict[str, str]]:
    """A truth table as it is."""
    with (world / "truth" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def records(world: Path, source: str) -> Iterator[dict[str, Any]]:
    """The JSON objects of a source's landing files; what is malformed is left out."""
    for file in sorted((world / "landing" / source).iterdir()):
        text = file.read_text(encoding="utf-8", errors="replace")
        yield from json.loads(text) if file.suffix == ".json" else _objects(text)


def _objects(text: str) -> Iterator[dict[str, Any]]:
    for line in text.splitlines():
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict):
            yield found


def table(world: Path, name: str) -> list[dict[str, str]]:
    """One of the help desk's tables, over all its files."""
    rows = []
    for file in sorted((world / "landing" / "support").glob(f"{name}-*.csv")):
        with file.open(encoding="utf-8", newline="") as handle:
            rows += list(csv.DictReader(handle))
    return rows


def event_ids(world: Path) -> list[tuple[str, str]]:
    """(source, source_event_id) of every landed touchpoint, by the rules of the four formats, repeats included."""
    return [*_web_ids(world), *_email_ids(world), *_store_ids(world), *_support_ids(world)]


def _web_ids(world: Path) -> Iterator[tuple[str, str]]:
    return (("web", row["messageId"]) for row in records(world, "web") if row.get("type") in ("page", "track"))


def _email_ids(world: Path) -> Iterator[tuple[str, str]]:
    unseen = ("processed", "deferred", "dropped")
    return (("email", row["sg_event_id"]) for row in records(world, "email") if row.get("event") not in unseen)


def _store_ids(world: Path) -> Iterator[tuple[str, str]]:
    for row in records(world, "store"):
        yield "store", str(row["id"])
        if row["cancelled_at"]:
            yield "store", f"cancel-{row['id']}"
        yield from (("store", f"refund-{refund['id']}") for refund in row["refunds"])


def _support_ids(world: Path) -> Iterator[tuple[str, str]]:
    yield from (("support", row["id"]) for row in table(world, "ticket"))
    yield from (
        ("support", f"comment-{row['id']}") for row in table(world, "ticket_comment") if row["public"] == "TRUE"
    )
    for row in table(world, "ticket_field_history"):
        rated = row["field_name"] == "satisfaction_score" and row["value"] in ("good", "bad")
        if row["field_name"] == "status" or rated:
            yield "support", history_id(row)


def history_id(row: dict[str, str]) -> str:
    """`history-<ticket>-<field>-<epoch seconds>-<value>`."""
    at = int(datetime.fromisoformat(row["updated"]).replace(tzinfo=UTC).timestamp())
    return f"history-{row['ticket_id']}-{row['field_name']}-{at}-{row['value']}"


def file_bytes(world: Path) -> dict[str, bytes]:
    """Every file of a world by its relative name."""
    return {str(file.relative_to(world)): file.read_bytes() for file in sorted(world.rglob("*")) if file.is_file()}
