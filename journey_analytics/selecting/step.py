"""The tables that selections are answered from, made of the same entrants as the drop-off."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import polars as pl

from journey_analytics.dropoff import time_in_stage
from journey_analytics.selecting.cube import stay_cube, way_cube
from journey_analytics.selecting.links import flow_by, flow_cube, stage_links
from journey_analytics.selecting.windows import OWN, offered_windows, rewindowed
from journey_analytics.stage_reach import stage_ways
from journey_analytics.warehouse import Warehouse

SELECTION_MAKES: Final = frozenset(
    {
        "mart.stage_entrant",
        "mart.selection_flow",
        "mart.stay_cube",
        "mart.reach_cube",
        "mart.flow_cube",
        "mart.window_time",
    }
)
NOT_CHOSEN: Final = frozenset({"entry_week"})
"""Segments that nobody chooses by and that would make the cube long: weeks are too many and too small."""

ENTRANT_COLUMNS: Final = (
    "journey_id", "stage", "window_days", "entered_at", "outcome", "duration_us", "advanced_at", "decision_at",
    "purchased_at", "regressed_at", "abandoned_at", "closed_at", "from_state", "to_state",
)  # fmt: skip


def make_selection(
    warehouse: Warehouse, visits: pl.DataFrame, *, windows: Mapping[str, int], cutoff: datetime, segments: Sequence[str]
) -> None:
    """Make the tables of `SELECTION_MAKES` anew from the entrants of the drop-off; `windows` are the stages' own."""
    chosen = [name for name in segments if name not in NOT_CHOSEN]
    linked = stage_links(visits)
    in_order = linked.select(*ENTRANT_COLUMNS, *chosen).sort("stage", "journey_id")
    warehouse.create_from("mart.stage_entrant", in_order)
    warehouse.create_from("mart.selection_flow", flow_by(linked, segments=chosen))
    for days, read in offered_windows(windows).items():
        made = _made(visits, days=days, windows=read, cutoff=cutoff, segments=chosen)
        for table, frame in made.items():
            rows = frame.select(pl.lit(days, dtype=pl.Int64).alias("offered_days"), pl.all())
            (warehouse.create_from if days == OWN else warehouse.append)(f"mart.{table}", rows)


def _made(
    visits: pl.DataFrame, *, days: int, windows: Mapping[str, int], cutoff: datetime, segments: Sequence[str]
) -> dict[str, pl.DataFrame]:
    """What one offered window adds to each table; times with the stages' own are in `mart.time_in_stage`."""
    read = visits if days == OWN else rewindowed(visits, windows=windows, cutoff=cutoff)
    ways = stage_ways(read, windows=windows, cutoff=cutoff, segments=segments)
    times = time_in_stage(read, cutoff=cutoff, segments=segments)
    return {
        "stay_cube": stay_cube(read, cutoff=cutoff, segments=segments),
        "reach_cube": way_cube(ways, cutoff=cutoff, segments=segments),
        "flow_cube": flow_cube(stage_links(read), segments=segments),
        "window_time": times.clear() if days == OWN else times,
    }
