"""The step `change`: reads the recent entrants and touchpoints, writes `mart.change`, `change_reason` and `alert`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from journey_analytics.change.alerts import alerts
from journey_analytics.change.changes import changes
from journey_analytics.change.periods import Periods, periods
from journey_analytics.change.reasons import reasons
from journey_analytics.change.rules import read_alert_rules
from journey_analytics.change.tallies import edge_units, stage_units
from journey_analytics.dropoff import as_of_on
from journey_analytics.entrants import entrants, segment_rows
from journey_analytics.settings import setting
from journey_analytics.warehouse import Warehouse

CHANGE_READS: Final = frozenset(
    {"core.touchpoint", "core.stage_visit", "core.journey", "mart.stage_dropoff", "config.alert_rule", "config.setting"}
)
CHANGE_MAKES: Final = frozenset({"mart.change", "mart.change_reason", "mart.alert"})

OCCURRENCES: Final = """
select
    touchpoint.customer_id, touchpoint.journey_id, touchpoint.activity, touchpoint.occurred_at,
    touchpoint.next_activity, touchpoint.next_gap_us, touchpoint.is_passive
from core.touchpoint
inner join core.journey on journey.journey_id = touchpoint.journey_id
where not journey.is_passive and touchpoint.occurred_at > ? and touchpoint.occurred_at <= ?
"""


def make_change(warehouse: Warehouse, *, cutoff: datetime) -> None:
    """Compare the newest period with the earlier ones at T, explain what is significant, and apply the alert rules."""
    chosen = _periods(warehouse, cutoff=cutoff)
    names = [segment.name for segment in segment_rows(warehouse) if not segment.is_period]
    visits = entrants(warehouse).filter(pl.col("entered_at") > chosen.start_of(chosen.previous_count))
    stage, edge = stage_units(visits, periods=chosen, segments=names), _edge_units(warehouse, chosen)
    minimum = setting(warehouse, "minimum_count")
    changed = changes(stage, edge, periods=chosen, as_of_on=as_of_on(cutoff), segments=names, minimum_count=minimum)
    explained = reasons(
        changed, stage, edge, journey_segments=_by_journey(visits, names), periods=chosen, segments=names
    )
    found = alerts(
        changed,
        explained,
        warehouse.frame("select * from mart.stage_dropoff"),
        rules=read_alert_rules({"alert_rule": warehouse.frame("select * from config.alert_rule order by rowid")}),
        minimum_count=minimum,
        length=chosen.length,
        follow=chosen.follow,
    )
    for table, rows in (("change", changed), ("change_reason", explained), ("alert", found)):
        warehouse.create_from(f"mart.{table}", rows)


def _periods(warehouse: Warehouse, *, cutoff: datetime) -> Periods:
    return periods(
        cutoff=cutoff,
        since=warehouse.value("select min(occurred_at) from core.touchpoint"),
        length=timedelta(days=setting(warehouse, "change_period_days")),
        previous=setting(warehouse, "change_previous_periods"),
        lag=timedelta(days=setting(warehouse, "change_lag_days")),
        follow=timedelta(hours=setting(warehouse, "change_follow_hours")),
    )


def _edge_units(warehouse: Warehouse, chosen: Periods) -> pl.DataFrame:
    recent = [chosen.start_of(chosen.previous_count), chosen.end]
    return edge_units(warehouse.frame(OCCURRENCES, parameters=recent, name="occurrences"), periods=chosen)


def _by_journey(visits: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """A journey's segments as it entered its first stage of the periods."""
    first = visits.sort("journey_id", "entered_at", "stage").unique("journey_id", keep="first", maintain_order=True)
    return first.select("journey_id", *names)
