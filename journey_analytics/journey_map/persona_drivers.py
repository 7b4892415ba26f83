"""The step `persona_driver`: what goes with being lost within each persona, by the method of `mart.driver`."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import polars as pl

from journey_analytics.contract import UNKNOWN
from journey_analytics.drivers.drivers import Stays, driver_rows
from journey_analytics.drivers.stays import stays_of
from journey_analytics.drivers.step import DRIVER_READS, entered_and_happened
from journey_analytics.dropoff import as_of_on
from journey_analytics.instants import naive
from journey_analytics.settings import fractional_setting, setting
from journey_analytics.warehouse import Warehouse

TABLE: Final = "mart.persona_driver"
PERSONA_DRIVER_READS: Final = DRIVER_READS | {"core.journey_segment"}

_PERSONA: Final = "select journey_id, persona from core.journey_segment"


def make_persona_driver(warehouse: Warehouse, *, cutoff: datetime) -> None:
    """Write `mart.persona_driver`: the rows of `driver_rows` for each persona by itself, `unknown` left out.

    Each persona has a false-discovery rate of its own. Segments are not asked: they say who, not what happened.
    """
    gap_us = round(fractional_setting(warehouse, "session_gap_minutes") * 60_000_000)
    minimum = setting(warehouse, "minimum_count")
    tables = [
        driver_rows(stays, as_of_on=as_of_on(cutoff), minimum_count=minimum, visit_gap_us=gap_us).select(
            pl.lit(persona).alias("persona"), pl.all()
        )
        for persona, stays in persona_stays(warehouse, cutoff=naive(cutoff), visit_gap_us=gap_us).items()
    ]
    nothing = driver_rows([], as_of_on=as_of_on(cutoff), minimum_count=minimum, visit_gap_us=gap_us)
    empty = nothing.select(pl.lit(None, pl.String).alias("persona"), pl.all())
    warehouse.create_from(TABLE, pl.concat([empty, *tables]))


def persona_stays(warehouse: Warehouse, *, cutoff: datetime, visit_gap_us: int) -> dict[str, list[Stays]]:
    """The stays of each persona, stages in journey order, personas by name; of the customers of `mart.driver`."""
    personas = warehouse.frame(_PERSONA, name="personas of journeys")
    found: dict[str, list[Stays]] = {}
    for stage, entered, happened, note in entered_and_happened(warehouse, cutoff=cutoff):
        for persona, of_persona in _by_persona(entered, personas):
            stays = stays_of(stage, of_persona, happened, cutoff=cutoff, visit_gap_us=visit_gap_us, note=note)
            found.setdefault(persona, []).append(stays)
    return dict(sorted(found.items()))


def _by_persona(entered: pl.DataFrame, personas: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    own = entered.drop("persona", strict=False).join(personas, on="journey_id", how="left", maintain_order="left")
    for persona in sorted(set(own["persona"].drop_nulls().to_list()) - {UNKNOWN}):
        yield persona, own.filter(pl.col("persona") == persona)
