"""Reads the first steps of journeys and makes `mart.path_tree` of them, or a tree of a selection on demand."""

from collections.abc import Iterator
from typing import Final

import polars as pl

from journey_analytics.paths.selection import EVERYTHING, JOURNEY_AMOUNT, SELECTED, Selection, selected_journeys_sql
from journey_analytics.paths.tree import DEEPEST, JOURNEY_SCHEMA, NODE_SCHEMA, STEP_SCHEMA, prefix_tree
from journey_analytics.settings import setting
from journey_analytics.warehouse import Warehouse

TABLE: Final = "mart.path_tree"
LEVELS: Final = ("stage", "activity")
TREE_READS: Final = frozenset(
    {
        "core.journey_at_cutoff", "core.touchpoint_at_cutoff", "core.journey_segment", "config.setting",
        "mart.headline",
    }
)  # fmt: skip

_CURRENCY: Final = "select max(currency) from mart.headline"

_TREE_JOURNEYS: Final = "select journey, status, is_settled, amount from tree_journey order by journey"
_JOURNEYS: Final = f"""
create or replace temp table tree_journey as{SELECTED}{JOURNEY_AMOUNT}

select
    row_number() over (order by j.journey_id) - 1 as journey,
    j.journey_id,
    j.started_at,
    j.status,
    j.is_settled,
    a.amount
from core.journey_at_cutoff as j
inner join selected_journey as s on j.journey_id = s.journey_id
left join journey_amount as a on j.journey_id = a.journey_id
"""

_SEEN: Final = {
    "activity": """
    select
        j.journey, 2 * t.position as place_at, t.activity as step, t.is_purchase,
        epoch_us(t.occurred_at) - epoch_us(j.started_at) as after_us
    from core.touchpoint_at_cutoff as t
    inner join tree_journey as j on t.journey_id = j.journey_id
    """,
    "stage": """
    select
        j.journey, 2 * t.position as place_at, case when t.is_purchase then 'decision' else t.stage end as step,
        false as is_purchase, epoch_us(t.occurred_at) - epoch_us(j.started_at) as after_us
    from core.touchpoint_at_cutoff as t
    inner join tree_journey as j on t.journey_id = j.journey_id
    where t.is_purchase or (not t.is_passive and t.stage <> 'unknown')
    union all
    select
        j.journey, 2 * t.position + 1 as place_at, 'post_purchase' as step, true as is_purchase,
        epoch_us(t.occurred_at) - epoch_us(j.started_at) as after_us
    from core.touchpoint_at_cutoff as t
    inner join tree_journey as j on t.journey_id = j.journey_id
    where t.is_purchase
    """,
}
"""What a journey goes through, in order: its activities; its stages as the stage variants have them, of acts only, a
purchase being a decision that enters `post_purchase`."""

_STEPS: Final = """
create or replace temp table tree_step as
with seen_step as (
    {seen}
),

bought as (
    select journey, min(place_at) as bought_at
    from seen_step
    where is_purchase
    group by journey
),

changed_step as (
    select journey, place_at, step, after_us
    from seen_step
    qualify step is distinct from lag(step) over (partition by journey order by place_at)
),

placed_step as (
    select
        *,
        row_number() over journey_order as place,
        lead(place_at) over journey_order as next_place_at
    from changed_step
    window journey_order as (partition by journey order by place_at)
)

select
    p.journey,
    p.place,
    p.step,
    p.after_us,
    coalesce(b.bought_at >= p.place_at and (p.next_place_at is null or b.bought_at < p.next_place_at), false)
        as is_purchase
from placed_step as p
left join bought as b on p.journey = b.journey
where p.place <= ?
"""


def make_path_tree(warehouse: Warehouse) -> None:
    """Write `mart.path_tree`: the trees of stages and of activities of all active journeys."""
    trees = [path_tree(warehouse, level=level) for level in LEVELS]
    warehouse.create_from(TABLE, pl.concat([pl.DataFrame(schema=NODE_SCHEMA), *trees]))


def path_tree(warehouse: Warehouse, selection: Selection = EVERYTHING, *, level: str) -> pl.DataFrame:
    """The tree of the selected journeys, as `prefix_tree` returns it, from a warehouse or its published copy."""
    currency = warehouse.value(_CURRENCY, name=TABLE)
    warehouse.execute(_JOURNEYS.format(selected=selected_journeys_sql(selection)), [currency or ""], name=TABLE)
    warehouse.execute(_STEPS.format(seen=_SEEN[level]), [DEEPEST + 1], name=TABLE)
    tree = prefix_tree(
        warehouse.frame(_TREE_JOURNEYS, name=TABLE).cast(JOURNEY_SCHEMA),
        _steps(warehouse),
        level=level,
        minimum_count=setting(warehouse, "minimum_count"),
        currency=currency,
    )
    for table in ("tree_step", "tree_journey"):
        warehouse.execute(f"drop table {table}", name=TABLE)
    return tree


def _steps(warehouse: Warehouse) -> Iterator[pl.DataFrame]:
    """One depth after the other, so that no more than one step of every journey is in memory."""
    for place in range(1, DEEPEST + 2):
        found = "select journey, step, after_us, is_purchase from tree_step where place = ?"
        yield warehouse.frame(found, parameters=[place], name=TABLE).cast(STEP_SCHEMA)
