"""The cells that count journeys: touchpoints, channels and actions of each persona and stage. Named SQL and frames."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.journey_map.lanes import (
    ACTIONS,
    ALL,
    CHANNELS,
    COUNT,
    ITEMS_AT_MOST,
    JOURNEYS,
    PERSONA,
    PERSONAS_AT_MOST,
    SHARE,
    SMALL_GROUP,
    SMALL_SAMPLE,
    TOUCHPOINTS,
)
from journey_analytics.journey_map.statements import (
    SHARE_WITH_INTERVAL,
    looked_up,
    size_query,
    too_few_query,
    touched_query,
)

Row = dict[str, Any]

COLUMN: Final[Mapping[str, str]] = {TOUCHPOINTS: "source", CHANNELS: "channel", ACTIONS: "activity"}
"""What a counted lane counts the values of: a column of the touchpoints."""

PERSONA_SIZES: Final = f"""
with persona_size as (
    select
        coalesce(s.persona, '{ALL}') as persona,
        count(*)::bigint as n,
        count(distinct j.customer_id)::bigint as customer_count,
        max(j.ended_at) as fresh_at
    from core.journey_at_cutoff as j
    inner join core.journey_segment as s on j.journey_id = s.journey_id
    where not j.is_passive
    group by grouping sets ((), (s.persona))
),

counted as (
    select p.*, (select max(n) from persona_size) as base_count
    from persona_size as p
    where n > 0
)

select
    persona,
    {SHARE_WITH_INTERVAL},
    n,
    base_count,
    customer_count,
    fresh_at
from counted
order by n desc, persona <> '{ALL}', persona
"""
"""Personas with the journeys and customers they are of, the largest first, after `all`."""

TOUCHED: Final = f"""
with entrant as (
    select v.journey_id, v.customer_id, v.stage, s.persona
    from core.stage_visit as v
    inner join core.journey_segment as s on v.journey_id = s.journey_id
),

entered as (
    select coalesce(persona, '{ALL}') as persona, stage, count(*)::bigint as base_count
    from entrant
    group by grouping sets ((stage), (stage, persona))
),

touched as (
    select
        t.journey_id,
        t.stage,
        unnest(['{TOUCHPOINTS}', '{CHANNELS}', '{ACTIONS}']) as lane,
        unnest([t.source, t.channel, t.activity]) as item,
        t.occurred_at
    from core.touchpoint_at_cutoff as t
    where not t.is_passive
),

met as (
    select journey_id, stage, lane, item, max(occurred_at) as fresh_at
    from touched
    where item is not null
    group by journey_id, stage, lane, item
),

counted as (
    select
        coalesce(e.persona, '{ALL}') as persona,
        m.stage,
        m.lane,
        m.item,
        count(*)::bigint as n,
        count(distinct e.customer_id)::bigint as customer_count,
        max(m.fresh_at) as fresh_at
    from met as m
    inner join entrant as e on m.journey_id = e.journey_id and m.stage = e.stage
    group by grouping sets ((m.stage, m.lane, m.item), (m.stage, m.lane, m.item, e.persona))
),

shared as (
    select c.*, e.base_count
    from counted as c
    inner join entered as e on c.persona = e.persona and c.stage = e.stage
)

select
    persona,
    stage,
    lane,
    item,
    {SHARE_WITH_INTERVAL},
    n,
    base_count,
    customer_count,
    fresh_at
