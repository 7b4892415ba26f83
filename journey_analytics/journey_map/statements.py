"""The statements behind the cells: each stands alone and gives (value, low, high, n) on the published copy. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final

from journey_analytics.journey_map.lanes import ALL, SMALL_GROUP
from journey_analytics.warehouse import quoted

_CENTRE: Final = "n / base_count + 3.841458820694124 / (2 * base_count)"
_SPREAD: Final = (
    "1.959963984540054 * sqrt(n / base_count * (1 - n / base_count) / base_count"
    " + 3.841458820694124 / (4 * base_count::double * base_count))"
)
_SCALE: Final = "(1 + 3.841458820694124 / base_count)"

SHARE_WITH_INTERVAL: Final = f"""n / base_count as value,
    least(n / base_count, greatest(0::double, ({_CENTRE} - {_SPREAD}) / {_SCALE})) as low,
    greatest(n / base_count, least(1::double, ({_CENTRE} + {_SPREAD}) / {_SCALE})) as high"""
"""A share `n` of `base_count` with Wilson's 95 % score interval (1927), as `intervals.wilson_low` has it: written once,
so that a cell and its query are the same arithmetic to the last bit."""

_ENTRANT: Final = "select v.journey_id, v.customer_id from core.stage_visit as v{persona} where v.stage = {stage}"
_PERSONA: Final = " inner join core.journey_segment as s on v.journey_id = s.journey_id and s.persona = {persona}"
_TOUCHED: Final = """with entrant as (
    {entrant}
),
counted as (
    select count(distinct t.journey_id)::bigint as n, (select count(*) from entrant)::bigint as base_count
    from core.touchpoint_at_cutoff as t
    where
        t.journey_id in (select journey_id from entrant)
        and t.stage = {stage} and not t.is_passive and t.{column} = {item}
)
select
    {share},
    n
from counted"""

_TOO_FEW: Final = """with entrant as (
    {entrant}
),
item as (
    select t.{column} as item, count(distinct t.journey_id)::bigint as n, count(distinct t.customer_id) as customers
    from core.touchpoint_at_cutoff as t
    where
        t.journey_id in (select journey_id from entrant)
        and t.stage = {stage} and not t.is_passive and t.{column} is not null
    group by t.{column}
)
select null::double as value, null::double as low, null::double as high, max(n) as n
from item
where customers >= {few}"""

_MET: Final = """with entrant as (
    select v.journey_id, coalesce(v.left_at, timestamp {until}) as end_at
    from core.stage_visit as v
    inner join core.journey_segment as s on v.journey_id = s.journey_id{persona} and s.{segment} = {value}
    where v.stage = {stage}
),
counted as (
    select
        count(distinct t.journey_id)::bigint as n, (select count(*) from entrant)::bigint as base_count
    from entrant as e
    inner join core.touchpoint_at_cutoff as t
        on e.journey_id = t.journey_id and t.occurred_at < e.end_at and t.stage = {stage}
    where t.activity = {activity}
)
select
    {share},
    n
from counted"""

_SIZE: Final = """with counted as (
    select
        count(*){chosen}::bigint as n,
        count(*)::bigint as base_count
    from core.journey_at_cutoff as j
    inner join core.journey_segment as s on j.journey_id = s.journey_id
    where not j.is_passive
)
select
    {share},
    n
from counted"""


def size_query(persona: str) -> str:
    """Journeys of a persona, as a share of all active ones."""
    chosen = "" if persona == ALL else f" filter (where s.persona = {quoted(persona)})"
    return _SIZE.format(chosen=chosen, share=SHARE_WITH_INTERVAL)


def touched_query(*, persona: str, stage: str, column: str, item: str) -> str:
    """Journeys of a persona that did or met something in a stage, as a share of those that entered the stage."""
    return _TOUCHED.format(
        entrant=_entrant(persona, stage),
        stage=quoted(stage),
        column=column,
        item=quoted(item),
        share=SHARE_WITH_INTERVAL,
    )


def too_few_query(*, persona: str, stage: str, column: str) -> str:
    """The most frequent item that is not of fewer customers than are told: all null where there is none."""
    return _TOO_FEW.format(entrant=_entrant(persona, stage), stage=quoted(stage), column=column, few=SMALL_GROUP)


def met_query(*, persona: str, stage: str, activity: str, segment: str, value: str, until: str) -> str:
    """Journeys of a segment that met an activity during their stay, as a share of its journeys that entered."""
    return _MET.format(
        until=quoted(until),
        persona="" if persona == ALL else f" and s.persona = {quoted(persona)}",
        segment=segment,
        value=quoted(value),
        stage=quoted(stage),
        activity=quoted(activity),
        share=SHARE_WITH_INTERVAL,
    )


def looked_up(table: str, columns: Sequence[str], key: Mapping[str, str | int | None]) -> str:
    """The row of a published table that a key leads to; `columns` give value, low, high and n."""
    named = ", ".join(f"{column} as {name}" for column, name in zip(columns, _NAMES, strict=True))
    return f"select {named}\nfrom {table}\nwhere {' and '.join(map(_condition, key.items()))}"


def quote_query(key: Mapping[str, str | int | None]) -> str:
    """How many texts the topic of a quote has; no row where nobody is quoted so."""
    return _QUOTED.format(key=" and ".join(f"q.{_condition(pair)}" for pair in key.items()))


_QUOTED: Final = """select null::double as value, null::double as low, null::double as high, v.text_count as n
from mart.voice as v
inner join mart.voice_quote as q on v.persona = q.persona and v.stage = q.stage and v.topic = q.topic
where v.kind = 'all' and {key}"""

_NAMES: Final = ("value", "low", "high", "n")


def _condition(pair: tuple[str, str | int | None]) -> str:
    column, value = pair
    if value is None:
        return f"{column} is null"
    return f"{column} = {value if isinstance(value, int) else quoted(value)}"


def _entrant(persona: str, stage: str) -> str:
    joined = "" if persona == ALL else _PERSONA.format(persona=quoted(persona))
    return _ENTRANT.format(persona=joined, stage=quoted(stage))
