"""After a change of rules or models: every landed row staged again, as if all files were loaded afresh."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from journey_analytics.config import Source
from journey_analytics.instants import naive
from journey_analytics.load.admit import ACCEPTED, CONTRIBUTIONS, LANDED_ROWS
from journey_analytics.load.settle import settle
from journey_analytics.load.stager import LANDED_COLUMNS, Stager
from journey_analytics.load.tables import create_tables, empty_scratch
from journey_analytics.warehouse import Warehouse

_CHUNK_ROWS = 100_000
_PART = f"(load_id * 1000000 + row_number // {_CHUNK_ROWS})"
"""Rises with (load_id, row_number); a file has fewer than a million parts."""

# Verdicts of staging and admission, and conflicts, are on landed rows; a reader's refusals are not, and stay.
_RELEASE = """
delete from run.rejected_event as rejected using {table} as landed
where rejected.load_id = landed.load_id and rejected.row_number = landed.row_number
"""
_REJECT = """
insert into run.rejected_event by name
select rejection.* replace (left(landed.payload, 65536) as payload)
from incoming_rejection as rejection inner join {table} as landed using (load_id, row_number)
"""
_RECOUNT = """
update run.load as load
set accepted_count = counted.accepted_count, rejected_count = counted.rejected_count,
    duplicate_count = load.read_count - counted.accepted_count - counted.rejected_count
from (
    select
        load.load_id, coalesce(accepted.accepted_count, 0) as accepted_count,
        coalesce(rejected.rejected_count, 0) as rejected_count
    from run.load
    left join accepted using (load_id)
    left join (
        select load_id, count(*) as rejected_count from run.rejected_event group by load_id
    ) as rejected using (load_id)
) as counted
where load.load_id = counted.load_id
"""


@dataclass(frozen=True)
class _Landing:
    """One raw table, and a source whose format made it."""

    source: Source
    key: str
    table: str


def restage(warehouse: Warehouse, *, files: Mapping[str, Path], sources: Sequence[Source], loaded_at: datetime) -> None:
    """Rebuild `staging.event`, the quarantine and the counts of `run.load` from `raw.*` with the rules as they are now.

    Rows that are malformed by the new rules move to quarantine, those that no longer are come out of it. The outcome
    is that of loading all files afresh. A source that is no longer configured keeps its rows, staged by the format it
    was loaded with. The caller holds the transaction.

    Raises:
        ConfigurationError: a model or a rule is at fault.
    """
    create_tables(warehouse)
    empty_scratch(warehouse)
    landings, former = _landings(warehouse), _former(warehouse, sources)
    with closing(Stager(files, [*sources, *former], loaded_at=naive(loaded_at))) as stager:
        for landing in landings:
            for rows in _chunks(warehouse, landing):
                staged = stager.stage(landing.source, landing.key, rows)
                warehouse.append("incoming_event", staged.events)
                warehouse.append("incoming_rejection", staged.rejections)
    _replace(warehouse)


def _landings(warehouse: Warehouse) -> list[_Landing]:
    loaded = warehouse.rows("select min(source), format, raw_table from run.load group by all order by all")
    return [
        _Landing(Source(name, form, {}), table.removeprefix(f"raw.{form}").removeprefix("_"), table)
        for name, form, table in loaded
        if warehouse.has(table)
    ]


def _former(warehouse: Warehouse, sources: Sequence[Source]) -> list[Source]:
    """The sources that were loaded and are no longer configured."""
    configured = {source.name for source in sources}
    loaded = warehouse.rows("select source, min(format) from run.load group by all order by all")
    return [Source(name, form, {}) for name, form in loaded if name not in configured]


def _chunks(warehouse: Warehouse, landing: _Landing) -> Iterator[pa.Table]:
    """The rows of a landing in parts of bounded size, whole small loads together."""
    columns = ", ".join(LANDED_COLUMNS)
    chosen = f"select {columns} from {landing.table} where {_PART} between ? and ?"
    for first, last in _ranges(warehouse, landing):
        yield warehouse.arrow(chosen, parameters=[first, last], name=landing.table)


def _ranges(warehouse: Warehouse, landing: _Landing) -> Iterator[tuple[int, int]]:
    """First and last part of each chunk."""
    parts = warehouse.rows(f"select {_PART} as part, count(*) from {landing.table} group by part order by part")
    first, count = None, 0
    for place, (part, rows) in enumerate(parts):
        first, count = part if first is None else first, count + rows
        if count >= _CHUNK_ROWS or place == len(parts) - 1:
            yield first, part
            first, count = None, 0


def _replace(warehouse: Warehouse) -> None:
    warehouse.execute("delete from staging.event", name="staging.event")
    warehouse.execute("delete from staging.conflict", name="staging.conflict")
    warehouse.execute(LANDED_ROWS, name="landed rows")
    for table in warehouse.tables("raw"):
        warehouse.execute(_RELEASE.format(table=table), name="run.rejected_event")
        warehouse.execute(_REJECT.format(table=table), name="run.rejected_event")
        warehouse.execute(f"insert into landed_row select load_id, row_number from {table}", name="landed rows")
    warehouse.execute(CONTRIBUTIONS, name="contributions")
    settle(warehouse)
    warehouse.execute(f"create or replace temp table accepted as {ACCEPTED}", name="accepted rows")
    warehouse.execute(_RECOUNT, name="run.load")
