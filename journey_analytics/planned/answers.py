"""What `journey conformance` tells: from the published copy, or made anew for a selection of journeys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from journey_analytics.config import Config
from journey_analytics.errors import ConfigurationError, DataError, nearest
from journey_analytics.paths.selection import EVERYTHING, Selection, read_selection, selected_journeys_sql
from journey_analytics.planned.declared import DeclaredPlan
from journey_analytics.planned.plan import read_plan
from journey_analytics.planned.step import planned_tables
from journey_analytics.planned.tables import SCHEMAS
from journey_analytics.warehouse import Warehouse, open_published

_Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Conformance:
    """One plan: a row of `mart.planned_fit`, and its rows of the other two tables, by place.

    `selection` is which journeys were looked at.
    """

    fit: Mapping[str, Any]
    deviations: _Rows
    touchpoints: _Rows
    selection: Selection = EVERYTHING


def conformance(config: Config, *, name: str | None = None, where: Sequence[str] = ()) -> list[Conformance]:
    """Every planned journey of the workspace, in its order, or the one that is named.

    Args:
        config: the workspace.
        name: of a [[planned]] journey.
        where: conditions on journeys, see `paths.selection`; with any, journeys are aligned anew.

    Raises:
        ConfigurationError: nothing is planned, there is no plan of this name, a condition or a plan's file is at fault.
        DataError: nothing is published, or before the plan was declared.
    """
    plans = _plans(config, name)
    with open_published(config.published) as published:
        if where:
            selection = read_selection(published, where)
            return [_made(published, plan, selection) for plan in plans]
        return [_read(published, plan, config) for plan in plans]


def conformance_dict(answers: Sequence[Conformance]) -> _Rows:
    """The same for a machine."""
    return [
        {
            "selection": str(answer.selection),
            **answer.fit,
            "deviations": answer.deviations,
            "touchpoints": answer.touchpoints,
        }
        for answer in answers
    ]


def _plans(config: Config, name: str | None) -> list[DeclaredPlan]:
    if not config.plans:
        raise ConfigurationError(
            f"{config.file} plans no journey; add a [[planned]] with a name and a file (.csv, .bpmn, .pnml or .ptree)"
        )
    known = [plan.name for plan in config.plans]
    if name is not None and name not in known:
        raise ConfigurationError(f"there is no planned journey {name!r}; {nearest(name, known)}")
    return [plan for plan in config.plans if name in (None, plan.name)]


def _made(published: Warehouse, plan: DeclaredPlan, selection: Selection) -> Conformance:
    return _answer(planned_tables(published, read_plan(plan), selected=selected_journeys_sql(selection)), selection)


def _read(published: Warehouse, plan: DeclaredPlan, config: Config) -> Conformance:
    tables = {
        table: published.frame(f"select * from {table} where planned = ?", parameters=[plan.name], name=table)
        for table in SCHEMAS
        if published.has(table)
    }
    if not tables or not tables["mart.planned_fit"].height:
        raise DataError(
            f"{config.published} does not hold the planned journey {plan.name!r} yet: run `journey run` first"
        )
    return _answer(tables, EVERYTHING)


def _answer(tables: Mapping[str, pl.DataFrame], selection: Selection) -> Conformance:
    return Conformance(
        fit=tables["mart.planned_fit"].row(0, named=True),
        deviations=tables["mart.deviation"].sort("place").to_dicts(),
        touchpoints=tables["mart.planned_touchpoint"].sort("place").to_dicts(),
        selection=selection,
    )
