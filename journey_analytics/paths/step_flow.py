"""The step flow on demand: of any selection of journeys, from any anchor, with any number of steps."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from journey_analytics.contract import START
from journey_analytics.paths.anchor import PURCHASE, Anchor, Element, check_level, parse_anchor
from journey_analytics.paths.kinds import BY_STATUS, kinds_sql
from journey_analytics.paths.selection import NUMBERED, Selection, selected_journeys_sql
from journey_analytics.paths.step_links import LINK_SCHEMA, ordered, shortened, step_links
from journey_analytics.warehouse import Warehouse, quoted

_NAME: Final = "step flow"

_ACTIVITY_STEPS: Final = f"""{NUMBERED}

select j.journey_number as journey, j.status, j.is_settled, t.activity as node, true as is_entered{{flags}}
from core.touchpoint_at_cutoff as t
inner join numbered_journey as j on t.journey_id = j.journey_id
order by j.journey_number, t.position
"""

_STAGE_STEPS: Final = f"""{NUMBERED},

staged as (
    select
        j.journey_id, j.journey_number as journey, j.status, j.is_settled, t.position, 1 as part, false as is_purchase,
        case when t.is_purchase then 'decision' when not t.is_passive and t.stage <> 'unknown' then t.stage end as node
    from core.touchpoint_at_cutoff as t
    inner join numbered_journey as j on t.journey_id = j.journey_id
    union all
    select
        j.journey_id, j.journey_number as journey, j.status, j.is_settled, t.position, 2 as part, true as is_purchase,
        'post_purchase' as node
    from core.touchpoint_at_cutoff as t
    inner join numbered_journey as j on t.journey_id = j.journey_id
    where t.is_purchase
)

select t.journey, t.status, t.is_settled, t.node, v.stage is not null as is_entered{{flags}}
from staged as t
left join core.stage_visit as v on t.journey_id = v.journey_id and t.node = v.stage
order by t.journey, t.position, t.part
"""

_CUBE_STEPS: Final = 8
_CUBE_ANCHORS: Final = {"start": "start", "end": "end", "purchase": "purchase", PURCHASE: "purchase"}
"""The anchors that `mart.step_cube` has, by what they are asked for by, and its steps each side of them."""

_CUBE_LINKS: Final = f"""
select
    c.step_number, c.node, case c.next_node when 'END' then upper(k.status) else c.next_node end as next_node,
    sum(c.first_count)::bigint as first_count,{BY_STATUS}
from mart.step_cube as c
inner join core.path_kind as k on c.kind_number = k.kind_number
where c.level = ? and c.anchor = ? and c.kind_number in ({{kinds}})
group by all
"""

_SELECTED_COUNT: Final = (
    "select coalesce(sum(journey_count), 0)::bigint from core.path_kind where kind_number in ({kinds})"
)
_ACTIVITIES: Final = "select node from core.path_node where node_number > 0 order by node"


@dataclass(frozen=True)
class StepFlow:
    """A step flow with what it is of.

    Attributes:
        level: stage or activity.
        anchor: what its steps are counted from.
        steps: so many each side of the anchor have nodes of their own.
        selected_count: active journeys that were looked at.
        journey_count: those of them that are in the flow: all for `start` and `end`, else those with the pattern.
        links: as `step_links.step_links` gives them.
    """

    level: str
    anchor: Anchor
    steps: int
    selected_count: int
    journey_count: int
    links: pl.DataFrame


def read_anchor(warehouse: Warehouse, text: str, *, level: str) -> Anchor:
    """The anchor that a text stands for, with the activities that this warehouse, or copy, has.

    Raises:
        ConfigurationError: for a level, a stage or an activity that there is not; see `parse_anchor`.
    """
    check_level(level)
    known = [row[0] for row in warehouse.rows(_ACTIVITIES, name=_NAME)] if level == "activity" else []
    return parse_anchor(text, level=level, activities=known)


def step_flow(warehouse: Warehouse, selection: Selection, *, level: str, anchor: Anchor, steps: int = 8) -> StepFlow:
    """The step flow of the selected journeys as they were at T; `mart.step_flow` is that of all of them.

    Args:
        warehouse: the warehouse, or its published copy.
        selection: which journeys.
        level: stage or activity.
        anchor: what steps are counted from; of a pattern its first match in each journey counts.
        steps: so many steps each side of the anchor have nodes of their own; what lies further is MORE.
    """
    kinds = kinds_sql(warehouse, selection)
    if kinds is not None and anchor.text in _CUBE_ANCHORS and steps <= _CUBE_STEPS:
        links = _added_up(warehouse, kinds, level=level, anchor=anchor, steps=steps)
        selected = warehouse.value(_SELECTED_COUNT.format(kinds=kinds), name=_NAME)
    else:
        rows = _rows(warehouse, selection, level=level, anchor=anchor)
        pattern = [_flag_name(place) for place in range(len(anchor.elements))]
        links = step_links(rows, steps=steps, anchor=anchor.text, pattern=pattern)
        selected = rows["journey"].n_unique()
    begun = int(links.filter(pl.col("node") == START)["journey_count"].sum())
    return StepFlow(level, anchor, steps, selected_count=selected, journey_count=begun, links=links)


def _added_up(warehouse: Warehouse, kinds: str, *, level: str, anchor: Anchor, steps: int) -> pl.DataFrame:
    """The links of whole kinds of journeys, as counting their steps would give them."""
    asked = [level, _CUBE_ANCHORS[anchor.text]]
    found = warehouse.frame(_CUBE_LINKS.format(kinds=kinds), parameters=asked, name=_NAME).cast(LINK_SCHEMA)
    return ordered(found) if steps == _CUBE_STEPS else shortened(found, steps)


def _rows(warehouse: Warehouse, selection: Selection, *, level: str, anchor: Anchor) -> pl.DataFrame:
    template = _STAGE_STEPS if level == "stage" else _ACTIVITY_STEPS
    flags = "".join(f", {_fits(one, level)} as {_flag_name(place)}" for place, one in enumerate(anchor.elements))
    return warehouse.frame(template.format(selected=selected_journeys_sql(selection), flags=flags), name=_NAME)


def _flag_name(place: int) -> str:
    return f"fits_{place}"


def _fits(element: Element, level: str) -> str:
    """Whether a row fits, as SQL; at stage level a stage is a node, so both kinds of names ask the same."""
    node, stage = ("t.node", "t.node") if level == "stage" else ("t.activity", "t.stage")
    asked = [(node, element.nodes), (stage, element.stages)]
    parts = [f"{column} in ({', '.join(map(quoted, names))})" for column, names in asked if names]
    parts += ["t.is_purchase"] if element.is_purchase else []
    return f"coalesce({' or '.join(parts)}, false)"
