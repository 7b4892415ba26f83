"""Whom a barrier meets: the device and the persona of which the largest share met it. Named SQL and frames."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import polars as pl

from journey_analytics.contract import UNKNOWN
from journey_analytics.journey_map.lanes import ALL, BARRIER_REACH, SHARE, SMALL_GROUP, SMALL_SAMPLE
from journey_analytics.journey_map.statements import SHARE_WITH_INTERVAL, met_query

Row = dict[str, Any]

MET: Final = f"""
with stay as (
    select
        v.journey_id, v.customer_id, v.stage, coalesce(v.left_at, ?) as end_at,
        unnest(['{ALL}', s.persona]) as persona, s.device, s.persona as own_persona
    from core.stage_visit as v
    inner join core.journey_segment as s on v.journey_id = s.journey_id
),

barrier as (
    select unnest(?::varchar[]) as persona, unnest(?::varchar[]) as stage, unnest(?::varchar[]) as activity
),

asked as (
    select
        s.journey_id, s.customer_id, s.persona, s.stage, b.activity, s.end_at,
        unnest(['device', 'persona']) as segment,
        unnest([s.device, s.own_persona]) as segment_value
    from stay as s
    inner join barrier as b on s.persona = b.persona and s.stage = b.stage
),

met as (
    select distinct t.journey_id, t.stage, t.activity
    from core.touchpoint_at_cutoff as t
    inner join core.stage_visit as v on t.journey_id = v.journey_id and t.stage = v.stage
    where t.occurred_at < coalesce(v.left_at, ?) and t.activity in (select activity from barrier)
),

counted as (
    select
        a.persona, a.stage, a.activity, a.segment, a.segment_value,
        count(m.journey_id)::bigint as n,
        count(*)::bigint as base_count,
        count(distinct a.customer_id) filter (where m.journey_id is not null)::bigint as customer_count
    from asked as a
    left join met as m on a.journey_id = m.journey_id and a.stage = m.stage and a.activity = m.activity
    group by a.persona, a.stage, a.activity, a.segment, a.segment_value
)

select
    persona, stage, activity, segment, segment_value,
    {SHARE_WITH_INTERVAL},
    n, base_count, customer_count
from counted
where segment_value <> '{UNKNOWN}'
order by persona, stage, activity, segment, value desc, segment_value
"""
"""One row per barrier, segment and value: stays in which it was met, of all that entered the stage."""


def asked_of(cells: pl.DataFrame) -> list[list[str]]:
    """The barriers to ask: personas, stages and activities, in columns of one order."""
    named = cells.filter(pl.col("lane") == "barriers", pl.col("note") == "driver")
    asked = named.select("persona", "stage", "item").unique().sort("persona", "stage", "item")
    return [asked[name].to_list() for name in ("persona", "stage", "item")]


def reach_cells(met: pl.DataFrame, *, cutoff: datetime) -> Iterator[Row]:
    """Of each barrier the device, and for all customers the persona, of which the largest share met it.

    Of values with at least 30 entrants and 5 customers who met it; nothing where there is one such value alone.
    """
    by = ("persona", "stage", "activity", "segment")
    places: Counter[tuple[str, str]] = Counter()
    for (persona, stage, activity, segment), group in met.group_by(*by, maintain_order=True):
        told = group.filter(pl.col("base_count") >= SMALL_SAMPLE, pl.col("customer_count") >= SMALL_GROUP)
        if told.is_empty() or group.height == 1 or (segment == "persona" and persona != ALL):
            continue
        row = told.row(0, named=True)
        places[str(persona), str(stage)] += 1
        names = ("value", "low", "high", "n", "base_count")
        yield {
            "persona": persona, "stage": stage, "lane": BARRIER_REACH, "place": places[str(persona), str(stage)],
            "item": f"{activity} | {segment}: {row['segment_value']}", **{name: row[name] for name in names},
            "unit": SHARE, "fresh_at": cutoff, "is_shown": True, "is_suppressed": False, "note": str(activity),
            "query": met_query(
                persona=str(persona), stage=str(stage), activity=str(activity), segment=str(segment),
                value=row["segment_value"], until=f"{cutoff:%Y-%m-%d %H:%M:%S.%f}",
            ),
        }  # fmt: skip
