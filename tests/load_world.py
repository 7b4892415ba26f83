"""A workspace in a folder of its own: write files, load them, look at the tables. Shared by the tests of the load."""

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

from journey_analytics import build, load
from journey_analytics.config import Source
from journey_analytics.contract import EVENT_COLUMNS
from journey_analytics.load import LoadSummary
from journey_analytics.sources import DEFAULT_LIMITS, Limits
from journey_analytics.warehouse import Warehouse, open_warehouse

LOADED_AT = datetime(2026, 6, 1)
EVENT_FACTS = ", ".join(name for name in EVENT_COLUMNS if name not in ("load_id", "row_number"))
"""`staging.event` but for load_id and row_number, which depend on the order of the files."""


class World(AbstractContextManager["World"]):
    """One workspace with its warehouse and sources."""

    def __init__(
        self, root: Path, *sources: Source, overlay: Path | None = None, warehouse: Warehouse | None = None
    ) -> None:
        self.root = root
        self.files = build.sql_files(overlay)
        self.sources: Sequence[Source] = sources or (segment(root),)
        for source in self.sources:
            for patterns in source.paths.values():
                for pattern in patterns:
                    Path(pattern).parent.mkdir(parents=True, exist_ok=True)
        self.warehouse = warehouse or open_warehouse(root / "w.duckdb", threads=1)

    def __exit__(self, *exc: object) -> None:
        self.warehouse.close()

    def write(self, name: str, content: bytes | str | Sequence[Mapping[str, Any]]) -> Path:
        """Write a file; records become JSON lines."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            content = content.encode()
        path.write_bytes(content if isinstance(content, bytes) else jsonl(content))
        return path

    def load(self, *, limits: Limits = DEFAULT_LIMITS, loaded_at: datetime = LOADED_AT) -> LoadSummary:
        return load.load_sources(
            self.warehouse,
            sources=self.sources,
            files=self.files,
            root=self.root,
            loaded_at=loaded_at,
            limits=limits,
        )

    def restage(self, *, loaded_at: datetime = LOADED_AT) -> None:
        with self.warehouse.transaction():
            load.restage(self.warehouse, files=self.files, sources=self.sources, loaded_at=loaded_at)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.warehouse.rows(sql)

    def events(self) -> list[tuple[Any, ...]]:
        """What `staging.event` says, in an order that does not depend on the load."""
        return self.rows(f"select {EVENT_FACTS} from staging.event order by source, source_event_id")

    def codes(self) -> dict[str, int]:
        """Rejected rows by code."""
        counted = "select reason_code, count(*) from run.rejected_event group by all order by all"
        return dict(self.rows(counted))

    def counts(self) -> tuple[int, int, int, int]:
        """Read, accepted, duplicate and rejected rows of all loads."""
        columns = "sum(read_count), sum(accepted_count), sum(duplicate_count), sum(rejected_count)"
        (found,) = self.rows(f"select {columns} from run.load")
        return tuple(int(count or 0) for count in found)  # type: ignore[return-value]

    def state(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every table the load makes, in a canonical order."""
        tables = ["run.load", "run.rejected_event", "staging.event", "staging.conflict", *self.warehouse.tables("raw")]
        return {table: self.rows(f"select * from {table} order by all") for table in tables}


def segment(root: Path, pattern: str = "landing/web/*", **more: Any) -> Source:
    return Source(name="web", format="segment", paths={"": (str(root / pattern),)}, **more)


def message(number: int, **more: Any) -> dict[str, Any]:
    """A Segment page message; a key given as None is left out."""
    record: dict[str, Any] = {
        "messageId": f"m{number}",
        "type": "page",
        "anonymousId": f"visitor-{number}",
        "timestamp": f"2026-05-{1 + number % 28:02d}T10:{number % 60:02d}:00.000Z",
        "receivedAt": f"2026-05-{1 + number % 28:02d}T10:{number % 60:02d}:01.000Z",
        "context": {"page": {"url": "https://shop.example/products/shoes/1"}},
    }
    return {key: value for key, value in (record | more).items() if value is not None}


def changed(number: int, **more: Any) -> dict[str, Any]:
    """The message of this number with other content."""
    return message(number, context={"page": {"url": "https://shop.example/pricing"}}, **more)


def jsonl(records: Sequence[Mapping[str, Any]]) -> bytes:
    return b"".join(json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in records)


def assert_conserved(world: World) -> None:
    """read = accepted + duplicate + rejected for every file, and the quarantine holds exactly the rejected rows."""
    broken = world.rows(
        "select load_id from run.load where read_count <> accepted_count + duplicate_count + rejected_count "
        "or least(read_count, accepted_count, duplicate_count, rejected_count) < 0"
    )
    assert broken == []
    differing = world.rows(
        "select load_id, rejected_count, count(row_number) from run.load "
        "left join run.rejected_event using (load_id) group by all having rejected_count <> count(row_number)"
    )
    assert differing == []
    assert world.rows("select source, source_event_id from staging.event group by all having count(*) > 1") == []
