"""Journeys as a star of Parquet files: touchpoints in the middle, what they are told apart by around them."""

import os
import shutil
from collections.abc import Iterable
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from pyarrow import parquet

from journey_analytics.errors import ConfigurationError
from journey_analytics.exchange.star_columns import COLUMNS, arrow_schema, readme
from journey_analytics.exchange.tables import Chosen
from journey_analytics.publish import replace_durably

README: Final = "README.md"
FILES: Final = (README, *(f"{table}.parquet" for table in COLUMNS))
"""What the folder holds, and nothing else."""

_ROWS_AT_ONCE: Final = 20_000


def write_star(chosen: Chosen, folder: Path) -> int:
    """Write a file for each table and a README; returns the number of touchpoints.

    An earlier export in the folder is replaced as a whole; the rows of each table are ordered by its key, those of
    `touchpoint` by journey and position.

    Raises:
        ConfigurationError: the folder holds something else, or cannot be written.
    """
    _require_ours(folder)
    fresh = folder.with_name(f".{folder.name}.{os.getpid()}.new")
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        count = _write_tables(chosen, fresh)
        (fresh / README).write_text(readme(chosen.cutoff, str(chosen.selection)), encoding="utf-8")
        _swap(fresh, folder)
    except OSError as error:
        raise ConfigurationError(
            f"cannot write {folder}: {error.strerror}; name a folder in one that exists"
        ) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return count


def _require_ours(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or {path.name for path in folder.iterdir()} - set(FILES)):
        raise ConfigurationError(f"{folder} exists and is no earlier export: name a new folder")


def _swap(fresh: Path, folder: Path) -> None:
    """Put the new folder in the place of the old one; nothing but our own files was in that."""
    old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    if folder.exists():
        folder.rename(old)
    replace_durably(fresh, folder)
    shutil.rmtree(old, ignore_errors=True)


def _write_tables(chosen: Chosen, folder: Path) -> int:
    seen = _Seen()
    count = _write(folder, "touchpoint", map(seen.note, chosen.touchpoints()))
    for table, rows in (
        ("journey", chosen.journeys()),
        ("customer", chosen.customers()),
        ("session", chosen.sessions()),
        ("activity", chosen.activities()),
        ("channel", ({"channel": channel} for channel in sorted(seen.channels))),
        ("date", map(_date, sorted(seen.days))),
    ):
        _write(folder, table, rows)
    return count


class _Seen:
    """Notes the days and channels that pass by."""

    def __init__(self) -> None:
        self.days: set[date] = set()
        self.channels: set[str] = set()

    def note(self, row: dict[str, Any]) -> dict[str, Any]:
        day = row["occurred_at"].date()
        self.days.add(day)
        self.channels.add(row["channel"])
        return {**row, "occurred_on": day}


def _date(day: date) -> dict[str, Any]:
    week = day.isocalendar()
    return {
        "day": day,
        "year": day.year,
        "quarter": (day.month + 2) // 3,
        "month": f"{day:%Y-%m}",
        "iso_week": f"{week.year}-W{week.week:02}",
        "iso_weekday": week.weekday,
    }


def _write(folder: Path, table: str, rows: Iterable[dict[str, Any]]) -> int:
    """Row groups of one length, so that the bytes depend on the rows alone; returns the number of rows."""
    schema = arrow_schema(table)
    count, left = 0, iter(rows)
    with parquet.ParquetWriter(folder / f"{table}.parquet", schema, compression="zstd") as writer:
        while part := list(islice(left, _ROWS_AT_ONCE)):
            writer.write_table(pa.Table.from_pylist(part, schema=schema))
            count += len(part)
    return count
