"""The truth that `journey simulate` writes beside its exports, read and checked."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.errors import ConfigurationError, nearest

EVENT_KEY = ("source", "source_event_id")
"""What identifies an event, in the truth as in the warehouse."""

_TEXT, _TIME, _FLAG = "text", "time", "flag"
_EVENT = {
    "source": _TEXT,
    "source_event_id": _TEXT,
    "customer_id": _TEXT,
    "journey_id": _TEXT,
    "stage": _TEXT,
    "is_bot": _FLAG,
    "occurred_at": _TIME,
}
_VISIT = {"journey_id": _TEXT, "customer_id": _TEXT, "stage": _TEXT, "entered_at": _TIME, "advanced_at": _TIME}


@dataclass(frozen=True)
class Truth:
    """What really happened.

    Attributes:
        event: one row per exported event (source, source_event_id, customer_id, journey_id, stage, is_bot,
            occurred_at); journey and stage are null where the event belongs to none.
        stage_visit: one row per journey and stage it entered (journey_id, customer_id, stage, entered_at,
            advanced_at), followed beyond the end of the export; null `advanced_at` = never.
        world: the parameters of the world, with what was planted in it.
    """

    event: pl.DataFrame
    stage_visit: pl.DataFrame
    world: dict[str, Any]


def read_truth(folder: Path) -> Truth:
    """Read event.csv, stage_visit.csv and world.json.

    Raises:
        ConfigurationError: naming the folder, file, column or stage that is missing or unreadable.
    """
    if not folder.is_dir():
        raise ConfigurationError(
            f"there is no truth folder {folder}; `journey simulate OUT …` writes one as OUT/truth, give that to --truth"
        )
    return Truth(
        event=_one_per_event(_read(folder / "event.csv", _EVENT)),
        stage_visit=_read(folder / "stage_visit.csv", _VISIT),
        world=_read_world(folder / "world.json"),
    )


def _one_per_event(events: pl.DataFrame) -> pl.DataFrame:
    """An event that the truth lists again, because it was delivered again, is one event; an empty flag is no bot."""
    flagged = events.with_columns(pl.col("is_bot").fill_null(value=False))
    return flagged.unique(EVENT_KEY, keep="first", maintain_order=True)


def _read(file: Path, columns: dict[str, str]) -> pl.DataFrame:
    raw = _read_text(file)
    for column in columns:
        if column not in raw.columns:
            raise ConfigurationError(f"{file} has no column {column!r}; {nearest(column, raw.columns)}")
    try:
        frame = raw.select(_typed(column, kind) for column, kind in columns.items())
    except pl.exceptions.PolarsError as error:
        raise ConfigurationError(f"{file} has a value that cannot be read: {error}") from error
    _check_stages(file, frame)
    return frame


def _read_text(file: Path) -> pl.DataFrame:
    try:
        return pl.read_csv(file, infer_schema=False)
    except FileNotFoundError as error:
        raise ConfigurationError(f"{file} is missing; give the whole folder that `journey simulate` wrote") from error
    except (pl.exceptions.PolarsError, OSError) as error:
        raise ConfigurationError(f"{file} is no readable CSV with a header: {error}") from error


def _typed(column: str, kind: str) -> pl.Expr:
    text = pl.col(column)
    if kind == _TIME:
        plain = text.str.replace("T", " ").str.strip_suffix("Z").str.replace(r"\+00:?00$", "")
        return plain.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us")
    return text.str.to_lowercase().is_in(["true", "1", "t"]) if kind == _FLAG else text


def _check_stages(file: Path, frame: pl.DataFrame) -> None:
    for stage in frame["stage"].unique().drop_nulls().sort():
        if stage not in STAGES:
            raise ConfigurationError(f"{file}: unknown stage {stage!r}; {nearest(stage, STAGES)}")


def _read_world(file: Path) -> dict[str, Any]:
    try:
        world = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigurationError(f"{file} is missing; give the whole folder that `journey simulate` wrote") from error
    except (ValueError, OSError) as error:
        raise ConfigurationError(f"{file} is no readable JSON: {error}") from error
    if not isinstance(world, dict):
        raise ConfigurationError(f"{file} holds no JSON object")
    return world
