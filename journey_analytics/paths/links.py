"""The links of the paths on demand: what `mart.path_link` and `mart.path_activity` have per segment, of any selection.

A path is START, the activities of an active journey up to T in order, and the node of its status at T.
"""

from typing import Final

import polars as pl

from journey_analytics.contract import END_NODES, START
from journey_analytics.errors import ConfigurationError, nearest
from journey_analytics.paths.kinds import BY_STATUS, FOLDED, chosen_sql, kinds_sql
from journey_analytics.paths.selection import EVERYTHING, NUMBERED, SEGMENT_COLUMNS, Selection, selected_journeys_sql
from journey_analytics.warehouse import Warehouse, quoted

_LINK_TABLE: Final = "mart.path_link"
_ACTIVITY_TABLE: Final = "mart.path_activity"
_END: Final = (
    "case j.status " + " ".join(f"when '{status}' then '{node}'" for status, node in END_NODES.items()) + " end"
)

_LINKS: Final = f"""
with counted_link as (
    select c.node_number, c.next_number, sum(c.follow_count)::bigint as follow_count,{BY_STATUS}
    from {{cube}} as c
    inner join core.path_kind as k on c.kind_number = k.kind_number
    group by c.node_number, c.next_number
),

timed_link as (
    select node_number, next_number, percentile_cont([0.5, 0.9]) within group (order by next_gap_us) as gap_us
    from core.path_passage
    where next_gap_us is not null and {{chosen}}
    group by node_number, next_number
)

select
    a.node as activity, n.node as next_activity, c.* exclude (node_number, next_number),
    t.gap_us[1] / 1e6 as median_seconds, t.gap_us[2] / 1e6 as p90_seconds
from counted_link as c
inner join core.path_node as a on c.node_number = a.node_number
inner join core.path_node as n on c.next_number = n.node_number
left join timed_link as t on c.node_number = t.node_number and c.next_number = t.next_number
order by activity, next_activity
"""

_KIND_LINKS: Final = "(select * from mart.link_cube where {chosen})"
_JOURNEY_LINKS: Final = """(
    select
        kind_number, node_number, next_number, count(*) as follow_count,
        count(distinct journey_number) as journey_count
    from core.path_passage
    where {chosen}
    group by kind_number, node_number, next_number
)"""

_ACTIVITIES: Final = f"""
with counted_activity as (
    select
        c.activity,
        sum(c.touchpoint_count)::bigint as touchpoint_count,
        sum(c.start_count)::bigint as start_count,
        sum(c.end_count)::bigint as end_count,
        coalesce(sum(c.end_count) filter (where k.status = 'converted'), 0)::bigint as converted_end_count,
        coalesce(sum(c.end_count) filter (where k.status = 'dropped'), 0)::bigint as dropped_end_count,
        coalesce(sum(c.end_count) filter (where k.status = 'open'), 0)::bigint as open_end_count,{BY_STATUS}
    from {{cube}} as c
    inner join core.path_kind as k on c.kind_number = k.kind_number
    group by c.activity
)

select c.*, a.stage
from counted_activity as c
inner join mart.activity as a on c.activity = a.activity
order by c.activity
"""

_KIND_ACTIVITIES: Final = "(select * from mart.activity_cube where {chosen})"
_JOURNEY_ACTIVITIES: Final = """(
    select
        p.kind_number, n.node as activity, count(*) as touchpoint_count,
        count(distinct p.journey_number) as journey_count, count(*) filter (where p.position = 1) as start_count,
        count(*) filter (where p.next_number < 0) as end_count
    from core.path_passage as p
    inner join core.path_node as n on p.node_number = n.node_number
    where p.node_number > 0 and {chosen}
    group by p.kind_number, n.node
)"""

_BEHIND: Final = f"""{NUMBERED},

passage as (
    select t.journey_id, t.position, t.occurred_at, t.activity, coalesce(t.next_activity, {_END}) as next_activity,
        t.next_gap_us
    from core.touchpoint_at_cutoff as t
    inner join numbered_journey as j on t.journey_id = j.journey_id
    union all
    select t.journey_id, 0, t.occurred_at, '{START}', t.activity, null::bigint
    from core.touchpoint_at_cutoff as t
    inner join numbered_journey as j on t.journey_id = j.journey_id
    where t.position = 1
),

passing_journey as (
    select
        journey_id,
        count(*)::bigint as follow_count,
        min(occurred_at) as first_passage_at,
        min_by(next_gap_us, position) / 1e6 as first_wait_seconds
    from passage
    where activity = ? and next_activity = ?
    group by journey_id
)

select
    j.journey_id, j.customer_id, j.status, j.started_at, j.ended_at, j.touchpoint_count, p.follow_count,
    p.first_passage_at, p.first_wait_seconds, j.is_left_censored, s.first_channel, s.device, s.persona, s.customer_kind
from passing_journey as p
inner join core.journey_at_cutoff as j on p.journey_id = j.journey_id
inner join core.journey_segment as s on p.journey_id = s.journey_id
order by p.first_passage_at desc, j.journey_id
"""

_COUNTS: Final = """
select
    count(*)::bigint as journey_count,
    count(*) filter (where status = 'converted')::bigint as converted_count,
    count(*) filter (where status = 'dropped')::bigint as dropped_count,
    count(*) filter (where status = 'open')::bigint as open_count,
    count(*) filter (where is_settled and status = 'converted')::bigint as settled_converted_count,
    count(*) filter (where is_settled and status <> 'open')::bigint as settled_count,
    count(*) filter (where is_left_censored)::bigint as left_censored_count
from core.journey_at_cutoff
where journey_id in ({selected})
"""


