"""The step `driver`: reads the stays of each stage with what happened in them and writes `mart.driver`."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.drivers.drivers import Stays, driver_rows
from journey_analytics.drivers.stays import stays_of
from journey_analytics.dropoff import as_of_on
from journey_analytics.entrants import ENTRANT_READS, entrants, segment_rows
from journey_analytics.instants import naive
from journey_analytics.settings import fractional_setting, setting
from journey_analytics.warehouse import Warehouse

TABLE: Final = "mart.driver"
DRIVER_MAKES: Final = frozenset({TABLE})
DRIVER_READS: Final = ENTRANT_READS | {"core.touchpoint", "core.stage_visit", "config.activity", "config.setting"}

STAYS_AT_MOST: Final = 20_000
"""Entrants of a stage that are looked at; where there are more, a fixed part of the customers is."""
_PARTS: Final = 1000

_PART: Final = "customer_bucket(customer_id, {of}) < {parts}"

_HAPPENED: Final = """
with stay as (
    select journey_id, entered_at, coalesce(left_at, ?) as end_at
    from core.stage_visit
    where stage = ? and {chosen}
),

no_driver as (
    select activity from config.activity where kind = 'purchase'
)

select
    t.journey_id,
    t.activity,
    t.channel,
    t.is_passive,
    t.position,
    epoch_us(t.occurred_at) - epoch_us(s.entered_at) as at_us
from core.touchpoint as t
inner join stay as s on t.journey_id = s.journey_id
where
    t.occurred_at < s.end_at
    and (t.occurred_at < s.entered_at or t.activity not in (select activity from no_driver))
    and (t.occurred_at >= s.entered_at or not t.is_passive)
"""
"""What happened before the end of each stay, also before it began. A purchase is the advance itself, as any source saw
it; what advances or ends a stay is not before its end."""


def make_driver(warehouse: Warehouse, *, cutoff: datetime) -> None:
    """Write `mart.driver`, see `driver_rows`."""
    gap_us = round(fractional_setting(warehouse, "session_gap_minutes") * 60_000_000)
    rows = driver_rows(
        stage_stays(warehouse, cutoff=naive(cutoff), visit_gap_us=gap_us),
        as_of_on=as_of_on(cutoff),
        minimum_count=setting(warehouse, "minimum_count"),
        visit_gap_us=gap_us,
    )
    warehouse.create_from(TABLE, rows)


def stage_stays(
    warehouse: Warehouse, *, cutoff: datetime, visit_gap_us: int, stays_at_most: int = STAYS_AT_MOST
) -> Iterator[Stays]:
    """The stays of each stage, one stage at a time, in journey order.

    Where a stage has more than `stays_at_most` entrants, those of a part of the customers, the same in every run.
    """
    by = [segment.name for segment in segment_rows(warehouse) if not segment.is_period]
    for stage, entered, happened, note in entered_and_happened(warehouse, cutoff=cutoff, stays_at_most=stays_at_most):
        yield stays_of(stage, entered, happened, cutoff=cutoff, visit_gap_us=visit_gap_us, segments=by, note=note)


def entered_and_happened(
    warehouse: Warehouse, *, cutoff: datetime, stays_at_most: int = STAYS_AT_MOST
) -> Iterator[tuple[str, pl.DataFrame, pl.DataFrame, str | None]]:
    """Each stage with its entrants, what happened in their journeys, and what a reader of a sample must know."""
    visits = entrants(warehouse)
    for stage in STAGES:
        entered = visits.filter(pl.col("stage") == stage)
        parts = min(_PARTS, max(1, _PARTS * stays_at_most // max(1, entered.height)))
        chosen = "true" if parts == _PARTS else _PART.format(of=_PARTS, parts=parts)
        happened = warehouse.frame(
            _HAPPENED.format(chosen=chosen), parameters=[cutoff, stage], name="touchpoints of a stage"
        )
        note = None if parts == _PARTS else f"of {100 * parts / _PARTS:g} % of the customers"
        yield stage, _in_sample(warehouse, entered, stage, chosen), happened, note


def _in_sample(warehouse: Warehouse, entered: pl.DataFrame, stage: str, chosen: str) -> pl.DataFrame:
    customers = f"select distinct customer_id from core.stage_visit where stage = ? and {chosen}"
    return entered.join(
        warehouse.frame(customers, parameters=[stage], name="customers of a stage"), on="customer_id", how="semi"
    )
