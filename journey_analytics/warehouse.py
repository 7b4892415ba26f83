"""The warehouse: the only module that imports duckdb.

It opens hardened connections, runs named SQL and hands frames in and out. An error carries the model and its SQL.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl
import pyarrow as pa

from journey_analytics.errors import ConfigurationError, DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

HARDENED: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
    "allow_persistent_secrets": "false",
}
"""What no connection of ours may do: install, load or keep anything, or read Python variables as tables."""

_FOREIGN = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".gz", ".toml")

SCHEMAS = ("config", "raw", "staging", "admission", "core", "mart", "run")


class Warehouse:
    """One open database. Use `open_warehouse`, `open_memory` or `open_published`; close it, or use it in a `with`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, *, path: Path | None) -> None:
        """Wrap an open connection; `path` is None for a database in memory."""
        self._connection = connection
        self.path = path

    def __enter__(self) -> "Warehouse":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; a second call does nothing."""
        self._connection.close()

    def execute(self, sql: str, parameters: "Sequence[Any]" = (), *, name: str = "statement") -> None:
        """Run one statement for its effect.

        Raises:
            ConfigurationError: when DuckDB refuses it; the message carries `name` and, unless that is a file, the SQL.
        """
        with _sql_errors(name, sql):
            self._connection.execute(sql, list(parameters))

    def rows(self, sql: str, parameters: "Sequence[Any]" = (), *, name: str = "query") -> list[tuple[Any, ...]]:
        """All rows of a query as tuples."""
        with _sql_errors(name, sql):
            return self._connection.execute(sql, list(parameters)).fetchall()

    def value(self, sql: str, parameters: "Sequence[Any]" = (), *, name: str = "query") -> Any:
        """The first column of the first row, or None where there is no row."""
        found = self.rows(sql, parameters, name=name)
        return found[0][0] if found else None

    def frame(self, sql: str, *, name: str = "query", parameters: "Sequence[Any] | None" = None) -> pl.DataFrame:
        """The rows of a query as a Polars frame, column types kept (DECIMAL stays Decimal)."""
        return pl.DataFrame(self.arrow(sql, name=name, parameters=parameters))

    def arrow(self, sql: str, *, name: str = "query", parameters: "Sequence[Any] | None" = None) -> pa.Table:
        """The rows of a query as an Arrow table."""
        with _sql_errors(name, sql):
            relation = self._connection.sql(sql, params=list(parameters) if parameters is not None else None)
            return relation.to_arrow_table()

    def batches(self, sql: str, *, name: str = "query", row_count: int = 10_000) -> "Iterator[pa.RecordBatch]":
        """The rows of a query in parts of at most `row_count`, read as they are asked for: never all in memory."""
        with _sql_errors(name, sql), self._connection.cursor() as cursor:
            yield from cursor.sql(sql).to_arrow_reader(row_count)

    def create_from(self, table: str, frame: "pl.DataFrame | pa.Table") -> None:
        """Create or replace `table` (schema.name) with the rows of a frame; its columns give the types."""
        with self._registered(frame) as view:
            self.execute(f"create or replace table {table} as select * from {view}", name=table)

    def append(self, table: str, frame: "pl.DataFrame | pa.Table") -> None:
        """Append the rows of a frame to `table`, columns matched by name."""
        with self._registered(frame) as view:
            self.execute(f"insert into {table} by name select * from {view}", name=table)

    @contextmanager
    def _registered(self, frame: "pl.DataFrame | pa.Table") -> Iterator[str]:
        view = "incoming_frame"
        self._connection.register(view, frame.to_arrow() if isinstance(frame, pl.DataFrame) else frame)
        try:
            yield view
        finally:
            self._connection.unregister(view)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block or nothing. Re-raises: after an error DuckDB's own COMMIT would silently roll back."""
        self.execute("begin transaction", name="begin")
        try:
            yield
        except BaseException:
            self._connection.execute("rollback")
            raise
        self.execute("commit", name="commit")

    def write_copy(self, path: Path, tables: "Sequence[str]", *, views: "Sequence[str]" = ()) -> None:
        """Write `tables` to a new database file in the warehouse's folder, checkpointed and closed.

        `views` stay views: they read the tables of the copy, and come in the order in which they read each other.
        """
        self.execute(f"attach {quoted(str(path))} as copied", name="write_copy")
        try:
            for schema in sorted({table.split(".")[0] for table in tables}):
                self.execute(f"create schema copied.{schema}", name="write_copy")
            for table in tables:
                self.execute(f"create table copied.{table} as select * from {table}", name=table)
            for view in views:
                self.execute(f"create view copied.{view} as {self._select_of(view)}", name=view)
            self.execute("checkpoint copied", name="write_copy")
        finally:
            self.execute("detach copied", name="write_copy")

    def _select_of(self, view: str) -> str:
        schema, name = view.split(".")
        made = (
            "select sql from duckdb_views() "
            "where database_name = current_database() and schema_name = ? and view_name = ?"
        )
        return re.split(r"\sAS\s", self.value(made, [schema, name]), maxsplit=1)[1]

    def has(self, table: str) -> bool:
        """Whether `schema.name` exists, as a table or a view."""
        schema, name = table.split(".")
        found = "select count(*) from information_schema.tables where table_schema = ? and table_name = ?"
        return bool(self.value(found, [schema, name]))

    def columns(self, table: str) -> list[str]:
        """The column names of a table in order; empty when it does not exist."""
        schema, name = table.split(".")
        listed = (
            "select column_name from information_schema.columns where table_schema = ? and table_name = ? "
            "order by ordinal_position"
        )
        return [row[0] for row in self.rows(listed, [schema, name])]

    def tables(self, schema: str) -> list[str]:
        """The names `schema.name` of all tables of a schema, sorted."""
        listed = "select table_name from information_schema.tables where table_schema = ? order by table_name"
        return [f"{schema}.{row[0]}" for row in self.rows(listed, [schema])]


