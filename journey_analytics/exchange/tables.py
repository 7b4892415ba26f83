"""What an export reads: SQL over the published copy, each statement with a total order.

Every table is that of the chosen journeys: active ones, at T. Times are naive in UTC.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from journey_analytics.errors import DataError
from journey_analytics.paths.selection import Selection, selected_journeys_sql
from journey_analytics.warehouse import Warehouse

NEEDS: Final = (
    "core.touchpoint_at_cutoff", "core.journey_at_cutoff", "core.session", "core.touchpoint_object", "run.cutoff",
)  # fmt: skip
"""What a published copy must have; an older release's has not."""

_CHOSEN = """
with chosen as (
    {selected}
),
touchpoint as (
    select t.*
    from core.touchpoint_at_cutoff as t
    inner join chosen as c on t.journey_id = c.journey_id
)
"""
_COLUMNS = """
    t.touchpoint_id, t.journey_id, t.customer_id, t.session_id, t.position::bigint as position, t.activity,
    t.occurred_at, t.source, t.channel, t.stage, t.stage_rule, t.stage_confidence::double as stage_confidence,
    t.is_purchase, t.is_passive, t.amount, t.currency, t.campaign, t.topic, t.category, t.device, t.country,
    t.next_gap_us::double / 1e6 as seconds_to_next
"""
_TOUCHPOINTS = f"""
select {_COLUMNS}
from touchpoint as t
inner join core.journey_at_cutoff as j on t.journey_id = j.journey_id
"""
_EVENTS = f"""
, thing as (
    select t.touchpoint_id, list(o.object_id order by o.object_id) as object_ids
    from touchpoint as t
    inner join core.touchpoint_object as o on t.touchpoint_id = o.touchpoint_id
    group by t.touchpoint_id
)
select {_COLUMNS}, thing.object_ids
from touchpoint as t
left join thing on t.touchpoint_id = thing.touchpoint_id
"""
_IN_TRACES = "order by j.started_at, t.journey_id, t.position"
_IN_TIME = "order by t.occurred_at, t.journey_id, t.position"
_JOURNEYS = """
, bought as (
    select
        journey_id,
        min(occurred_at) as converted_at,
        case when count(distinct currency) = 1 then sum(amount)::decimal(38, 4) end as amount,
        case when count(distinct currency) = 1 then min(currency) end as currency
    from touchpoint
    where is_purchase
    group by journey_id
)
select
    j.journey_id, j.customer_id, j.started_at, j.ended_at, j.status, j.status = 'open' as is_open,
    j.is_left_censored, b.converted_at, b.amount, b.currency, j.touchpoint_count::bigint as touchpoint_count,
    j.first_channel, s.persona, s.customer_kind
from core.journey_at_cutoff as j
inner join chosen as c on j.journey_id = c.journey_id
inner join core.journey_segment as s on j.journey_id = s.journey_id
left join bought as b on j.journey_id = b.journey_id
order by {order}
"""
_CUSTOMERS = """
select
    customer_id, min(occurred_at) as first_touchpoint_at, max(occurred_at) as last_touchpoint_at,
    count(distinct journey_id)::bigint as journey_count, count(*)::bigint as touchpoint_count,
    count(*) filter (where is_purchase)::bigint as purchase_count
from touchpoint
group by customer_id
order by customer_id
"""
_SESSIONS = """
select
    t.session_id, min_by(t.customer_id, t.touchpoint_id) as customer_id, min_by(t.source, t.touchpoint_id) as source,
    max(s.channel) as channel, min(t.occurred_at) as started_at, max(t.occurred_at) as ended_at,
    count(*)::bigint as touchpoint_count
from touchpoint as t
left join core.session as s on t.session_id = s.session_id
group by t.session_id
order by t.session_id
"""
_THINGS = """
select
    o.object_id, o.object_type, min(t.occurred_at) as first_touchpoint_at, count(*)::bigint as touchpoint_count,
    min_by(t.customer_id, (t.occurred_at, t.touchpoint_id)) as customer_id,
    list(distinct t.journey_id order by t.journey_id) as journey_ids
from touchpoint as t
inner join core.touchpoint_object as o on t.touchpoint_id = o.touchpoint_id
group by o.object_id, o.object_type
order by o.object_type, o.object_id
"""
_CAMPAIGNS = """
select campaign, count(*)::bigint as touchpoint_count, min(occurred_at) as first_touchpoint_at
from touchpoint
where campaign is not null
group by campaign
order by campaign
"""
_ACTIVITIES = """
select
    activity, count(*)::bigint as touchpoint_count, count(distinct journey_id)::bigint as journey_count,
    bool_or(is_purchase) as is_purchase, bool_or(is_passive) as is_passive
from touchpoint
group by activity
order by activity
"""