from shared
order by persona, stage, lane, n desc, item
"""
"""One row per persona, stage, lane and item: journeys with it of those that entered the stage."""


def persona_cells(sizes: pl.DataFrame) -> Iterator[Row]:
    """How large each persona is: its share of the active journeys. One of fewer than 5 customers has no map."""
    for place, row in enumerate(_chosen(sizes), start=1):
        yield {
            "persona": row["persona"],
            "stage": ALL,
            "lane": PERSONA,
            "place": place,
            "item": "journeys",
            "unit": SHARE,
            **_figures(row),
            "is_suppressed": False,
            "query": size_query(row["persona"]),
        }


def personas_of(sizes: pl.DataFrame) -> list[str]:
    """The personas that have a map: `all` first, then by journeys, ties by name."""
    return [row["persona"] for row in _chosen(sizes)]


def _chosen(sizes: pl.DataFrame) -> list[Row]:
    told = [row for row in sizes.to_dicts() if row["customer_count"] >= SMALL_GROUP or row["persona"] == ALL]
    return told[: PERSONAS_AT_MOST + 1]


def counted_cells(touched: pl.DataFrame, personas: Sequence[str]) -> Iterator[Row]:
    """Touchpoints, channels and actions: the most frequent of each persona and stage, see `TOUCHED`.

    An item of fewer than 5 customers is not named; a lane that holds only such ones is one cell without a value.
    """
    groups = {key: group.to_dicts() for key, group in touched.group_by("persona", "stage", "lane", maintain_order=True)}
    for persona in personas:
        for stage in STAGES:
            for lane in COLUMN:
                yield from _lane_cells(groups.get((persona, stage, lane), []), persona, stage, lane)


def _lane_cells(rows: list[Row], persona: str, stage: str, lane: str) -> Iterator[Row]:
    told = [row for row in rows if row["customer_count"] >= SMALL_GROUP]
    if rows and not told:
        yield _untold(persona, stage, lane)
    shown = told[: ITEMS_AT_MOST[lane]]
    for place, row in enumerate(shown, start=1):
        yield {
            **{name: row[name] for name in ("persona", "stage", "lane", "item")},
            "place": place,
            "unit": SHARE,
            **_figures(row),
            "is_suppressed": False,
            "note": _rest(len(rows) - len(shown)) if place == len(shown) else None,
            "query": touched_query(persona=persona, stage=stage, column=COLUMN[lane], item=row["item"]),
        }


def _rest(left: int) -> str | None:
    return f"{left} more with fewer journeys" if left else None


def _untold(persona: str, stage: str, lane: str) -> Row:
    return {
        "persona": persona,
        "stage": stage,
        "lane": lane,
        "place": 1,
        "unit": SHARE,
        "is_shown": False,
        "is_suppressed": True,
        "note": f"fewer than {SMALL_GROUP} customers each",
        "query": too_few_query(persona=persona, stage=stage, column=COLUMN[lane]),
    }


def _figures(row: Row) -> Row:
    names = ("value", "low", "high", "n", "base_count", "fresh_at")
    return {name: row[name] for name in names} | {"is_shown": row["base_count"] >= SMALL_SAMPLE}


def journey_cells(dropoff: pl.DataFrame, personas: Sequence[str], *, cutoff: datetime) -> Iterator[Row]:
    """Who entered each stage and the estimated share of them that is lost: the rows of `mart.stage_dropoff`.

    Nothing of a stage that fewer than 5 customers entered.
    """
    for row in dropoff.to_dicts():
        persona = ALL if row["segment"] == ALL else row["segment_value"]
        if (row["segment"] in (ALL, "persona")) and persona in personas and row["entered_count"]:
            yield from _stage_cells(row, persona, cutoff=cutoff)


def _stage_cells(row: Row, persona: str, *, cutoff: datetime) -> Iterator[Row]:
    key = {name: row[name] for name in ("segment", "segment_value", "stage")}
    entered = row["entered_count"]
    customers = row["customer_count"] if row["customer_count"] is not None else entered
    base = {"persona": persona, "stage": row["stage"], "lane": JOURNEYS, "base_count": entered, "fresh_at": cutoff}
    if customers < SMALL_GROUP:
        return
    nothing = "null::double"
    yield base | {
        "place": 1, "item": "entered", "unit": COUNT, "value": float(entered), "n": entered, "is_shown": True,
        "is_suppressed": False,
        "query": looked_up("mart.stage_dropoff", ("entered_count::double", nothing, nothing, "entered_count"), key),
    }  # fmt: skip
    names = ("estimated_dropoff_share", "estimated_low_share", "estimated_high_share", "entered_count")
    value, low, high, _ = (row[name] for name in names)
    yield base | {
        "place": 2, "item": "lost", "unit": SHARE, "value": value, "low": low, "high": high, "n": entered,
        "is_shown": bool(row["is_ranked"]) and value is not None, "is_suppressed": False, "note": row["estimate_note"],
        "query": looked_up("mart.stage_dropoff", names, key),
    }  # fmt: skip
