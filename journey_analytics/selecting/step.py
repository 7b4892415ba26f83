"""The tables that selections are answered from, made of the same entrants as the drop-off."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import polars as pl

from journey_analytics.selecting.cube import stay_cube
from journey_analytics.selecting.links import flow_by, stage_links
from journey_analytics.warehouse import Warehouse

SELECTION_MAKES: Final = frozenset({"mart.stage_entrant", "mart.stay_cube", "mart.selection_flow"})
NOT_CHOSEN: Final = frozenset({"entry_week"})
"""Segments that nobody chooses by and that would make the cube long: weeks are too many and too small."""

ENTRANT_COLUMNS: Final = (
    "journey_id", "stage", "window_days", "entered_at", "outcome", "duration_us", "advanced_at", "decision_at",
    "purchased_at", "regressed_at", "abandoned_at", "closed_at", "from_state", "to_state",
)  # fmt: skip


def make_selection(warehouse: Warehouse, visits: pl.DataFrame, *, cutoff: datetime, segments: Sequence[str]) -> None:
    """Make the tables of `SELECTION_MAKES` anew from the entrants of the drop-off."""
    chosen = [name for name in segments if name not in NOT_CHOSEN]
    linked = stage_links(visits)
    in_order = linked.select(*ENTRANT_COLUMNS, *chosen).sort("stage", "journey_id")
    warehouse.create_from("mart.stage_entrant", in_order)
    warehouse.create_from("mart.stay_cube", stay_cube(visits, cutoff=cutoff, segments=chosen))
    warehouse.create_from("mart.selection_flow", flow_by(linked, segments=chosen))
