"""The attempts of a funnel from the warehouse, with how their units ended, what came next, and values to split by."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from journey_analytics.config import Config
from journey_analytics.errors import ConfigurationError, nearest
from journey_analytics.funnel.declared import SavedFunnel
from journey_analytics.funnel.definition import PURCHASE, STAGE_PREFIX, Funnel, require_known
from journey_analytics.funnel.matching import matching_sql
from journey_analytics.settings import setting
from journey_analytics.warehouse import Warehouse, quoted

READS: Final = frozenset({"core.touchpoint", "core.journey", "core.session", "core.journey_segment"})

_TOUCHPOINT_VALUES: Final = (
    "source", "activity", "channel", "stage", "page_path", "topic", "category", "device", "country", "campaign",
)  # fmt: skip
_VALUES: Final = {
    **{name: f"t.{name}" for name in _TOUCHPOINT_VALUES},
    "first_channel": "j.first_channel",
    "first_source": "j.first_source",
    "persona": "g.persona",
    "customer_kind": "g.customer_kind",
    "entry_month": "strftime(m.entered_at, '%Y-%m')",
    "entry_week": "strftime(date_trunc('week', m.entered_at), '%Y-%m-%d')",
    "entry_day": "strftime(m.entered_at, '%Y-%m-%d')",
}
"""What figures can be broken down by: of a matched touchpoint, of its journey as known at the beginning, or the time of
the entry (UTC)."""


def check_funnels(warehouse: Warehouse, config: Config) -> None:
    """Refuse saved funnels with names that nobody knows, before anything is made of them.

    Raises:
        ConfigurationError: as `check_funnel`, with the file.
    """
    for saved in config.funnels:
        try:
            check_funnel(warehouse, saved)
        except ConfigurationError as error:
            raise ConfigurationError(f"{config.file}: {error}") from error


def check_funnel(warehouse: Warehouse, saved: SavedFunnel) -> None:
    """Refuse names that neither the data nor `config.activity` knows: a misspelled step would count nobody.

    Raises:
        ConfigurationError: naming the funnel, the name and the nearest known one.
    """
    require_known(saved.funnel, activities=known_activities(warehouse))
    for name in saved.by:
        if name not in _VALUES:
            raise ConfigurationError(
                f"funnel {saved.funnel.name!r}: by names no column {name!r}; {nearest(name, _VALUES)}"
            )


def known_activities(warehouse: Warehouse) -> set[str]:
    """The activities that touchpoints have and those that are documented."""
    tables = [name for name in ("core.touchpoint", "staging.event", "config.activity") if warehouse.has(name)]
    asked = " union ".join(f"select activity from {name} where activity is not null" for name in tables)
    return {row[0] for row in warehouse.rows(asked)} if tables else set()


def attempt_rows(warehouse: Warehouse, saved: SavedFunnel, *, cutoff: datetime) -> pl.DataFrame:
    """One row per attempt, by entry: the columns of `matching.matching_sql` and what else is known of it.

    - `closed_at`: when the journey closed or the session ended; null while it goes on, and for customers.
    - `next_activity`, `next_at`: the first later touchpoint of the unit up to T after the last matched one, passive
      ones left out unless the funnel names their activity; null: none.
    - `broken_at`: in strict order, when that ended the attempt; null elsewhere.
    - A list per column of `saved.by`: its value at each step.

    Args:
        warehouse: the warehouse, or its published copy.
        saved: the funnel, its names already checked.
        cutoff: T.
    """
    return warehouse.frame(_sql(warehouse, saved, cutoff), name=f"funnel {saved.funnel.name}")


def _sql(warehouse: Warehouse, saved: SavedFunnel, cutoff: datetime) -> str:
    funnel = saved.funnel
    matched = matching_sql(funnel, cutoff=cutoff)
    valued = _valued(saved.by) if saved.by else ""
    columns = "".join(f", valued.{name}" for name in saved.by)
    join = "\nleft join valued on a.entry_touchpoint_id = valued.entry_touchpoint_id" if saved.by else ""
    return f"""
