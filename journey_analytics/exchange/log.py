"""An event log as the load will see it, read once beforehand: its cases, activities, pauses and what is refused."""

import json
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

_CASES = {"case": pl.String, "activity": pl.String, "occurred_at": pl.Datetime("us")}


@dataclass(frozen=True)
class Log:
    """What a log holds.

    Attributes:
        event_count: events read, refused ones included.
        refused: refused rows by reason.
        touchpoint_count, case_count: what the load will make of the events.
        activities: touchpoints by activity.
        longest_pause: the longest one between two touchpoints of a case that follow each other.
        groups: events by lifecycle transition in lower case (XES; none: `""`), or objects of events by type (OCEL).
    """

    event_count: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    touchpoint_count: int = 0
    case_count: int = 0
    activities: Mapping[str, int] = field(default_factory=dict)
    longest_pause: timedelta = timedelta()
    groups: Mapping[str, int] = field(default_factory=dict)


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
    found: Counter[str] = Counter()
    for batch in _batches(file, kind):
        found.update(_groups(batch, kind))
    return dict(sorted(found.items()))


def _groups(batch: RowBatch, kind: str) -> Iterator[str]:
    count = _transitions if kind == "xes" else _object_types
    for payload in batch.payloads:
        yield from count(json.loads(payload))


def _transitions(row: Mapping[str, Any]) -> list[str]:
    return [row["event"].get("lifecycle:transition", "").strip().lower()]


def _object_types(row: Mapping[str, Any]) -> list[str]:
    return [entry["type"] for entry in row["objects"] if entry["type"] is not None]


def read_log(file: Path, source: Source, files: Mapping[str, Path]) -> Log:
    """Stage a whole log as the load does, and keep nothing but numbers.

    Args:
        file: the log.
        source: the source that it will be loaded as.
        files: rules and models of the workspace (`build.sql_files`).

    Raises:
        DataError: the file cannot be trusted as a whole.
    """
    refused: Counter[str] = Counter()
    groups: Counter[str] = Counter()
    cases: list[pl.DataFrame] = []
    event_count = 0
    with closing(Stager(files, [source], loaded_at=datetime.now(UTC).replace(tzinfo=None))) as stager:
        for batch in _batches(file, source.format):
            event_count += batch.read_count
            refused.update(row.reason for row in batch.refused)
            groups.update(_groups(batch, source.format))
            staged = stager.stage(source, "", _landed(batch, source))
            refused.update(staged.rejections["reason"].to_list())
            cases.append(_case_rows(pl.DataFrame(staged.events)))
    numbers = _case_numbers(pl.concat([pl.DataFrame(schema=_CASES), *cases]))
    return replace(
        numbers, event_count=event_count, refused=dict(sorted(refused.items())), groups=dict(sorted(groups.items()))
    )


def _batches(file: Path, kind: str) -> Iterator[RowBatch]:
    try:
        with file.open("rb") as handle:
            yield from FileRead(DEFAULT_LIMITS).batches(handle, name=file.name, reader=kind, delimiter=",", required=())
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
    return events.select(case=case, activity="activity", occurred_at=pl.col("occurred_at").cast(pl.Datetime("us")))


def _case_numbers(cases: pl.DataFrame) -> Log:
    pause = pl.col("occurred_at").sort().diff().max().over("case")
    longest = cases.select(pause.max()).item() if cases.height else None
    activities = cases.group_by("activity").len().sort("len", "activity", descending=[True, False])
    return Log(
        touchpoint_count=cases.height,
        case_count=cases["case"].n_unique(),
        activities=dict(activities.iter_rows()),
        longest_pause=longest or timedelta(),
    )
