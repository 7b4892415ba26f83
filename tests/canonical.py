"""A hash per table that depends on its rows only: not on their order, nor on which file or load brought them."""

import hashlib
from pathlib import Path

from journey_analytics.warehouse import Warehouse, open_warehouse

DELIVERY_TABLES = {"mart.source_quality", "mart.rejected_reason"}
"""These describe how the data was delivered, so they differ when the same rows come in other files."""
DELIVERY_COLUMNS = {
    "file_count",
    "read_count",
    "accepted_count",
    "duplicate_count",
    "rejected_count",
    "load_id",
    "row_number",
}


def table_hashes(file: Path) -> dict[str, str]:
    """SHA-256 of the sorted rows of every table of `core` and `mart`, and of the loaded events."""
    with open_warehouse(file) as warehouse:
        tables = [*warehouse.tables("core"), *warehouse.tables("mart"), "staging.event", "run.cutoff"]
        return {table: _table_hash(warehouse, table) for table in tables if table not in DELIVERY_TABLES}


def _table_hash(warehouse: Warehouse, table: str) -> str:
    columns = [column for column in warehouse.columns(table) if column not in DELIVERY_COLUMNS]
    text = ", ".join(f"coalesce({column}::varchar, chr(30))" for column in columns)
    rows = warehouse.rows(f"select concat_ws(chr(31), {text}) as line from {table} order by line")
    return hashlib.sha256("\n".join(row[0] for row in rows).encode()).hexdigest()
