"""The step `journey_map`: reads the state at T and the marts of every lane, and writes `mart.journey_map`."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.instants import naive
from journey_analytics.journey_map.causes import barrier_cells, credit_cells, impact_cells, opportunity_cells
from journey_analytics.journey_map.counted import (
    PERSONA_SIZES,
    TOUCHED,
    counted_cells,
    journey_cells,
    persona_cells,
    personas_of,
)
from journey_analytics.journey_map.felt import feeling_cells, friction_cells, thought_cells
from journey_analytics.journey_map.lanes import ALL, LANES, SCHEMA, TABLE
from journey_analytics.journey_map.reach import MET, asked_of, reach_cells
from journey_analytics.journey_map.tables import READ
from journey_analytics.warehouse import Warehouse

JOURNEY_MAP_MAKES: Final = frozenset({TABLE})
JOURNEY_MAP_READS: Final = frozenset(READ) | {
    "core.stage_visit",
    "core.journey_segment",
    "core.journey_at_cutoff",
    "core.touchpoint_at_cutoff",
    "mart.activity",
}

Row = dict[str, Any]

_REWORK: Final = """
select r.*, a.stage
from mart.rework as r
inner join mart.activity as a on r.subject = a.activity
where r.kind in ('loop', 'self_loop')
"""


def make_journey_map(warehouse: Warehouse, *, cutoff: datetime) -> None:
    """Write `mart.journey_map` anew: one row per persona, stage, lane and place, each with the query that made it.

    Persona and stage may be `all`. The query is one statement on the published copy that gives `value`, `low`, `high`
    and `n` exactly as they stand in the row; a row without a value says why in `note`.
    """
    cells = map_cells(warehouse, cutoff=naive(cutoff))
    warehouse.create_from(TABLE, cells)


def map_cells(warehouse: Warehouse, *, cutoff: datetime) -> pl.DataFrame:
    """All cells, in the order personas (largest first), stages, lanes, places."""
    sizes = warehouse.frame(PERSONA_SIZES, name="sizes of personas")
    personas = personas_of(sizes)
    tables = {name: _table(warehouse, name) for name in READ}
    rows = [*persona_cells(sizes), *_cells(warehouse, tables, personas, cutoff=cutoff)]
    cells = pl.DataFrame(rows, schema=SCHEMA)
    reached = _reached(warehouse, cells, cutoff=cutoff)
    return _in_order(pl.concat([cells, pl.DataFrame(reached, schema=SCHEMA)]), personas)


def _cells(
    warehouse: Warehouse, tables: Mapping[str, pl.DataFrame], personas: list[str], *, cutoff: datetime
) -> Iterator[Row]:
    drivers = _drivers(tables["mart.driver"], tables["mart.persona_driver"])
    rework = _rework(warehouse)
    friction = tables["mart.friction"]
    yield from journey_cells(tables["mart.stage_dropoff"], personas, cutoff=cutoff)
    yield from counted_cells(warehouse.frame(TOUCHED, name="touchpoints by persona"), personas)
    yield from thought_cells(tables["mart.voice"], tables["mart.voice_quote"], personas)
    yield from feeling_cells(tables["mart.feeling"], personas)
    yield from friction_cells(friction, personas, cutoff=cutoff)
    yield from barrier_cells(drivers, friction, rework, personas, cutoff=cutoff)
    yield from opportunity_cells(tables["mart.opportunity"], personas, cutoff=cutoff)
    yield from impact_cells(drivers, personas, cutoff=cutoff)
    yield from credit_cells(tables["mart.attribution"], cutoff=cutoff)


def _drivers(of_all: pl.DataFrame, of_personas: pl.DataFrame) -> pl.DataFrame:
    whole = of_all.with_columns(persona=pl.lit(ALL, pl.String)).select(of_personas.columns)
    return pl.concat([whole, of_personas])


def _rework(warehouse: Warehouse) -> pl.DataFrame:
    if warehouse.has("mart.rework") and warehouse.has("mart.activity"):
        return warehouse.frame(_REWORK, name="rework by stage")
    return pl.DataFrame(schema=dict(READ["mart.rework"]) | {"stage": pl.String})


def _reached(warehouse: Warehouse, cells: pl.DataFrame, *, cutoff: datetime) -> list[Row]:
    asked = asked_of(cells)
    met = warehouse.frame(MET, parameters=[cutoff, *asked, cutoff], name="who met a barrier")
    return list(reach_cells(met, cutoff=cutoff))


def _table(warehouse: Warehouse, name: str) -> pl.DataFrame:
    """The columns that the map reads of a mart, typed; a table or column that is not there yet is empty."""
    schema = READ[name]
    there = warehouse.columns(name) if warehouse.has(name) else []
    if not there:
        return pl.DataFrame(schema=dict(schema))
    columns = ", ".join(column for column in schema if column in there)
    frame = warehouse.frame(f"select {columns} from {name}", name=name)
    return frame.select(
        pl.col(column).cast(kind) if column in there else pl.lit(None, kind).alias(column)
        for column, kind in schema.items()
    )


def _in_order(cells: pl.DataFrame, personas: list[str]) -> pl.DataFrame:
    lanes = {lane: number for number, lane in enumerate(LANES)}
    place = {persona: number for number, persona in enumerate(personas)}
    stages = {stage: number for number, stage in enumerate((*STAGES, ALL))}
    return cells.sort(
        pl.col("persona").replace_strict(place, default=len(place), return_dtype=pl.Int64),
        pl.col("stage").replace_strict(stages, default=len(stages), return_dtype=pl.Int64),
        pl.col("lane").replace_strict(lanes, return_dtype=pl.Int64),
        "place",
    )
