"""A planned journey as a table, `stage,touchpoint,order,optional,repeats` → a process tree.

Pure: standard library and the tree.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

from journey_analytics.contract import STAGES, UNKNOWN
from journey_analytics.errors import ConfigurationError, nearest
from journey_analytics.mining.tree import CHOICE, LOOP, PARALLEL, SEQUENCE, Tree, operator_tree

COLUMNS: Final = ("stage", "touchpoint", "order", "optional", "repeats")
EITHER: Final = "|"
MOST_AT_ONCE: Final = 6
"""Touchpoints of one order that are not both optional and repeated: six may come in 720 orders."""

_ANSWERS: Final = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False, "": False}


@dataclass(frozen=True)
class PlanRow:
    """One planned touchpoint.

    Attributes:
        line: its number in the file, the header being 1.
        stage: one of the stages, or empty.
        touchpoint: an activity, or several of which any will do: `order_completed|order_placed`; in a plan of stages
            the stage.
        order: its place; touchpoints of one order come in any order among themselves.
        is_optional: whether it may be left out.
        may_repeat: whether it may come again before the next order.
    """

    line: int
    stage: str
    touchpoint: str
    order: int
    is_optional: bool
    may_repeat: bool


def read_rows(file: Path) -> tuple[PlanRow, ...]:
    """The rows of a planned journey, by order, then by line.

    Raises:
        ConfigurationError: the file cannot be read, has no rows, lacks or mistakes a column, or has a cell that is not
            as expected; all faults at once, each with its line.
    """
    lines = _lines(file)
    faults = _header_faults(lines[0][1] if lines else [])
    rows = [] if faults else [_row(line, cells, lines[0][1], faults) for line, cells in lines[1:]]
    if not faults and not rows:
        faults.append("it has no rows below its header; write one for each planned touchpoint")
    faults = faults or list(_row_faults(rows))
    if faults:
        raise ConfigurationError("\n  ".join([f"{file} is no planned journey:", *faults]))
    return tuple(sorted(rows, key=lambda row: (row.order, row.line)))


def _lines(file: Path) -> list[tuple[int, list[str]]]:
    """Lines with their number, cells stripped; blank ones are no rows."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            reader = csv.reader(opened, strict=True)
            return [
                (reader.line_num, [cell.strip() for cell in cells]) for cells in reader if any(map(str.strip, cells))
            ]
    except FileNotFoundError:
        raise ConfigurationError(f"{file} does not exist: the file of a [[planned]] journey in journey.toml") from None
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} is no CSV file in UTF-8: {error}") from error


def _header_faults(header: Sequence[str]) -> list[str]:
    faults = [f"unknown column {name!r}; {nearest(name, COLUMNS)}" for name in header if name not in COLUMNS]
    faults += [f"column {name!r} stands twice" for name in COLUMNS if header.count(name) > 1]
    if "order" not in header:
        faults.append("column 'order' is missing; expected a whole number in every row")
    if not {"touchpoint", "stage"} & set(header):
        faults.append(
            "column 'touchpoint' is missing; expected an activity in every row (or 'stage', for a plan of them)"
        )
    return faults


def _row(line: int, cells: Sequence[str], header: Sequence[str], faults: list[str]) -> PlanRow:
    if len(cells) != len(header):
        faults.append(f"line {line}: {len(cells)} cells; expected {len(header)}: {','.join(header)}")
    found = {**dict.fromkeys(COLUMNS, ""), **dict(zip(header, cells, strict=False))}
    if found["stage"] not in ("", UNKNOWN, *STAGES):
        faults.append(f"line {line}: stage {found['stage']!r}; {nearest(found['stage'], STAGES)}")
    if not found["order"].isascii() or not found["order"].isdigit():
        faults.append(f"line {line}: order {found['order']!r}; expected a whole number such as 1")
    mistaken = [column for column in ("optional", "repeats") if found[column].lower() not in _ANSWERS]
    faults.extend(f"line {line}: {column} {found[column]!r}; expected yes or no" for column in mistaken)
    return PlanRow(
        line=line,
        stage=found["stage"],
        touchpoint=_either(found["touchpoint"]),
        order=int(found["order"]) if found["order"].isascii() and found["order"].isdigit() else 0,
        is_optional=_ANSWERS.get(found["optional"].lower(), False),
        may_repeat=_ANSWERS.get(found["repeats"].lower(), False),
    )


