"""The step `planned`: reads the planned journeys and the journeys, and writes what is planned and what happens."""

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from journey_analytics.mining.alignment import is_walkable
from journey_analytics.mining.r4pm_library import NOT_INSTALLED, is_available
from journey_analytics.planned.alignments import compare
from journey_analytics.planned.declared import DeclaredPlan
from journey_analytics.planned.log import EVERY_JOURNEY, LOG_READS, Log, read_log
from journey_analytics.planned.plan import Plan, read_plan
from journey_analytics.planned.tables import (
    DEVIATION_SCHEMA,
    SCHEMAS,
    Scope,
    deviation_table,
    fit_table,
    touchpoint_table,
)
from journey_analytics.settings import setting
from journey_analytics.warehouse import Warehouse

PLANNED_READS: Final = LOG_READS
PLANNED_MAKES: Final = frozenset(SCHEMAS)
NO_JOURNEYS: Final = "there is no journey to hold against the plan"
NONE_FITS: Final = "no journey has a planned touchpoint: do the names in the file and in the data agree?"


def make_planned(warehouse: Warehouse, plans: Sequence[DeclaredPlan]) -> None:
    """Write `mart.planned_fit`, `mart.deviation` and `mart.planned_touchpoint` of all plans, in their order.

    A plan of so many states that it takes r4pm, where that is not installed, is not aligned: what never happens and
    what nobody planned is told all the same, and `mart.planned_fit` says what to install.

    Raises:
        ConfigurationError: the file of a plan is at fault.
    """
    made = [planned_tables(warehouse, read_plan(declared)) for declared in plans]
    for table, schema in SCHEMAS.items():
        warehouse.create_from(table, pl.concat([pl.DataFrame(schema=schema), *(tables[table] for tables in made)]))


def planned_tables(warehouse: Warehouse, plan: Plan, *, selected: str = EVERY_JOURNEY) -> Mapping[str, pl.DataFrame]:
    """The three tables of one plan, for the journeys that a select names.

    Args:
        warehouse: the warehouse, or its published copy.
        plan: the planned journey.
        selected: a select of the `journey_id` of active journeys.

    Raises:
        ConfigurationError: no journey can follow the plan.
    """
    log = read_log(warehouse, plan.level, selected=selected)
    scope = Scope(plan, log, minimum_count=setting(warehouse, "minimum_count"))
    note = _note(plan, log)
    comparison = None if note in (NO_JOURNEYS, NOT_INSTALLED) else compare(plan, log.groups)
    deviations = deviation_table(comparison, scope) if comparison else pl.DataFrame(schema=DEVIATION_SCHEMA)
    return {
        "mart.planned_fit": fit_table(comparison, scope, note=note),
        "mart.deviation": deviations,
        "mart.planned_touchpoint": touchpoint_table(scope),
    }


def _note(plan: Plan, log: Log) -> str | None:
    if not log.groups.height:
        return NO_JOURNEYS
    if not is_available() and not is_walkable(plan.net):
        return NOT_INSTALLED
    return None if set(plan.activities) & set(log.happened["activity"]) else NONE_FITS


def check_plans(plans: Sequence[DeclaredPlan]) -> None:
    """Read every plan.

    Raises:
        ConfigurationError: for the first whose file is at fault.
    """
    for declared in plans:
        read_plan(declared)