def open_warehouse(path: Path, *, memory_limit: str | None = None, threads: int | None = None) -> Warehouse:
    """Open the warehouse file for writing, creating it and its schemas when it is new.

    SQL can reach files in the warehouse's own folder only.

    Raises:
        ConfigurationError: when the file cannot be opened or written, or is no DuckDB file.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _require_duckdb(path)
        connection = duckdb.connect(str(path), config=HARDENED)
        _harden(connection, folder=path.parent.resolve(), memory_limit=memory_limit, threads=threads)
    except (duckdb.Error, OSError) as error:
        raise ConfigurationError(f"cannot open the warehouse {path}: {error}") from error
    return _with_schemas(Warehouse(connection, path=path))


def _require_duckdb(path: Path) -> None:
    """DuckDB takes some foreign files for data and would then work in memory, and lose everything at the end."""
    if path.suffix in _FOREIGN or (path.is_file() and path.stat().st_size and not _is_duckdb(path)):
        raise ConfigurationError(
            f"cannot open the warehouse {path}: it is no DuckDB file; name one such as warehouse.duckdb"
        )


def _is_duckdb(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(12)[8:] == b"DUCK"


def open_memory(*, threads: int | None = None) -> Warehouse:
    """A database in memory with the same schemas: for one file's staging, and for tests."""
    connection = duckdb.connect(":memory:", config=HARDENED)
    _harden(connection, folder=None, memory_limit=None, threads=threads)
    return _with_schemas(Warehouse(connection, path=None))


def open_published(path: Path, *, memory_limit: str | None = None) -> Warehouse:
    """Open a published copy read-only; beyond `memory_limit` (such as "1GB") it works on disk, beside the copy.

    Raises:
        DataError: when there is none yet.
    """
    if not path.is_file():
        raise DataError(f"nothing is published at {path} yet: run `journey run` first")
    limit = {} if memory_limit is None else {"memory_limit": memory_limit}
    return Warehouse(duckdb.connect(str(path), read_only=True, config={**HARDENED, **limit}), path=path)


def _harden(
    connection: duckdb.DuckDBPyConnection, *, folder: Path | None, memory_limit: str | None, threads: int | None
) -> None:
    spill = "" if folder is None else folder / ".duckdb.tmp"  # in memory: never into the current folder
    settings = {"memory_limit": memory_limit, "threads": threads, "temp_directory": spill}
    for setting, value in settings.items():
        if value is not None:
            connection.execute(f"set {setting} = {quoted(str(value))}")
    if folder is not None:
        connection.execute(f"set allowed_directories = [{quoted(str(folder))}]")
    for statement in (
        "set checkpoint_threshold = '1GB'",
        "set enable_external_access = false",
        "set preserve_insertion_order = false",
        "set TimeZone = 'UTC'",
        "set lock_configuration = true",
    ):
        connection.execute(statement)


def quoted(text: str) -> str:
    """A text as an SQL literal: the only place where a value becomes SQL."""
    return "'" + text.replace("'", "''") + "'"


def _with_schemas(warehouse: Warehouse) -> Warehouse:
    for schema in SCHEMAS:
        warehouse.execute(f"create schema if not exists {schema}")
    return warehouse


@contextmanager
def _sql_errors(name: str, sql: str) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        shown = "" if name.endswith(".sql") else f"\n--- SQL of {name} ---\n{sql.strip()}"
        raise ConfigurationError(f"{name}: {error}{shown}") from error
