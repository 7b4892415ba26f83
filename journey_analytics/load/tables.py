"""The tables of the load: ledger, quarantine, what landed, the events; and the scratch tables of one file."""

import re

from journey_analytics.contract import EVENT_COLUMNS
from journey_analytics.errors import ConfigurationError
from journey_analytics.warehouse import Warehouse

_NAME = re.compile(r"[a-z][a-z0-9_]*")

RAW_COLUMNS = "load_id bigint, source varchar, file varchar, row_number bigint, content_hash varchar, payload varchar"
EVENT_DDL = ", ".join(f"{name} {kind}" for name, kind in EVENT_COLUMNS.items())

_TABLES = (
    """
    create table if not exists run.load (
        load_id bigint not null, source varchar not null, file varchar not null, content_hash varchar not null,
        read_count bigint not null, accepted_count bigint not null, duplicate_count bigint not null,
        rejected_count bigint not null, loaded_at timestamp not null, format varchar not null,
        raw_table varchar not null, byte_count bigint not null, modified_ns bigint not null, warning varchar
    )
    """,
    """
    create table if not exists run.rejected_event (
        load_id bigint not null, source varchar not null, file varchar not null, row_number bigint not null,
        reason_code varchar not null, reason varchar, payload varchar
    )
    """,
    f"create table if not exists staging.event ({EVENT_DDL})",
    # One row per (source, source_event_id, content_hash) that lost against the one in staging.event.
    f"create table if not exists staging.conflict ({EVENT_DDL})",
)

_SCRATCH = (
    f"create or replace temp table incoming_raw ({RAW_COLUMNS})",
    f"create or replace temp table incoming_event ({EVENT_DDL})",
    """
    create or replace temp table incoming_rejection (
        load_id bigint, source varchar, file varchar, row_number bigint, reason_code varchar, reason varchar,
        payload varchar
    )
    """,
)


def create_tables(warehouse: Warehouse) -> None:
    """Create the tables of the load that do not exist yet, and the columns that they lack."""
    for statement in _TABLES:
        warehouse.execute(statement, name="tables of the load")
    for table in ("staging.event", "staging.conflict"):
        _add_new_columns(warehouse, table)


def _add_new_columns(warehouse: Warehouse, table: str) -> None:
    """A warehouse of an older version lacks columns that came since; restaging, due after a change, fills them."""
    present = warehouse.columns(table)
    for name, kind in EVENT_COLUMNS.items():
        if name not in present:
            warehouse.execute(f"alter table {table} add column {name} {kind}", name=table)


def create_raw_table(warehouse: Warehouse, raw_table: str) -> None:
    """Create `raw.<name>` unless it exists."""
    warehouse.execute(f"create table if not exists {raw_table} ({RAW_COLUMNS})", name=raw_table)


def empty_scratch(warehouse: Warehouse) -> None:
    """Empty tables for what one file, or one restaging, brings."""
    for statement in _SCRATCH:
        warehouse.execute(statement, name="scratch tables of the load")


def raw_table(format_name: str, key: str) -> str:
    """`raw.<format>` or `raw.<format>_<key>`.

    Raises:
        ConfigurationError: the parts are no lower_snake_case names.
    """
    name = f"{format_name}_{key}" if key else format_name
    if not _NAME.fullmatch(name):
        raise ConfigurationError(f"{name!r} is no name for a raw table: use lower case letters, digits and _")
    return f"raw.{name}"
