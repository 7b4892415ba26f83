"""An event log as the load will see it, read once beforehand: its cases, activities, pauses and what is refused."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import polars as pl

from journey_analytics.config import Source
from journey_analytics.errors import ConfigurationError, DataError
from journey_analytics.load.stager import LANDED_COLUMNS, Stager
from journey_analytics.sources import DEFAULT_LIMITS, FileRead, FileRefusedError, RowBatch

FORMATS: Final = {".xes": "xes", ".json": "ocel", ".jsonocel": "ocel"}
"""By the ending of the name, before .gz."""

Progress = Callable[[str], None]

_CASES = {"case": pl.String, "activity": pl.String, "occurred_at": pl.Datetime("us"), "place": pl.String}
_NO_ZONE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?")
"""A time that tells no zone, as the SQL macro `time_kind` has it."""


@dataclass(frozen=True)
class Refusal:
    """How many events are refused for one reason, and the first of them in words."""

    count: int
    example: str


@dataclass(frozen=True)
class Log:
    """What a log holds.

    Attributes:
        event_count: events read, refused ones included.
        refused: refused events by the code of the reason; each event is counted once.
        touchpoint_count, case_count: what the load will make of the events.
        activities: touchpoints by activity.
        always_last: activities after which no case has another touchpoint.
        longest_pause: the longest one between two touchpoints of a case that follow each other.
        groups: events by lifecycle transition in lower case (XES; none: `""`), or objects of events by type (OCEL).
        caseless_count: readable events about no object of the case type (OCEL).
        no_zone_count: readable events whose time has no zone.
        warnings: what the reader warns of.
    """

    event_count: int = 0
    refused: Mapping[str, Refusal] = field(default_factory=dict)
    touchpoint_count: int = 0
    case_count: int = 0
    activities: Mapping[str, int] = field(default_factory=dict)
    always_last: tuple[str, ...] = ()
    longest_pause: timedelta = timedelta()
    groups: Mapping[str, int] = field(default_factory=dict)
    caseless_count: int = 0
    no_zone_count: int = 0
    warnings: tuple[str, ...] = ()


def log_format(file: Path) -> str:
    """`xes` or `ocel`, by the file's name.

    Raises:
        ConfigurationError: there is no such file, or its name does not tell.
    """
    if not file.is_file():
        raise ConfigurationError(f"{file} does not exist or is no file; name an event log: .xes, .xes.gz or .json")
    plain = Path(file.name.lower().removesuffix(".gz"))
    if plain.suffix not in FORMATS:
        raise ConfigurationError(
            f"{file}: how to read {plain.suffix or 'a file without an ending'!r} is not known; expected .xes, .xes.gz "
            "or, for OCEL 2.0, .json; convert other forms first, such as OCEL in XML or SQLite"
        )
    return FORMATS[plain.suffix]


def groups_of(file: Path, kind: str) -> dict[str, int]:
    """What `Log.groups` will be, where it has to be known before the log can be staged; by name.

    Raises:
        DataError: the file cannot be trusted as a whole.
    """
    found = _Counts(kind)
    for batch in _batches(file, kind, FileRead(DEFAULT_LIMITS)):
        found.add(batch)
    return dict(sorted(found.groups.items()))


class _Counts:
    """What is counted of the rows as they are read."""

    def __init__(self, kind: str, case: str | None = None) -> None:
        self.groups: Counter[str] = Counter()
        self.caseless_count = 0
        self.no_zone_count = 0
        self._kind = kind
        self._case = case

    def add(self, batch: RowBatch) -> None:
        for row in map(json.loads, batch.payloads):
            is_xes = self._kind == "xes"
            groups = _transitions(row) if is_xes else _object_types(row)
            time = row["event"].get("time:timestamp") if is_xes else row["time"]
            self.groups.update(groups)
            self.caseless_count += self._case is not None and self._case not in groups
            self.no_zone_count += isinstance(time, str) and _NO_ZONE.fullmatch(time.strip()) is not None


class _Refusals:
    """Refused events by code: an event counts once, whichever of its rows is refused."""

    def __init__(self) -> None:
        self.found: dict[str, Refusal] = {}

    def add(self, code: str, row_number: int, reason: str) -> None:
        known = self.found.get(code, Refusal(0, f"event {row_number:,}: {reason}"))
        self.found[code] = replace(known, count=known.count + 1)


def _transitions(row: Mapping[str, Any]) -> list[str]:
    return [row["event"].get("lifecycle:transition", "").strip().lower()]


def _object_types(row: Mapping[str, Any]) -> list[str]:
    return [entry["type"] for entry in row["objects"] if entry["type"] is not None]


def read_log(file: Path, source: Source, files: Mapping[str, Path], *, case: str | None = None) -> Log:
    """Stage a whole log as the load does, and keep nothing but numbers.

    Args:
        file: the log.
        source: the source that it will be loaded as.
        files: rules and models of the workspace (`build.sql_files`).
        case: the type of object that is a case, in an OCEL log.

    Raises:
        DataError: the file cannot be trusted as a whole.
    """
    refusals, counts, read = _Refusals(), _Counts(source.format, case), FileRead(DEFAULT_LIMITS)
    cases: list[pl.DataFrame] = []
    event_count = 0
    with closing(Stager(files, [source], loaded_at=datetime.now(UTC).replace(tzinfo=None))) as stager:
        for batch in _batches(file, source.format, read):
            event_count += batch.read_count
            counts.add(batch)
            staged = stager.stage(source, "", _landed(batch, source))
            refused = [(row.code, row.row_number, row.reason) for row in batch.refused]
            refused += staged.rejections.select("reason_code", "row_number", "reason").rows()
            for refusal in sorted(refused, key=lambda row: row[1]):
                refusals.add(*refusal)
            cases.append(_case_rows(pl.DataFrame(staged.events)))
    numbers = _case_numbers(pl.concat([pl.DataFrame(schema=_CASES), *cases]))
    return replace(
        numbers,
        event_count=event_count,
        refused=dict(sorted(refusals.found.items())),
        groups=dict(sorted(counts.groups.items())),
        caseless_count=counts.caseless_count,
        no_zone_count=counts.no_zone_count,
        warnings=tuple(read.warnings),
    )


def _batches(file: Path, kind: str, read: FileRead) -> Iterator[RowBatch]:
    try:
        with file.open("rb") as handle:
            yield from read.batches(handle, name=file.name, reader=kind, delimiter=",", required=())
    except FileRefusedError as refusal:
        raise DataError(f"{file} cannot be read: {refusal.reason}") from refusal


def _landed(batch: RowBatch, source: Source) -> pl.DataFrame:
    rows = pl.DataFrame(
        {"row_number": batch.numbers, "payload": batch.payloads}, schema={"row_number": pl.Int64, "payload": pl.String}
    )
    origin = {"load_id": pl.lit(1, pl.Int64), "source": pl.lit(source.name), "file": pl.lit("log")}
    return rows.with_columns(**origin).select(LANDED_COLUMNS)


def _case_rows(events: pl.DataFrame) -> pl.DataFrame:
    case = pl.col("identities").list.first().struct.field("identity_value")
    at = pl.col("occurred_at").cast(pl.Datetime("us"))
    return events.select(case=case, activity="activity", occurred_at=at, place="source_event_id")


def _case_numbers(cases: pl.DataFrame) -> Log:
    pause = pl.col("occurred_at").sort().diff().max().over("case")
    longest = cases.select(pause.max()).item() if cases.height else None
    is_last = pl.col("case").is_last_distinct()
    followed = cases.sort("case", "occurred_at", "place").filter(~is_last)["activity"]
    activities = cases.group_by("activity").len().sort("len", "activity", descending=[True, False])
    return Log(
        touchpoint_count=cases.height,
        case_count=cases["case"].n_unique(),
        activities=dict(activities.iter_rows()),
        always_last=tuple(sorted(set(activities["activity"]) - set(followed))),
        longest_pause=longest or timedelta(),
    )
