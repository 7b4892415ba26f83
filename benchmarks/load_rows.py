"""Rows loaded per second: `python benchmarks/load_rows.py [ROWS]` writes Segment messages, loads and restages them."""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from journey_analytics import build, load
from journey_analytics.config import Source
from journey_analytics.warehouse import open_warehouse

LOADED_AT = datetime(2026, 11, 1)


def message(number: int) -> str:
    """A message of about 560 bytes, as JSON."""
    day, minute = 1 + number % 28, number % 60
    record = {
        "messageId": f"m{number}",
        "type": "track",
        "anonymousId": f"visitor-{number % 20_011}",
        "userId": None,
        "timestamp": f"2026-01-{day:02d}T00:{minute:02d}:00.000Z",
        "sentAt": f"2026-01-{day:02d}T00:{minute:02d}:00.500Z",
        "receivedAt": f"2026-01-{day:02d}T00:{minute:02d}:01.000Z",
        "event": "Product Viewed",
        "properties": {"category": "shoes", "sku": "s1", "price": 12.5},
        "context": {
            "page": {
                "path": "/products/shoes/s1",
                "url": "https://shop.example/products/shoes/s1?utm_source=google",
                "referrer": "https://www.google.com/",
            },
            "userAgent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/120 Safari/537.36",
        },
    }
    return json.dumps(record)


@contextmanager
def timed(name: str, row_count: int) -> Iterator[None]:
    """Print wall and CPU time of the block; rows per second are of wall time."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    seconds = time.perf_counter() - wall
    print(f"{name:8} {seconds:6.1f} s  {row_count / seconds:8,.0f} rows/s  {time.process_time() - cpu:6.1f} s CPU")


def main() -> None:
    """Write, load, load again, restage."""
    row_count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    with tempfile.TemporaryDirectory() as folder, open_warehouse(Path(folder) / "w.duckdb") as warehouse:
        root = Path(folder)
        (root / "web.jsonl").write_text("\n".join(map(message, range(row_count))))
        files, sources = build.sql_files(), [Source("web", "segment", {"": (str(root / "*.jsonl"),)})]
        for name in ("load", "again"):
            with timed(name, row_count):
                load.load_sources(warehouse, sources=sources, files=files, root=root, loaded_at=LOADED_AT)
        with timed("restage", row_count), warehouse.transaction():
            load.restage(warehouse, files=files, sources=sources, loaded_at=LOADED_AT)


if __name__ == "__main__":
    main()
