"""The step flow on demand: of any selection of journeys, from any anchor, with any number of steps."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from journey_analytics.contract import START
from journey_analytics.paths.anchor import Anchor, Element, check_level, parse_anchor
from journey_analytics.paths.selection import NUMBERED, Selection, selected_journeys_sql
from journey_analytics.paths.step_links import step_links
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

_ACTIVITIES: Final = "select distinct activity from core.touchpoint_at_cutoff order by activity"


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
    rows = _rows(warehouse, selection, level=level, anchor=anchor)
    pattern = [_flag_name(place) for place in range(len(anchor.elements))]
    links = step_links(rows, steps=steps, anchor=anchor.text, pattern=pattern)
    return StepFlow(
        level=level,
        anchor=anchor,
        steps=steps,
        selected_count=rows["journey"].n_unique(),
        journey_count=int(links.filter(pl.col("node") == START)["journey_count"].sum()),
        links=links,
    )


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