with attempt as materialized (
{matched}
),

last_matched as (
    select *, list_reverse(step_touchpoint_id)[list_position(list_reverse(step_at), list_max(step_at))] as last_id
    from attempt
),

seen as (
{_seen(funnel, cutoff)}
){valued}

select
    a.* exclude (last_id), {_closed_at(warehouse, funnel)} as closed_at, seen.next_activity, seen.next_at,
    {_broken_at(funnel)} as broken_at{columns}
from last_matched as a
left join seen on a.last_id = seen.touchpoint_id{_closing(funnel)}{join}
order by a.entered_at, a.entry_touchpoint_id
"""


def _seen(funnel: Funnel, cutoff: datetime) -> str:
    unit, order = f"t.{funnel.unit}_id", "t.occurred_at, coalesce(r.rank::integer, 50), t.source, t.source_event_id"
    names = [name for step in funnel.steps for name in step.activities if name != PURCHASE]
    names = [name for name in names if not name.startswith(STAGE_PREFIX)]
    named = f" or t.activity in ({', '.join(map(quoted, names))})" if names else ""
    return f"""
    select
        t.touchpoint_id,
        lead(t.activity) over (partition by {unit} order by {order}) as next_activity,
        lead(t.occurred_at) over (partition by {unit} order by {order}) as next_at{_next_apart(funnel)}
    from core.touchpoint as t
    left join config.source_rank as r on t.source = r.source
    where
        {unit} in (select unit_id from attempt)
        and t.occurred_at <= timestamp {quoted(cutoff.isoformat(sep=" "))}
        and (not coalesce(t.is_passive, false) or coalesce(t.is_purchase, false){named})"""


def _next_apart(funnel: Funnel) -> str:
    """In strict order with a tolerance: the next touchpoint that is no tie."""
    if funnel.order != "strict" or not funnel.tolerance:
        return ""
    apart = _microseconds(timedelta(microseconds=1) + funnel.tolerance)
    return f""",
        min(t.occurred_at) over (
            partition by t.{funnel.unit}_id order by t.occurred_at
            range between {apart} following and unbounded following
        ) as next_apart_at"""


def _broken_at(funnel: Funnel) -> str:
    """Ties are interchangeable, so with a tolerance only what is no tie, and its ties, end the attempt."""
    if funnel.order != "strict":
        return "null::timestamp"
    return f"seen.next_apart_at + {_microseconds(funnel.tolerance)}" if funnel.tolerance else "seen.next_at"


def _microseconds(time: timedelta) -> str:
    return f"interval '{time // timedelta(microseconds=1)} microseconds'"


def _closed_at(warehouse: Warehouse, funnel: Funnel) -> str:
    if funnel.unit == "journey":
        return "u.closed_at"
    gap = setting(warehouse, "session_gap_minutes", 30)
    return f"u.ended_at + interval '{gap} minutes'" if funnel.unit == "session" else "null::timestamp"


def _closing(funnel: Funnel) -> str:
    if funnel.unit == "customer":
        return ""
    return f"\nleft join core.{funnel.unit} as u on a.unit_id = u.{funnel.unit}_id"


def _valued(by: Iterable[str]) -> str:
    lists = ",\n        ".join(f"list({_VALUES[name]} order by m.place) as {name}" for name in by)
    return f""",

matched as (
    select
        entry_touchpoint_id, entered_at, unnest(step_touchpoint_id) as touchpoint_id,
        generate_subscripts(step_touchpoint_id, 1) as place
    from attempt
),

valued as (
    select
        m.entry_touchpoint_id,
        {lists}
    from matched as m
    left join core.touchpoint as t on m.touchpoint_id = t.touchpoint_id
    left join core.journey as j on t.journey_id = j.journey_id
    left join core.journey_segment as g on t.journey_id = g.journey_id
    group by m.entry_touchpoint_id
)"""
