"""`run.load` and `run.rejected_event`: what was read before, and what became of it."""

from dataclasses import dataclass
from datetime import datetime

from journey_analytics.warehouse import Warehouse

_TRUSTED_AGE_NS = 2_000_000_000
"""A file whose time stamp is younger than this at its load may have been rewritten within the clock's grain."""

RETRIED_CODES = ("missing_column", "duplicate_column")
"""File refusals that a change of the configuration or of a model can lift: such files are read again."""

_TRUSTED = """
with newest as (
    select *
    from run.load
    qualify row_number() over (partition by source, raw_table, file order by load_id desc) = 1
)

select source, raw_table, file, byte_count, modified_ns
from newest
anti join (
    select load_id from run.rejected_event where row_number = 0 and list_contains(?::varchar[], reason_code)
) as retried using (load_id)
where modified_ns + ? < epoch_ns(loaded_at)
"""


@dataclass(frozen=True)
class Entry:
    """One row of `run.load`. `warning` is null when there was nothing to say; `loaded_at` is naive UTC."""

    load_id: int
    source: str
    file: str
    content_hash: str
    read_count: int
    accepted_count: int
    duplicate_count: int
    rejected_count: int
    loaded_at: datetime
    format: str
    raw_table: str
    byte_count: int
    modified_ns: int
    warning: str | None = None


_COLUMNS = ", ".join(Entry.__dataclass_fields__)


Stamp = tuple[str, str, str, int, int]
"""Source, raw table, file, size in bytes and time stamp in nanoseconds."""


def trusted_stamps(warehouse: Warehouse) -> set[Stamp]:
    """The stamps that tell by themselves that a file was loaded, so that it need not be read to know.

    Only of the newest load of a file, only when the file had been at rest for a while, and not of a refusal that is
    tried again.
    """
    newest = warehouse.rows(_TRUSTED, [list(RETRIED_CODES), _TRUSTED_AGE_NS], name="run.load")
    return set(newest)  # type: ignore[arg-type]


def find(warehouse: Warehouse, *, source: str, raw_table: str, content_hash: str) -> list[Entry]:
    """All loads of this content for a source and table, oldest first."""
    found = warehouse.rows(
        f"select {_COLUMNS} from run.load where source = ? and raw_table = ? and content_hash = ? order by load_id",
        [source, raw_table, content_hash],
    )
    return [Entry(*row) for row in found]


def file_refusal(warehouse: Warehouse, load_id: int) -> tuple[str, str] | None:
    """Code and reason, when the load refused its file as a whole."""
    found = warehouse.rows(
        "select reason_code, reason from run.rejected_event where load_id = ? and row_number = 0", [load_id]
    )
    return found[0] if found else None


def next_load_id(warehouse: Warehouse) -> int:
    """One more than the highest so far: ids rise with every load, whatever the clock does."""
    return warehouse.value("select coalesce(max(load_id), 0) + 1 from run.load")


def record(warehouse: Warehouse, entry: Entry) -> None:
    """Write a row of `run.load`."""
    values = [getattr(entry, name) for name in Entry.__dataclass_fields__]
    marks = ", ".join("?" * len(values))
    warehouse.execute(f"insert into run.load ({_COLUMNS}) values ({marks})", values, name="run.load")


def record_refusal(warehouse: Warehouse, entry: Entry, code: str, reason: str) -> None:
    """Write the rows of a file refused as a whole: row number 0 stands for it in the quarantine."""
    warehouse.execute(
        "insert into run.rejected_event values (?, ?, ?, 0, ?, ?, null)",
        [entry.load_id, entry.source, entry.file, code, reason],
        name="run.rejected_event",
    )
    record(warehouse, entry)


def forget(warehouse: Warehouse, load_id: int) -> None:
    """Delete a load that brought no rows, with its refusal."""
    warehouse.execute("delete from run.rejected_event where load_id = ?", [load_id], name="run.rejected_event")
    warehouse.execute("delete from run.load where load_id = ?", [load_id], name="run.load")
