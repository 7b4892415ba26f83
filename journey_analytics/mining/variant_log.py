"""The variants that models are discovered from, read from a warehouse or its published copy. Active journeys only."""

from dataclasses import dataclass
from typing import Final

from journey_analytics.contract import END_NODES, START
from journey_analytics.errors import ConfigurationError, nearest
from journey_analytics.mining.measures import Counted
from journey_analytics.paths.selection import EVERYTHING, Selection, selected_journeys_sql
from journey_analytics.warehouse import Warehouse

LEVELS: Final = ("stage", "activity")

_STEPS: Final = {
    "stage": "stages",
    "activity": "list_filter(activities, lambda activity, place: place = 1 or activity <> activities[place - 1])",
}
"""What a model is made of: stages, or activities with immediate repeats as one."""

_LEAST_STEPS: Final = {"stage": 1, "activity": 2}
"""Journeys of a single activity have no order, and as the most frequent variants they would make every model a list."""

STEPS_PER_VARIANT: Final = 150
"""Bounds the work of judging a model: every beginning of a variant is replayed, one of n steps takes n (n + 1) / 2.

Together the variants used may take as much as `top` ones of sixteen steps; one that would exceed it is left out.
"""

_MART: Final = {
    "stage": "select stages as steps, journey_count - passive_count as journey_count from mart.stage_variant",
    "activity": f"select {_STEPS['activity']} as steps, journey_count - passive_count as journey_count "
    "from mart.variant",
}

_MOST_FREQUENT: Final = """
select steps, sum(journey_count)::bigint as journey_count
from variant
where len(steps) >= ? and journey_count > 0
group by steps
order by journey_count desc, steps
limit ?
"""

_SELECTED_COUNTS: Final = """
select
    count(*)::bigint,
    (count(*) filter (where status = 'open'))::bigint,
    (count(*) filter (where is_left_censored))::bigint
from core.journey_at_cutoff
where journey_id in (select journey_id from selected)
"""


@dataclass(frozen=True)
class VariantLog:
    """What a model is discovered from: the most frequent variants, and how many journeys there are in all.

    Attributes:
        level: of LEVELS.
        variants: steps in order with their journeys, most journeys first (ties: the lists in order).
        journey_count: active journeys of the selection, those that no variant here stands for included.
        open_count: of them, those still open at T: their way may go on.
        left_censored_count: of them, those whose beginning may be missing.
        segment: of which the journeys are; `all`, a segment, or `selection`.
        segment_value: its value.
    """

    level: str
    variants: tuple[Counted, ...]
    journey_count: int
    open_count: int | None = None
    left_censored_count: int | None = None
    segment: str = "all"
    segment_value: str = "all"

    @property
    def covered_count(self) -> int:
        """Journeys of the variants used."""
        return sum(count for _, count in self.variants)

    @property
    def coverage_share(self) -> float | None:
        """Of all journeys, those of the variants used; None where there are none."""
        return self.covered_count / self.journey_count if self.journey_count else None


def check_level(level: str) -> None:
    """Check the name of a level.

    Raises:
        ConfigurationError: it is none of LEVELS; the message names the nearest.
    """
    if level not in LEVELS:
        raise ConfigurationError(f"there is no level {level!r}; {nearest(level, LEVELS)}")


def whole_log(warehouse: Warehouse, *, level: str, top: int) -> VariantLog:
    """The `top` variants of all journeys, from the marts of variants; see STEPS_PER_VARIANT."""
    found = warehouse.rows(f"with variant as ({_MART[level]}) {_MOST_FREQUENT}", [_LEAST_STEPS[level], top])
    table = "mart.variant" if level == "activity" else "mart.stage_variant"
    total = warehouse.value(f"select coalesce(sum(journey_count - passive_count), 0)::bigint from {table}")
    return VariantLog(level=level, variants=_counted(found, top=top), journey_count=total)


def selected_log(warehouse: Warehouse, *, level: str, top: int, selection: Selection = EVERYTHING) -> VariantLog:
    """The `top` variants of the journeys of a selection; see STEPS_PER_VARIANT.

    Raises:
        ConfigurationError: for an unknown level.
    """
    check_level(level)
    with_selected = f"with selected as ({selected_journeys_sql(selection)})"
    journeys = f"""
        select {_STEPS[level]} as steps, 1 as journey_count
        from core.journey_at_cutoff
        where journey_id in (select journey_id from selected)
    """
    found = warehouse.rows(f"{with_selected}, variant as ({journeys}) {_MOST_FREQUENT}", [_LEAST_STEPS[level], top])
    counts = warehouse.rows(f"{with_selected} {_SELECTED_COUNTS}")[0]
    return VariantLog(
        level=level,
        variants=_counted(found, top=top),
        journey_count=counts[0],
        open_count=counts[1],
        left_censored_count=counts[2],
        segment=selection.segment,
        segment_value=selection.segment_value,
    )


def _counted(rows: list[tuple[list[str], int]], *, top: int) -> tuple[Counted, ...]:
    """Those that may be replayed, most journeys first; always the first."""
    left = top * STEPS_PER_VARIANT
    used: list[Counted] = []
    for steps, count in rows:
        replayed = len(steps) * (len(steps) + 1) // 2
        if replayed <= left or not used:
            left -= replayed
            used.append((tuple(steps), count))
    return tuple(used)


@dataclass(frozen=True)
class Link:
    """One step of the directly-follows graph: START before the first, CONVERTED, DROPPED or OPEN after the last."""

    activity: str
    next_activity: str
    follow_count: int


def selected_links(warehouse: Warehouse, *, level: str, selection: Selection = EVERYTHING) -> list[Link]:
    """Every link of all journeys of a selection, repeats kept: at activity level that of `mart.directly_follows`.

    Journeys without a known stage have no link at stage level. Sorted by the two names.
    """
    check_level(level)
    column = "stages" if level == "stage" else "activities"
    ends = " ".join(f"when '{status}' then '{node}'" for status, node in END_NODES.items())
    found = warehouse.rows(f"""
        with selected as ({selected_journeys_sql(selection)}),

        walk as (
            select list_concat(['{START}'], {column}, [case status {ends} end]) as nodes
            from core.journey_at_cutoff
            where len({column}) > 0 and journey_id in (select journey_id from selected)
        ),

        link as (
            select unnest(nodes[:-2]) as activity, unnest(nodes[2:]) as next_activity
            from walk
        )

        select activity, next_activity, count(*)::bigint
        from link
        group by activity, next_activity
        order by activity, next_activity
    """)
    return [Link(*row) for row in found]
