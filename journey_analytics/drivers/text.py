"""Drivers in plain words, for a person at a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from journey_analytics.contract import STAGES
from journey_analytics.drivers.sentences import CAUTION, notes, ratio_numbers, shown
from journey_analytics.errors import ConfigurationError, DataError, nearest
from journey_analytics.terminal import table
from journey_analytics.warehouse import Warehouse

_ONE_PERCENT = 0.01


def read_drivers(warehouse: Warehouse, *, stage: str | None = None, every: bool = False) -> list[dict[str, Any]]:
    """The rows of `mart.driver` in its order: those found, or every one; of one stage, or of all.

    Raises:
        DataError: when an older release published the tables.
    """
    if not warehouse.has("mart.driver"):
        raise DataError("the published tables have no drivers yet: run `journey run` again")
    rows = warehouse.frame("select * from mart.driver order by rowid", name="mart.driver").to_dicts()
    return [row for row in rows if (every or row["is_found"]) and stage in (None, row["stage"])]


def require_stage(stage: str | None) -> None:
    """That a stage is one.

    Raises:
        ConfigurationError: when it is none.
    """
    if stage is not None and stage not in STAGES:
        raise ConfigurationError(f"--stage {stage}: there is no such stage; {nearest(stage, STAGES)}")


def drivers_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """A table per stage, the largest difference first; what was not found or not tested says why."""
    if not rows:
        return "no driver was found; `journey drivers --all` lists what was asked"
    return "\n".join([*_stages(rows), CAUTION])


def _stages(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for stage, group in groupby(rows, key=lambda row: row["stage"]):
        of_stage = list(group)
        looked_at = max(row["entered_count"] for row in of_stage)
        title = f"Goes with being lost, or not, in {stage} ({looked_at:,} that entered; 95 % intervals)"
        yield table([_cells(row) for row in of_stage], title=title)
        yield ""


def _cells(row: Mapping[str, Any]) -> dict[str, str]:
    """`advance` holds how many times as often, `points more lost` is negative where fewer are."""
    is_told, has_points = row["hazard_ratio"] is not None, row["difference_points"] is not None
    points = [row[f"difference_{end}points"] for end in ("", "low_", "high_")] if has_points else []
    return {
        "with": shown(row) if row["kind"] != "channel" else f"came again by {row['driver']}",
        "advance, times as often": "{} ({}–{})".format(*ratio_numbers(row)) if is_told else "–",
        "points more lost": "{:+.0f} ({:+.0f} to {:+.0f})".format(*points) if points else "–",
        "seen in": f"{100 * row['exposed_share']:.0f} %" if row["exposed_share"] >= _ONE_PERCENT else "< 1 %",
        "note": "; ".join(notes(row)),
    }
