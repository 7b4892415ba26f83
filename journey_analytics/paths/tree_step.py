"""Reads the first steps of journeys and makes `mart.path_tree` of them, or a tree of a selection on demand."""

from collections.abc import Iterator
from typing import Final

import polars as pl

from journey_analytics.paths.kinds import JOURNEYS, KINDS, chosen_sql, kinds_sql
from journey_analytics.paths.selection import EVERYTHING, Selection
from journey_analytics.paths.tree import DEEPEST, JOURNEY_SCHEMA, NODE_SCHEMA, STEP_SCHEMA, prefix_tree
from journey_analytics.settings import setting
from journey_analytics.warehouse import Warehouse

TABLE: Final = "mart.path_tree"
LEVELS: Final = ("stage", "activity")
TREE_READS: Final = frozenset({JOURNEYS, KINDS, "core.path_beginning", "config.setting", "mart.headline"})

_CURRENCY: Final = "select max(currency) from mart.headline"

_JOURNEYS: Final = f"""
select v.journey_number as journey, k.status, k.is_settled, v.amount
from {JOURNEYS} as v
inner join {KINDS} as k on v.kind_number = k.kind_number
where v.{{chosen}}
order by v.journey_number
"""
_STEPS: Final = """
select journey_number as journey, step, after_us, is_purchase
from core.path_beginning
where level = ? and place = ? and {chosen}
"""


def make_path_tree(warehouse: Warehouse) -> None:
    """Write `mart.path_tree`: the trees of stages and of activities of all active journeys."""
    trees = [path_tree(warehouse, level=level) for level in LEVELS]
    warehouse.create_from(TABLE, pl.concat([pl.DataFrame(schema=NODE_SCHEMA), *trees]))


def path_tree(warehouse: Warehouse, selection: Selection = EVERYTHING, *, level: str) -> pl.DataFrame:
    """The tree of the selected journeys, as `prefix_tree` returns it, from a warehouse or its published copy."""
    currency = warehouse.value(_CURRENCY, name=TABLE)
    chosen = chosen_sql(selection, kinds_sql(warehouse, selection))
    return prefix_tree(
        warehouse.frame(_JOURNEYS.format(chosen=chosen), name=TABLE).cast(JOURNEY_SCHEMA),
        _steps(warehouse, chosen, level=level),
        level=level,
        minimum_count=setting(warehouse, "minimum_count"),
        currency=currency,
    )


def _steps(warehouse: Warehouse, chosen: str, *, level: str) -> Iterator[pl.DataFrame]:
    """One depth after the other, so that no more than one step of every journey is in memory."""
    for place in range(1, DEEPEST + 2):
        found = warehouse.frame(_STEPS.format(chosen=chosen), parameters=[level, place], name=TABLE)
        yield found.cast(STEP_SCHEMA)
