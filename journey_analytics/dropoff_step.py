"""The step that writes the tables of drop-off: states, exits, reach and time, all of the same entrants."""

from datetime import datetime
from typing import Final

from journey_analytics.dropoff import stage_dropoff, time_in_stage
from journey_analytics.entrants import entrants, segments
from journey_analytics.selecting.step import SELECTION_MAKES, make_selection
from journey_analytics.settings import setting
from journey_analytics.stage_exit import stage_exit
from journey_analytics.stage_reach import stage_reach
from journey_analytics.warehouse import Warehouse

DROPOFF_READS: Final = frozenset({"core.stage_visit", "core.journey", "config.stage_window", "config.setting"})
DROPOFF_MAKES: Final = (
    frozenset({"mart.stage_dropoff", "mart.time_in_stage", "mart.stage_exit", "mart.stage_reach"}) | SELECTION_MAKES
)

_WINDOWS = "select stage, window_days::bigint from config.stage_window"


def make_dropoff(warehouse: Warehouse, *, cutoff: datetime) -> None:
    """Make the tables of `DROPOFF_MAKES` anew, for the whole and for every segment of `config.segment`."""
    visits, by, minimum = entrants(warehouse), segments(warehouse), setting(warehouse, "minimum_count")
    windows = dict(warehouse.rows(_WINDOWS))
    made = {
        "stage_dropoff": stage_dropoff(visits, cutoff=cutoff, minimum_count=minimum, segments=by),
        "time_in_stage": time_in_stage(visits, cutoff=cutoff, segments=by),
        "stage_exit": stage_exit(visits, cutoff=cutoff, minimum_count=minimum, segments=by),
        "stage_reach": stage_reach(visits, windows=windows, cutoff=cutoff, minimum_count=minimum, segments=by),
    }
    for table, frame in made.items():
        warehouse.create_from(f"mart.{table}", frame)
    make_selection(warehouse, visits, cutoff=cutoff, segments=by)