@dataclass(frozen=True)
class Chosen:
    """The journeys of an export and how to read what belongs to them."""

    warehouse: Warehouse
    selection: Selection

    def __post_init__(self) -> None:
        """Check that the copy can answer.

        Raises:
            DataError: it was published by an older release.
        """
        if missing := [name for name in NEEDS if not self.warehouse.has(name)]:
            raise DataError(f"{self.warehouse.path} has no {missing[0]}: run `journey run` once more, then export")

    @property
    def cutoff(self) -> datetime:
        """T, naive in UTC."""
        return self.warehouse.value("select min(cutoff_at)::timestamp from run.cutoff", name="run.cutoff")

    @property
    def passive_count(self) -> int:
        """Journeys in which nobody did anything: they are in no export."""
        return self.warehouse.value("select count(*) from core.journey_at_cutoff where is_passive", name="journeys")

    @property
    def journey_count(self) -> int:
        """The chosen journeys."""
        return self.warehouse.value(self.statement("select count(*) from chosen"), name="journeys")

    def touchpoints(self) -> Iterator[dict[str, Any]]:
        """Touchpoints journey after journey, by their beginning, then id; within a journey by position."""
        return self._records(_TOUCHPOINTS + _IN_TRACES, "touchpoints")

    def events(self) -> Iterator[dict[str, Any]]:
        """Touchpoints in the order of time, each with `object_ids`: the orders and tickets that it is about, or null.

        Ties by journey id and position, so that a journey keeps its own order.
        """
        return self._records(_EVENTS + _IN_TIME, "events")

    def journeys(self, *, by_beginning: bool = False) -> Iterator[dict[str, Any]]:
        """Journeys by id, or by their beginning; amount and currency null where purchases are in several currencies."""
        order = "j.started_at, j.journey_id" if by_beginning else "j.journey_id"
        return self._records(_JOURNEYS.format(order=order), "journeys")

    def customers(self) -> Iterator[dict[str, Any]]:
        """Customers of the journeys, by id; counts are of what is exported."""
        return self._records(_CUSTOMERS, "customers")

    def sessions(self) -> Iterator[dict[str, Any]]:
        """Sessions with an exported touchpoint, by id; counts and times are of these touchpoints."""
        return self._records(_SESSIONS, "sessions")

    def things(self) -> Iterator[dict[str, Any]]:
        """Orders, then tickets, by id: `object_id`, `object_type`, whose and in which journeys."""
        return self._records(_THINGS, "orders and tickets")

    def campaigns(self) -> Iterator[dict[str, Any]]:
        """Campaigns by name."""
        return self._records(_CAMPAIGNS, "campaigns")

    def activities(self) -> Iterator[dict[str, Any]]:
        """Activities by name, with their counts."""
        return self._records(_ACTIVITIES, "activities")

    def statement(self, sql: str) -> str:
        """A whole statement: the chosen journeys and their touchpoints before it."""
        return _CHOSEN.format(selected=selected_journeys_sql(self.selection)) + sql

    def _records(self, sql: str, name: str) -> Iterator[dict[str, Any]]:
        for batch in self.warehouse.batches(self.statement(sql), name=name):
            yield from batch.to_pylist()
