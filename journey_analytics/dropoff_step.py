"""The step that writes the tables of drop-off: states, exits, reach and time, all of the same entrants."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import polars as pl

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

_WHOLE: Final = "all"
_WINDOWS = "select stage, window_days::bigint from config.stage_window"


def make_dropoff(warehouse: Warehouse, *, cutoff: datetime) -> None:
    """Make the tables of `DROPOFF_MAKES` anew, for the whole and for every segment of `config.segment`."""
    visits, by = entrants(warehouse), segments(warehouse)
    make_dropoff_of(warehouse, visits, windows=dict(warehouse.rows(_WINDOWS)), segments=by, cutoff=cutoff)


def make_dropoff_of(
    warehouse: Warehouse, visits: pl.DataFrame, *, windows: Mapping[str, int], segments: Sequence[str], cutoff: datetime
) -> None:
    """The same of entrants that are there already; `windows` are the days of every stage."""
    minimum, by = setting(warehouse, "minimum_count"), segments
    made = {
        "stage_dropoff": with_customers(
            stage_dropoff(visits, cutoff=cutoff, minimum_count=minimum, segments=by), visits, segments=by
        ),
        "time_in_stage": time_in_stage(visits, cutoff=cutoff, segments=by),
        "stage_exit": stage_exit(visits, cutoff=cutoff, minimum_count=minimum, segments=by),
        "stage_reach": stage_reach(visits, windows=windows, cutoff=cutoff, minimum_count=minimum, segments=by),
    }
    for table, frame in made.items():
        warehouse.create_from(f"mart.{table}", frame)
    make_selection(warehouse, visits, windows=windows, cutoff=cutoff, segments=by)


def with_customers(dropoff: pl.DataFrame, visits: pl.DataFrame, *, segments: Sequence[str]) -> pl.DataFrame:
    """The drop-off with `customer_count`, the customers of the entrants; null where they are not told.

    Args:
        dropoff: rows by `segment`, `segment_value` and `stage`.
        visits: as for `stage_dropoff`, with `customer_id`.
        segments: the columns that `dropoff` is broken down by, besides the whole.
    """
    if "customer_id" not in visits.columns:
        return dropoff.with_columns(customer_count=pl.lit(None, dtype=pl.Int64))
    columns = {_WHOLE: pl.lit(_WHOLE), **{name: pl.col(name) for name in segments}}
    counted = [
        visits.group_by(pl.lit(name).alias("segment"), value.cast(pl.String).alias("segment_value"), "stage").agg(
            customer_count=pl.col("customer_id").n_unique().cast(pl.Int64)
        )
        for name, value in columns.items()
    ]
    keys = ["segment", "segment_value", "stage"]
    return dropoff.join(pl.concat(counted), on=keys, how="left", maintain_order="left")
