"""Sources: all files of one, or of several, each loaded on its own."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from journey_analytics.config import Source
from journey_analytics.errors import ConfigurationError
from journey_analytics.load import ledger
from journey_analytics.load.file import FileLoad
from journey_analytics.load.loader import Loader
from journey_analytics.load.stager import Stager
from journey_analytics.load.tables import create_tables
from journey_analytics.sources import DEFAULT_LIMITS, Delivery, Limits, deliveries, reader_name
from journey_analytics.warehouse import Warehouse

Progress = Callable[[str], None]


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
    # Every folder and name is looked at before anything is read: a wrong path must not show only after an hour of loading.
    warnings: list[str] = []
    found = [delivery for source in sources for delivery in deliveries(source, warn=warnings.append)]
    create_tables(warehouse)
    now = _naive(loaded_at)
    with closing(Stager(files, sources, loaded_at=now)) as stager:
        _check_names(stager, sources, found, root=root)
        before = _conflicts(warehouse)
        loader = Loader(warehouse, stager, root=root, loaded_at=now, limits=limits)
        try:
            for delivery in found:
                progress(delivery.name(root))
                loader.load(delivery)
        finally:
            loader.flush()
    loaded = [_recounted(warehouse, loader.results[delivery]) for delivery in found]
    return _summary(loaded, [*warnings, *_fallen_warning(len(_conflicts))])


def _summary(loaded: Sequence[FileLoad], warnings: Sequence[str]) -> LoadSummary:
    own = [f"{file.file}: {file.warning}" for file in loaded if file.warning]
    return LoadSummary(tuple(loaded), (*warnings, *own))


def load_source(
    warehouse: Warehouse,
    *,
    source: Source,
    files: Mapping[str, Path],
    root: Path,
    loaded_at: datetime,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress = lambda _: None,
) -> LoadSummary:
    """Load whatever is new in one source; see `load_sources`."""
    return load_sources(
        warehouse, sources=[source], files=files, root=root, loaded_at=loaded_at, limits=limits, progress=progress
    )


def _naive(instant: datetime) -> datetime:
    return instant if instant.tzinfo is None else instant.astimezone(UTC).replace(tzinfo=None)