def _either(touchpoint: str) -> str:
    """Alternatives in one spelling, whatever their order in the cell."""
    return EITHER.join(sorted({part.strip() for part in touchpoint.split(EITHER)} - {""}))


def _row_faults(rows: Sequence[PlanRow]) -> Iterator[str]:
    """What is wrong with rows that are right by themselves."""
    if any(row.touchpoint for row in rows):
        yield from (
            f"line {row.line}: touchpoint is missing; expected an activity" for row in rows if not row.touchpoint
        )
    else:
        yield from (f"line {row.line}: neither stage nor touchpoint is given" for row in rows if not row.stage)
    yield from _shared_alternatives(rows)
    for order, group in _by_order(rows):
        labels = [label(row) for row in group]
        yield from (f"order {order}: {name!r} stands twice" for name in sorted(set(labels)) if labels.count(name) > 1)
        strict = sum(not (row.is_optional and row.may_repeat) for row in group)
        if strict > MOST_AT_ONCE:
            yield (
                f"order {order} has {strict} touchpoints in any order; expected at most {MOST_AT_ONCE} that are not "
                "both optional and repeated: give some of them an order of their own"
            )


def _shared_alternatives(rows: Sequence[PlanRow]) -> Iterator[str]:
    """An activity stands for one touchpoint of the plan, or nobody could tell which of them happened."""
    seen: dict[str, str] = {}
    for row in rows:
        for activity in row.touchpoint.split(EITHER):
            if seen.setdefault(activity, row.touchpoint) != row.touchpoint:
                yield (
                    f"line {row.line}: {activity!r} stands in {seen[activity]!r} and in {row.touchpoint!r}; give it "
                    "the same alternatives everywhere"
                )


def _by_order(rows: Sequence[PlanRow]) -> Iterator[tuple[int, list[PlanRow]]]:
    ordered = sorted(rows, key=lambda row: (row.order, row.line))
    for order, group in groupby(ordered, key=lambda row: row.order):
        yield order, list(group)


def label(row: PlanRow) -> str:
    """What the row is called in the plan: its touchpoint, in a plan of stages its stage."""
    return row.touchpoint or row.stage


def relabelled(rows: Sequence[PlanRow]) -> Mapping[str, str]:
    """The label of the plan for each activity that stands among alternatives."""
    return {
        activity: row.touchpoint
        for row in rows
        if EITHER in row.touchpoint
        for activity in row.touchpoint.split(EITHER)
    }


def rows_tree(rows: Sequence[PlanRow]) -> Tree:
    """The rows as a process tree: orders one after the other, the touchpoints of one order in any order."""
    parts = [_at_once(group) for _, group in _by_order(rows)]
    return parts[0] if len(parts) == 1 else operator_tree(SEQUENCE, parts)


def _at_once(group: Sequence[PlanRow]) -> Tree:
    """Those that may come any number of times are one loop: the same journeys as side by side, and far fewer states."""
    free = [Tree(activity=label(row)) for row in group if row.is_optional and row.may_repeat]
    parts = [_leaf(row) for row in group if not (row.is_optional and row.may_repeat)]
    parts += [operator_tree(LOOP, [Tree(), *free])] if free else []
    return parts[0] if len(parts) == 1 else operator_tree(PARALLEL, parts)


def _leaf(row: PlanRow) -> Tree:
    leaf = Tree(activity=label(row))
    if row.may_repeat:
        leaf = operator_tree(LOOP, [leaf, Tree()])
    return operator_tree(CHOICE, [Tree(), leaf]) if row.is_optional else leaf
