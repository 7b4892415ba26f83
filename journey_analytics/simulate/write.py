"""Files of a world: landing files by month in order of arrival, and truth tables. Streams through spool files."""

import gzip
import shutil
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from journey_analytics.simulate.draw import month_text
from journey_analytics.simulate.zendesk import HEADERS

_FLUSH_COUNT: Final = 60_000
_ARRAY_FILE: Final = "email/2025-01"
"""The first month of mail is a JSON array, as the webhook posts it; later ones are JSON lines."""

CONFIG: Final = """\
[warehouse]
path = "warehouse.duckdb"

[report]
dir = "reports"

[[source]]
name   = "web"
format = "segment"
path   = "landing/web/*.jsonl{end}"

[[source]]
name   = "email"
format = "sendgrid"
path   = "landing/email/*.json*"

[[source]]
name   = "store"
format = "shopify"
path   = "landing/store/*.jsonl{end}"

[[source]]
name   = "support"
format = "zendesk"

[source.path]
ticket               = "landing/support/ticket-*.csv{end}"
ticket_field_history = "landing/support/ticket_field_history-*.csv{end}"
ticket_comment       = "landing/support/ticket_comment-*.csv{end}"
user                 = "landing/support/user-*.csv{end}"

[[funnel]]
name   = "buying"
steps  = [
    "product_viewed",
    "product_added",
    "checkout_started",
    {{ name = "purchase", activities = ["order_placed", "order_completed"] }},
]
unit   = "journey"
window = "30d"

[[planned]]
name   = "buying"
file   = "planned/buying.csv"
ignore = ["email_delivered", "email_opened", "email_clicked", "email_bounced"]
"""


def csv_line(values: Iterable[str]) -> str:
    """One CSV line without its end; quotes only what needs it."""
    return ",".join(map(_quoted, values))


def _quoted(value: str) -> str:
    if '"' in value or "," in value or "\n" in value:
        return '"' + value.replace('"', '""') + '"'
    return value


class Landing:
    """Lines on their way to landing files; text may carry undecodable bytes as surrogate escapes."""

    def __init__(self, folder: Path, *, compress: bool) -> None:
        self.folder, self.compress = folder, compress
        self.spool = folder / ".spool"
        self.spool.mkdir(parents=True)
        self.pending: defaultdict[str, list[str]] = defaultdict(list)
        self.pending_count = 0
        self.names: set[str] = set()

    def add(self, table: str, at: int, line: str) -> None:
        """Put a line into the file of `table` for the month it arrives in, placed by `at` (ms)."""
        self.pending[_file_name(table, at)].append(f"{at:014d}\t{line}\n")
        self.pending_count += 1
        if self.pending_count >= _FLUSH_COUNT:
            self._flush()

    def _flush(self) -> None:
        for name, lines in self.pending.items():
            self.names.add(name)
            with self._spool_file(name).open("a", encoding="utf-8", errors="surrogateescape", newline="") as file:
                file.writelines(lines)
        self.pending.clear()
        self.pending_count = 0

    def _spool_file(self, name: str) -> Path:
        return self.spool / name.replace("/", "~")

    def finish(self) -> None:
        """Sort every file by arrival, then by content, and write it; the first month has a file of every table."""
        self._flush()
        self.names |= {_file_name(table, 0) for table in _TABLES}
        for name in sorted(self.names):
            self._write(name, sorted(self._spooled(name)))
        shutil.rmtree(self.spool)

    def _spooled(self, name: str) -> list[bytes]:
        file = self._spool_file(name)
        return file.read_bytes().splitlines(keepends=True) if file.exists() else []

    def _write(self, name: str, rows: Sequence[bytes]) -> None:
        lines = (row.partition(b"\t")[2] for row in rows)
        target = self.folder / (name + _suffix(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        if name == _ARRAY_FILE:
            text = b"[" + b",\n".join(line.rstrip(b"\n") for line in lines) + b"]\n"
        else:
            text = _header(name) + b"".join(lines)
        if self.compress:
            target.with_name(target.name + ".gz").write_bytes(gzip.compress(text, compresslevel=5, mtime=0))
        else:
            target.write_bytes(text)


def _file_name(table: str, at: int) -> str:
    return f"{table}-{month_text(at)}" if table in _CSV_TABLES else f"{table}/{month_text(at)}"


_CSV_TABLES: Final = tuple(f"support/{table}" for table in HEADERS)
_TABLES: Final = ("web", "email", "store", *_CSV_TABLES)


def is_array(table: str, at: int) -> bool:
    """Whether a line that arrives then goes into a file that is one JSON array."""
    return _file_name(table, at) == _ARRAY_FILE


def _suffix(name: str) -> str:
    if name == _ARRAY_FILE:
        return ".json"
    return ".csv" if name.startswith("support/") else ".jsonl"


def _header(name: str) -> bytes:
    if not name.startswith("support/"):
        return b""
    table = name.removeprefix("support/").partition("-")[0]
    return (csv_line(HEADERS[table]) + "\n").encode()


class Table:
    """A truth table that is written row by row."""

    def __init__(self, file: Path, columns: Sequence[str]) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self.file = file.open("w", encoding="utf-8", newline="\n")
        self.count = 0
        self.file.write(",".join(columns) + "\n")

    def add(self, *values: str) -> None:
        """One row; an empty text is null."""
        self.file.write(",".join(values) + "\n")
        self.count += 1

    def close(self) -> None:
        """Write the rest."""
        self.file.close()
