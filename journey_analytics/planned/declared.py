"""`[[planned]]` tables of `journey.toml` → the planned journeys that were declared, checked.

Pure: standard library only. All faults of a table are found, not the first alone.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from journey_analytics.errors import nearest

LEVELS: Final = ("stage", "activity")
FORMATS: Final = (".csv", ".bpmn", ".pnml", ".ptree", ".txt")
"""How the file of a planned journey may end: a table, two kinds of models, or the text of a process tree."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_]*")
_KEYS: Final[Mapping[str, tuple[type, ...]]] = {"name": (str,), "file": (str,), "level": (str,), "ignore": (list,)}
_EXPECTED: Final = {str: "text", list: "a list of activities"}


@dataclass(frozen=True)
class DeclaredPlan:
    """A planned journey as the configuration names it; its file has not been read.

    Attributes:
        name: lower-case letters, digits and underscores.
        file: absolute.
        level: `stage` or `activity`; None: whichever the labels in the file are.
        ignore: activities (or stages) that the plan says nothing about: they are no deviation.
    """

    name: str
    file: Path
    level: str | None = None
    ignore: tuple[str, ...] = ()


def declared_plans(tables: object, add: Callable[[str], None], *, root: Path) -> tuple[DeclaredPlan, ...]:
    """The plans of `[[planned]]` tables, their files relative to `root`; `add` is called with each fault."""
    listed = tables if isinstance(tables, list) else []
    found = [_declared(number, table, add, root) for number, table in enumerate(listed, 1)]
    names = [plan.name for plan in found if plan]
    for name in sorted({name for name in names if names.count(name) > 1}):
        add(f"two planned journeys are called {name!r}; give each its own name")
    return tuple(plan for plan in found if plan)


def _declared(number: int, table: object, add: Callable[[str], None], root: Path) -> DeclaredPlan | None:
    if not isinstance(table, dict):
        add(f"planned {number} is {table!r}; expected a table written as [[planned]]")
        return None
    faults = [*_key_faults(table)] or [*_value_faults(table)]
    for fault in faults:
        add(f"[[planned]] {table.get('name') or f'number {number}'}: {fault}")
    if faults:
        return None
    return DeclaredPlan(table["name"], root / table["file"], table.get("level"), tuple(table.get("ignore", ())))


def _key_faults(table: Mapping[str, Any]) -> Iterator[str]:
    for key, value in table.items():
        if key not in _KEYS:
            yield f"unknown key {key!r}; {nearest(key, _KEYS)}"
        elif type(value) not in _KEYS[key]:
            yield f"{key} is {value!r}; expected {_EXPECTED[_KEYS[key][0]]}"
    for key in ("name", "file"):
        if not table.get(key):
            yield f"{key} is missing; expected text"


def _value_faults(table: Mapping[str, Any]) -> Iterator[str]:
    if not _NAME.fullmatch(table["name"]):
        yield f"name {table['name']!r}; expected lower-case letters, digits and underscores"
    if Path(table["file"]).suffix not in FORMATS:
        yield f"file {table['file']!r}; expected one that ends in {', '.join(FORMATS)}"
    if table.get("level", LEVELS[0]) not in LEVELS:
        yield f"level is {table['level']!r}; expected stage or activity"
    for value in table.get("ignore", ()):
        if not isinstance(value, str) or not value:
            yield f"ignore holds {value!r}; expected the name of an activity"


def plans_digest(plans: Sequence[DeclaredPlan]) -> str:
    """Changes with what is declared and with the content of a file; one that cannot be read has none."""
    found = hashlib.sha256()
    for plan in plans:
        found.update(repr((plan.name, plan.level, plan.ignore, plan.file.suffix)).encode())
        found.update(plan.file.read_bytes() if plan.file.is_file() else b"")
        found.update(b"\x1e")
    return found.hexdigest()