def links(warehouse: Warehouse, selection: Selection = EVERYTHING) -> pl.DataFrame:
    """The links of the selected active journeys: the columns of `mart.path_link`, by activity and next activity.

    `segment` and `segment_value` name the selection; counts, waits and nulls are as in the mart, whose rows are given
    where it has them.
    """
    cubes = (_KIND_LINKS, _JOURNEY_LINKS)
    return _of_selection(warehouse, selection, _LINK_TABLE, _LINKS, cubes).sort("activity", "next_activity")


def activities(warehouse: Warehouse, selection: Selection = EVERYTHING) -> pl.DataFrame:
    """The activities of the selected active journeys: the columns of `mart.path_activity`, by activity."""
    cubes = (_KIND_ACTIVITIES, _JOURNEY_ACTIVITIES)
    return _of_selection(warehouse, selection, _ACTIVITY_TABLE, _ACTIVITIES, cubes).sort("activity")


def journey_counts(warehouse: Warehouse, selection: Selection = EVERYTHING) -> dict[str, int]:
    """Of the selected active journeys: `journey_count`, its parts by status at T, and `left_censored_count`.

    `settled_count` of them began early enough for their outcome to be known (`is_settled`) and are closed,
    `settled_converted_count` of these with a purchase.
    """
    sql = _COUNTS.format(selected=selected_journeys_sql(selection))
    return warehouse.frame(sql, name="journeys selected").to_dicts()[0]


def common_count(warehouse: Warehouse, one: Selection, other: Selection) -> int:
    """How many active journeys two selections have in common."""
    sql = "select count(*)::bigint from ({}) as one inner join ({}) as other on one.journey_id = other.journey_id"
    return warehouse.value(sql.format(*map(selected_journeys_sql, (one, other))), name="journeys in both")


def journeys_behind(
    warehouse: Warehouse,
    activity: str,
    next_activity: str,
    selection: Selection = EVERYTHING,
    limit: int | None = None,
) -> pl.DataFrame:
    """One row per selected journey with this link, the latest first passage first, ties by journey_id.

    Args:
        warehouse: the warehouse or its published copy.
        activity: an activity, or START.
        next_activity: an activity, or CONVERTED, DROPPED or OPEN.
        selection: which journeys.
        limit: at most so many rows; by default all.

    Returns:
        journey_id, customer_id, status, started_at, ended_at, touchpoint_count (up to T), follow_count (passages of the
        link in it), first_passage_at (when `activity` was there; of START the journey's beginning), first_wait_seconds
        (null from START and to an end), is_left_censored, first_channel, device, persona, customer_kind.

    Raises:
        ConfigurationError: for a name that is no activity and no node, naming the nearest.
    """
    link = read_link(warehouse, activity, next_activity)
    sql = _BEHIND.format(selected=selected_journeys_sql(selection)) + ("" if limit is None else f"limit {int(limit)}")
    return warehouse.frame(sql, parameters=link, name="journeys of a link")


def read_link(warehouse: Warehouse, activity: str, next_activity: str) -> tuple[str, str]:
    """The two ends of a link as the tables spell them; a node may be given in any letter case.

    Raises:
        ConfigurationError: for a name that is no activity and no such node, naming the nearest.
    """
    known = [row[0] for row in warehouse.rows("select activity from mart.activity order by activity")]
    ends = tuple(END_NODES.values())
    return _node(activity, known, (START,), "left"), _node(next_activity, known, ends, "entered")


def _node(name: str, known: list[str], nodes: tuple[str, ...], what: str) -> str:
    found = name if name in known else name.upper()
    if found not in (*known, *nodes):
        raise ConfigurationError(
            f"--edge {name!r}: no activity that is {what} has this name, nor is it {' or '.join(nodes)}; "
            f"{nearest(name, (*known, *nodes))}"
        )
    return found


def _of_selection(
    warehouse: Warehouse, selection: Selection, table: str, sql: str, cubes: tuple[str, str]
) -> pl.DataFrame:
    """The rows of the mart where it has this selection as a segment of its own, else added up now.

    Added up are the counts by kind, or where the selection cuts through kinds those of its journeys.
    """
    if (kept := _kept(warehouse, selection, table)) is not None:
        return kept
    kinds = kinds_sql(warehouse, selection)
    chosen, cube = chosen_sql(selection, kinds), cubes[0] if kinds is not None else cubes[1]
    asked = sql.format(cube=cube.format(chosen=chosen), chosen=chosen)
    found = warehouse.frame(asked, name=f"{table} of a selection")
    named = found.with_columns(segment=pl.lit(selection.segment), segment_value=pl.lit(selection.segment_value))
    return named.select(warehouse.columns(table))


def _kept(warehouse: Warehouse, selection: Selection, table: str) -> pl.DataFrame | None:
    """`other` is several values in the mart, so it is counted anew."""
    if selection.segment not in ("all", *SEGMENT_COLUMNS) or selection.segment_value == FOLDED:
        return None
    segment, value = quoted(selection.segment), quoted(selection.segment_value)
    found = warehouse.frame(f"select * from {table} where segment = {segment} and segment_value = {value}", name=table)
    return found if found.height else None
