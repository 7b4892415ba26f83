"""What was counted every night of the stays, summed by the database for the conditions of a choice."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from journey_analytics.report.selection import WHOLE, Choice
from journey_analytics.selecting.links import FROM_ELSEWHERE, TO_ELSEWHERE
from journey_analytics.selecting.windows import OFFERED, OWN
from journey_analytics.warehouse import Warehouse, quoted

STAY_CUBE: Final = "mart.stay_cube"
REACH_CUBE: Final = "mart.reach_cube"

_EXIT: Final = {"outcome": "exit", "day": "exit_day", "lasting_count": "exit_lasting_count"}
_COUNTS: Final = ("stay_count", "lasting_count", "over_count", "followed_count")
_FLOW: Final = """
with chosen_link as (
    select *, ({here})::boolean as is_here, is_between and ({there}) as is_there
    from mart.flow_cube
    where offered_days = {days}
)

select
    'all' as segment, 'all' as segment_value,
    case when is_here then from_stage else '{from_elsewhere}' end as from_stage,
    case when is_there or not is_between then to_state else '{to_elsewhere}' end as to_state,
    sum(journey_count)::bigint as journey_count
from chosen_link
where is_here or is_there
group by all
order by all
"""


def wanted_sql(choice: Choice, *, month: str, prefix: str = "") -> str:
    """The conditions of a choice as SQL; `month` is the column of the period, `prefix` comes before every column."""
    parts = [f"{prefix}{name} = {quoted(value)}" for name, value in choice.conditions.items() if name != "month"]
    if choice.months:
        first, last = choice.months
        parts.append(f"{prefix}{month} between {quoted(first)} and {quoted(last)}")
    return " and ".join(parts) or "true"


def entrants_wanted(choice: Choice, *, prefix: str = "") -> str:
    """The conditions of a choice on the tables of entrants, as SQL; the period is that of entering the stage."""
    return wanted_sql(choice, month="entry_month", prefix=prefix)


def offered_days(warehouse: Warehouse, choice: Choice) -> int | None:
    """Under which `offered_days` the tables have what a choice asks for; null for a window that is not offered.

    A window that is offered, and not counted, is what the stages have anyway.
    """
    if choice.window_days is None:
        return OWN
    if choice.window_days not in OFFERED:
        return None
    counted = f"select true from {STAY_CUBE} where offered_days = {choice.window_days} limit 1"
    return choice.window_days if warehouse.value(counted, name=STAY_CUBE) else OWN


def summed_stays(
    warehouse: Warehouse,
    choice: Choice,
    *,
    days: int,
    cube: str = STAY_CUBE,
    is_exit: bool = False,
    segments: Sequence[str] = (),
) -> pl.DataFrame:
    """What `counted_stays` gives for the entrants of a choice, whose sums are taken by the database.

    Args:
        warehouse: the warehouse or its published copy.
        choice: its conditions.
        days: as `offered_days` gives it.
        cube: `STAY_CUBE`, or `REACH_CUBE` for the ways of `stage_ways`.
        is_exit: whether the stays are read by what ended them first, as `exits_of` wants them.
        segments: columns to split by, besides the whole.
    """
    read = {name: _EXIT.get(name, name) if is_exit else name for name in ("outcome", "day", *_COUNTS)}
    keys = ("stage", "window_days", read["outcome"], read["day"])
    sums = [f"sum({read[name]})::bigint as {name}" for name in _COUNTS]
    sets = [f"({', '.join((*keys, *by))})" for by in ((), *((name,) for name in segments))]
    found = warehouse.frame(
        f"select {split_words(segments)}, stage, window_days, {keys[2]} as outcome, {keys[3]} as day, "
        f"{', '.join(sums)}, max(followable_us) as followable_us from {cube} "
        f"where offered_days = {days} and {entrants_wanted(choice)} group by grouping sets ({', '.join(sets)})",
        name=cube,
    )
    return found.sort("segment", "segment_value", "stage", "outcome", "day")


def split_words(segments: Sequence[str], *, prefix: str = "") -> str:
    """The segment and value of a row of grouping sets, as SQL; `prefix` comes before every column."""
    names = " ".join(f"when grouping({prefix}{name}) = 0 then '{name}'" for name in segments)
    values = " ".join(f"when grouping({prefix}{name}) = 0 then {prefix}{name}" for name in segments)
    if not segments:
        return f"'{WHOLE}' as segment, '{WHOLE}' as segment_value"
    return f"case {names} else '{WHOLE}' end as segment, case {values} else '{WHOLE}' end as segment_value"


def summed_flow(warehouse: Warehouse, choice: Choice, *, days: int) -> pl.DataFrame:
    """What `flow_by` gives for the entrants of a choice: links to and from others end and begin elsewhere."""
    here, there = entrants_wanted(choice), entrants_wanted(choice, prefix="next_")
    return warehouse.frame(
        _FLOW.format(here=here, there=there, days=days, from_elsewhere=FROM_ELSEWHERE, to_elsewhere=TO_ELSEWHERE),
        name="mart.flow_cube",
    )


def stored_times(warehouse: Warehouse, choice: Choice, *, days: int) -> pl.DataFrame | None:
    """The times of all, or of one value, named all/all: of `mart.window_time`, with `OWN` of `mart.time_in_stage`.

    Null where none are counted.
    """
    if len(choice.conditions) > 1 or choice.is_several_months:
        return None
    ((segment, value),) = choice.conditions.items() or ((WHOLE, WHOLE),)
    named = "entry_month" if segment == "month" else segment
    found = f"segment = {quoted(named)} and segment_value = {quoted(value)}"
    table, windowed = ("mart.time_in_stage", "") if days == OWN else ("mart.window_time", f" and offered_days = {days}")
    rows = warehouse.frame(f"select * from {table} where {found}{windowed}", name=table)
    return rows.with_columns(segment=pl.lit(WHOLE), segment_value=pl.lit(WHOLE))
