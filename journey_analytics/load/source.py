"""Sources: all files of one, or of several, each loaded on its own."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from journey_analytics.config import Source
from journey_analytics.errors import ConfigurationError
from journey_analytics.instants import naive
from journey_analytics.load import ledger
from journey_analytics.load.file import FileLoad
from journey_analytics.load.loader import Loader
from journey_analytics.load.stager import Stager
from journey_analytics.load.tables import create_tables
from journey_analytics.sources import DEFAULT_LIMITS, Delivery, Limits, deliveries, reader_name
from journey_analytics.warehouse import Warehouse

Progress = Callable[[str], None]

_LOST_BEFORE = """
create or replace temp table lost_before as
select load_id, row_number from run.rejected_event where reason_code = 'id_conflict'
"""
_FALLEN = """
select count(*)
from run.rejected_event anti join lost_before using (load_id, row_number)
where reason_code = 'id_conflict' and load_id < ?
"""
_COUNTS = """
select load_id, read_count, accepted_count, duplicate_count, rejected_count from run.load where load_id >= ?
"""


@dataclass(frozen=True)
class LoadSummary:
    """What a load did, file by file in the order they were loaded, and what it warns of.

    The counts are those at the end of the load: a later file may have taken an event from an earlier one. `warnings`
    are sentences: patterns without a file, files left out, each file's own warning with its name, and how many rows of
    earlier loads lost against new ones.
    """

    files: tuple[FileLoad, ...] = ()
    warnings: tuple[str, ...] = ()

    def __add__(self, other: "LoadSummary") -> "LoadSummary":
        return LoadSummary(self.files + other.files, self.warnings + other.warnings)

    def __str__(self) -> str:
        """The counts as a sentence."""
        count = sum(file.load_id is not None for file in self.files)
        return (
            f"read {self.read_count:,} rows of {count:,} new {'file' if count == 1 else 'files'} = "
            f"{self.accepted_count:,} accepted + {self.duplicate_count:,} duplicates + {self.rejected_count:,} rejected"
        )

    @property
    def read_count(self) -> int:
        """Rows read in this load; read = accepted + duplicate + rejected."""
        return sum(file.read_count for file in self.files)

    @property
    def accepted_count(self) -> int:
        """Rows accepted in this load."""
        return sum(file.accepted_count for file in self.files)

    @property
    def duplicate_count(self) -> int:
        """Rows in this load that were delivered before."""
        return sum(file.duplicate_count for file in self.files)

    @property
    def rejected_count(self) -> int:
        """Rows of this load in quarantine; a file refused as a whole counts as one."""
        return sum(file.rejected_count for file in self.files)


def load_sources(
    warehouse: Warehouse,
    *,
    sources: Sequence[Source],
    files: Mapping[str, Path],
    root: Path,
    loaded_at: datetime,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress = lambda _: None,
) -> LoadSummary:
    """Load whatever is new in all sources; what was loaded before is passed over.

    Args:
        warehouse: open for writing, without an open transaction.
        sources: in this order.
        files: rules and models (`build.sql_files`).
        root: the workspace; the ledger names files relative to it.
        loaded_at: the now of the ledger and of the checks on time; aware, or naive UTC.
        limits: bounds of the reader.
        progress: called with the name of each file as its reading begins.

    Raises:
        ConfigurationError: a folder does not exist, a name is not known, both before anything is loaded; a file cannot
            be opened, a model or a rule is at fault: the files loaded until then stay loaded.
    """
    # Folders and names are looked at before anything is read: a wrong one must not show only after an hour of loading.
    warnings: list[str] = []
    found = [delivery for source in sources for delivery in deliveries(source, warn=warnings.append)]
    create_tables(warehouse)
    now = naive(loaded_at)
    with closing(Stager(files, sources, loaded_at=now)) as stager:
        _check_names(stager, sources, found, root=root)
        first = _remember_losers(warehouse)
        loader = Loader(warehouse, stager, root=root, loaded_at=now, limits=limits)
        try:
            for delivery in found:
                progress(delivery.name(root))
                loader.load(delivery)
        finally:
            loader.flush()
    loaded = _recounted(warehouse, [loader.results[delivery] for delivery in found], first)
    return _summary(loaded, [*warnings, *_fallen_warning(warehouse, first)])


def _check_names(stager: Stager, sources: Sequence[Source], found: Sequence[Delivery], *, root: Path) -> None:
    """Formats, keys of `path` and endings: a wrong one must stop the load before its first file."""
    for source in sources:
        for key in source.paths:
            stager.table(source, key)
    declared = {source.name: stager.declared_reader(source) for source in sources}
    for delivery in found:
        try:
            reader_name(delivery.name(root), declared[delivery.source.name])
        except ConfigurationError as error:
            raise ConfigurationError(f"source {delivery.source.name!r}: {error}") from error


def _remember_losers(warehouse: Warehouse) -> int:
    """Keep in a scratch table which rows had lost before this load; returns the first load id of this load."""
    warehouse.execute(_LOST_BEFORE, name="rows that lost before")
    return ledger.next_load_id(warehouse)


def _fallen_warning(warehouse: Warehouse, first: int) -> list[str]:
    """A sentence on the rows of loads before `first` that lost now; none when there are none."""
    count = warehouse.value(_FALLEN, [first], name="rows of earlier loads that lost")
    rows = "row" if count == 1 else "rows"
    text = f"{count:,} {rows} accepted in earlier loads lost against new ones (id_conflict): see journey rejected"
    return [text] if count else []


def _recounted(warehouse: Warehouse, files: Sequence[FileLoad], first: int) -> list[FileLoad]:
    """The outcomes with the counts that the ledger has now, of loads since `first`."""
    counts = {load_id: row for load_id, *row in warehouse.rows(_COUNTS, [first], name="run.load")}
    return [_with_counts(file, *counts[file.load_id]) if file.load_id in counts else file for file in files]


def _with_counts(file: FileLoad, read: int, accepted: int, duplicate: int, rejected: int) -> FileLoad:
    return replace(file, read_count=read, accepted_count=accepted, duplicate_count=duplicate, rejected_count=rejected)


def _summary(loaded: Sequence[FileLoad], warnings: Sequence[str]) -> LoadSummary:
    own = [f"{file.file}: {file.warning}" for file in loaded if file.warning]
    return LoadSummary(tuple(loaded), (*warnings, *own))
