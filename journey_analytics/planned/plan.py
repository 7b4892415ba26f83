"""A planned journey as it is used: a Petri net, the level of its labels, and what the plan says about each of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from journey_analytics.contract import STAGES
from journey_analytics.errors import ConfigurationError, nearest
from journey_analytics.mining.nets import net_of, read_net
from journey_analytics.mining.petri import Net, labels
from journey_analytics.planned.declared import DeclaredPlan
from journey_analytics.planned.rows import EITHER, PlanRow, label, read_rows, relabelled, rows_tree

TABLE_SUFFIX: Final = ".csv"


@dataclass(frozen=True)
class PlannedLabel:
    """What a plan says about one of its labels; null where it does not say.

    Attributes:
        place: where it is listed, from 0: as in the table, else by name.
        stage: of its first row.
        is_optional: whether it may be left out everywhere.
        order: of its rows; null where they have several, or the plan is no table.
    """

    place: int
    stage: str | None = None
    is_optional: bool | None = None
    order: int | None = None


@dataclass(frozen=True)
class Plan:
    """A planned journey.

    Attributes:
        name: of the [[planned]] journey.
        level: `stage` or `activity`: what its labels are.
        net: whose labelled transitions are the planned touchpoints.
        labels: what the plan says about each; an alternative `a|b` is one label.
        renamed: the label for each activity that stands among alternatives.
        ignore: activities that are looked over.
    """

    name: str
    level: str
    net: Net
    labels: Mapping[str, PlannedLabel]
    renamed: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()

    @property
    def activities(self) -> Mapping[str, str]:
        """Every planned activity (or stage) by its own name, with its label; alternatives one by one."""
        return {part: name for name in self.labels for part in (name.split(EITHER) if name in self._merged else [name])}

    @property
    def _merged(self) -> set[str]:
        return set(self.renamed.values())


def read_plan(declared: DeclaredPlan) -> Plan:
    """Read the file of a planned journey.

    Raises:
        ConfigurationError: the file cannot be read or is at fault; its labels are not of the level that is given; or it
            plans what it also ignores. The message names the file, what was expected and what to do.
    """
    if declared.file.suffix == TABLE_SUFFIX:
        return _checked(_of_rows(declared, read_rows(declared.file)), declared)
    net = read_net(declared.file)
    names = sorted(labels(net))
    level = declared.level or _level(names)
    stages = {name: name for name in names} if level == "stage" else {}
    found = {name: PlannedLabel(place, stages.get(name)) for place, name in enumerate(names)}
    return _checked(Plan(declared.name, level, net, found, ignore=declared.ignore), declared)


def _of_rows(declared: DeclaredPlan, rows: Sequence[PlanRow]) -> Plan:
    return Plan(
        name=declared.name,
        level=declared.level or _level([label(row) for row in rows]),
        net=net_of(rows_tree(rows)),
        labels=_row_labels(rows),
        renamed=relabelled(rows),
        ignore=declared.ignore,
    )


def _row_labels(rows: Sequence[PlanRow]) -> dict[str, PlannedLabel]:
    found: dict[str, PlannedLabel] = {}
    for row in rows:
        first = PlannedLabel(len(found), row.stage or None, is_optional=True, order=row.order)
        known = found.get(label(row), first)
        is_optional = bool(known.is_optional and row.is_optional)
        order = row.order if known.order == row.order else None
        found[label(row)] = PlannedLabel(known.place, known.stage, is_optional=is_optional, order=order)
    return found


def _level(names: Sequence[str]) -> str:
    return "stage" if set(names) <= set(STAGES) else "activity"


def _checked(plan: Plan, declared: DeclaredPlan) -> Plan:
    planned = set(plan.activities)
    if plan.level == "stage" and not planned <= set(STAGES):
        strange = min(planned - set(STAGES))
        raise ConfigurationError(
            f"{declared.file}: level is stage, and {strange!r} is none; {nearest(strange, STAGES)}, or write "
            'level = "activity"'
        )
    for name in declared.ignore:
        if name in planned:
            raise ConfigurationError(
                f"[[planned]] {declared.name}: {name!r} is ignored, and {declared.file} plans it; take it out of one"
            )
    return plan
