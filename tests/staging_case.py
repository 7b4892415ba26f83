"""Raw rows through the staging and admission models in memory, as the loader runs them; for tests of the SQL."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import polars as pl

from journey_analytics import build
from journey_analytics.contract import EVENT_COLUMNS, STAGED_COLUMNS
from journey_analytics.load.stager import admission_nodes
from journey_analytics.warehouse import Warehouse, open_memory

LOADED_AT = datetime(2026, 6, 15, 12)
NOON = "2026-06-01T12:00:00Z"
Row = dict[str, Any]
RAW = {
    "load_id": pl.Int64,
    "source": pl.String,
    "file": pl.String,
    "row_number": pl.Int64,
    "content_hash": pl.String,
    "payload": pl.String,
}


class Bench:
    """A database with the rules, macros and models; what a method returns is by row number, from 1."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        self.files = build.sql_files()
        build.load_config(warehouse, self.files)
        build.load_macros(warehouse, self.files)
        warehouse.create_from("config.load", pl.DataFrame({"loaded_at": [LOADED_AT]}))
        self.declare("web")

    def declare(self, *sources: str, time_zone: str | None = None, phone_region: str | None = None) -> None:
        """The blocks of `journey.toml` of the only sources."""
        rows = [(source, "segment", time_zone, phone_region, True) for source in sources]
        names = ("source", "format", "time_zone", "phone_region")
        schema = {**dict.fromkeys(names, pl.String), "guards_cutoff": pl.Boolean}
        self.warehouse.create_from("config.source", pl.DataFrame(rows, schema=schema, orient="row"))

    def value(self, expression: str, *values: object) -> Any:
        """What an expression over the macros makes of some values."""
        return self.warehouse.value(f"select {expression}", values)

    def land(self, table: str, payloads: Sequence[Row | str]) -> None:
        """Fill a raw table, one payload a row."""
        texts = [payload if isinstance(payload, str) else json.dumps(payload) for payload in payloads]
        rows = [(1, "web", "a file", number, "", text) for number, text in enumerate(texts, start=1)]
        self.warehouse.create_from(f"raw.{table}", pl.DataFrame(rows, schema=RAW, orient="row"))

    def stage(self, name: str, **tables: Sequence[Row | str]) -> dict[int, list[Row]]:
        """The staged rows of payloads by raw table; a table that is not given is empty."""
        model = self._model(name)
        for table in (read.removeprefix("raw.") for read in sorted(model.reads) if read.startswith("raw.")):
            self.land(table, tables.get(table, ()))
        columns = ", ".join(f"{column} {kind}" for column, kind in STAGED_COLUMNS.items())
        self.warehouse.execute(f"create or replace table admission.staged ({columns})")
        self.warehouse.execute(f"insert into admission.staged by name {model.sql}", name=model.name)
        return _by_row(self.warehouse, "admission.staged")

    def _model(self, name: str) -> build.Model:
        return next(model for model in build.read_models(self.files, "staging") if model.name == f"staging.{name}")

    def put(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Staged rows by hand, each one raw row; what is not given is null, but time and identity, which are sound."""
        columns = ", ".join(f"{column} {kind}" for column, kind in STAGED_COLUMNS.items())
        self.warehouse.execute(f"create or replace table admission.staged ({columns})")
        sound = {
            "load_id": 1,
            "source": "web",
            "activity": "page_viewed",
            "occurred_at": NOON,
            "identities": someone("u1"),
        }
        frames = [pl.DataFrame([{**sound, "row_number": number, **row}]) for number, row in enumerate(rows, start=1)]
        self.warehouse.append("admission.staged", pl.concat(frames, how="diagonal_relaxed"))

    def admit(self) -> tuple[dict[int, list[Row]], dict[int, tuple[str, str]]]:
        """The events and the (code, reason) of the refused rows of what is staged."""
        build.run_models(self.warehouse, admission_nodes(self.files))
        assert self.warehouse.columns("admission.event") == list(EVENT_COLUMNS)
        refused = self.warehouse.rows("select row_number, reason_code, reason from admission.rejection")
        assert len({row[0] for row in refused}) == len(refused)
        return _by_row(self.warehouse, "admission.event"), {row[0]: (row[1], row[2]) for row in refused}

    def admit_rows(self, rows: Sequence[Mapping[str, Any]]) -> tuple[dict[int, list[Row]], dict[int, tuple[str, str]]]:
        """`put` and `admit`."""
        self.put(rows)
        return self.admit()

    def event(self, **row: Any) -> Row:
        """The one event that a staged row becomes."""
        events, refused = self.admit_rows([row])
        assert not refused, refused
        return events[1][0]


@contextmanager
def bench() -> Iterator[Bench]:
    """A bench of its own database."""
    with open_memory(threads=1) as warehouse:
        yield Bench(warehouse)


def someone(value: object, identity_type: str = "user_id") -> list[Row]:
    """The identities of a staged row with one identity."""
    return [{"identity_type": identity_type, "identity_value": value}]


def identities(row: Row) -> dict[str, list[str]]:
    """The values of a row's identities by type, without nulls, in the row's order."""
    found: dict[str, list[str]] = defaultdict(list)
    for identity in row["identities"]:
        if identity["identity_value"] is not None:
            found[identity["identity_type"]].append(identity["identity_value"])
    return dict(found)


def _by_row(warehouse: Warehouse, table: str) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in warehouse.frame(f"select * from {table} order by row_number, source_event_id, activity").to_dicts():
        found[row["row_number"]].append(row)
    return dict(found)
