"""Who may import what: the plan of the house as a table, read from the sources without importing them."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOUSE = "journey_analytics"

ONLY_IN = {
    "duckdb": ("warehouse",),
    "pm4py": ("mining",),
    "r4pm": ("mining",),
    "plotly": ("report", "dashboard"),
    "dash": ("dashboard",),
    "flask": ("dashboard",),
    "flask_httpauth": ("dashboard",),
    "waitress": ("dashboard",),
    "kaleido": ("report.images",),
    "typer": ("cli", "commands"),
    "rich": ("cli", "terminal", "evaluate.text"),
    "prefect": ("pipelines",),
    "xlsxwriter": ("journey_map.sheet",),
    "pandas": (),
    "numpy": ("personas",),
    "scipy": ("personas",),
    "sklearn": ("personas",),
    "threadpoolctl": ("personas",),
}
"""A library and the parts of the house that alone may import it."""

ONLY_THIS_OF = {"plotly": ("plotly.graph_objects", "plotly.offline")}
"""Of these libraries, nothing but these modules: the rest is slow to import, or needs what we do not install."""

INSIDE_FUNCTIONS = ("numpy", "scipy", "sklearn", "threadpoolctl", "xlsxwriter", "pm4py", "r4pm")
"""Slow to import, or optional: only when they are needed."""

MAY_IMPORT = {
    "errors": (),
    "language": ("errors",),
    "contract": (),
    "config": ("errors", "contract", "funnel", "planned"),
    "funnel": ("polars", "errors", "contract", "dropoff", "intervals", "warehouse", "instants", "funnel"),
    "funnel.definition": ("errors", "contract", "instants"),
    "funnel.declared": ("errors", "funnel"),
    "funnel.words": ("funnel",),
    "funnel.timing": ("polars", "instants", "funnel"),
    "funnel.instead": ("polars", "funnel"),
    "funnel.shares": ("polars", "dropoff", "intervals"),
    "funnel.attempt_rows": ("polars", "config", "errors", "warehouse", "settings", "funnel"),
    "funnel.result": ("polars", "config", "errors", "warehouse", "settings", "cutoff", "funnel"),
    "funnel.text": ("polars", "terminal", "funnel"),
    "instants": (),
    "settings": ("errors", "warehouse"),
    "cutoff": ("polars", "errors", "warehouse"),
    "intervals": ("polars",),
    "discovery": ("polars",),
    "drivers": ("polars", "contract", "discovery", "intervals", "drivers"),
    "drivers.step": ("polars", "contract", "dropoff", "entrants", "warehouse", "instants", "settings", "drivers"),
    "drivers.text": ("contract", "errors", "terminal", "warehouse", "drivers"),
    "dropoff": ("polars", "errors", "contract", "config", "intervals", "incidence", "instants"),
    "incidence": ("polars", "instants"),
    "entrants": ("polars", "warehouse", "build", "errors", "segment_rules", "settings"),
    "stage_exit": ("polars", "dropoff"),
    "stage_reach": ("polars", "contract", "dropoff", "instants"),
    "segment_rules": ("polars", "errors", "rule_cells"),
    "rule_cells": ("polars", "errors"),
    "rule_tables": (
        "polars",
        "errors",
        "rule_cells",
        "segment_rules",
        "sequence",
        "change",
        "attribution",
        "feelings",
        "voice",
        "personas",
        "process_rules",
    ),
    "personas": ("polars", "errors", "intervals", "numpy", "scipy", "sklearn", "threadpoolctl", "personas"),
    "personas.rules": ("polars", "rule_cells", "personas"),
    "personas.words": ("language",),
    "personas.step": ("polars", "build", "errors", "instants", "warehouse", "numpy", "personas"),
    "personas.card_step": ("polars", "settings", "warehouse", "personas"),
    "personas.answers": ("config", "errors", "warehouse"),
    "personas.text": ("terminal",),
    "process_rules": ("polars", "errors", "rule_cells", "process_rules"),
    "process_rules.answers": ("polars", "config", "errors", "warehouse", "process_rules"),
    "process_rules.text": ("polars", "errors", "terminal", "process_rules"),
    "voice": ("polars", "intervals", "voice"),
    "voice.rules": ("polars", "rule_cells"),
    "voice.shown": ("polars", "warehouse", "disclosure"),
    "voice.step": ("polars", "settings", "warehouse", "voice"),
    "voice.answers": ("config", "contract", "errors", "warehouse"),
    "voice.text": ("terminal",),
    "report.voice": ("polars", "contract", "language", "voice", "report"),
    "feelings": ("feelings",),
    "feelings.rules": ("polars", "rule_cells"),
    "feelings.estimates": ("polars", "intervals", "disclosure"),
    "feelings.step": ("warehouse", "settings", "feelings"),
    "feelings.answers": ("config", "contract", "errors", "warehouse", "feelings"),
    "feelings.text": ("terminal", "feelings"),
    "report.feelings": ("polars", "contract", "feelings", "report"),
    "journey_map": ("polars", "contract", "instants", "warehouse", "journey_map"),
    "journey_map.lanes": ("polars",),
    "journey_map.statements": ("warehouse", "journey_map"),
    "journey_map.persona_drivers": (
        "polars",
        "contract",
        "drivers",
        "dropoff",
        "instants",
        "settings",
        "warehouse",
    ),
    "journey_map.answers": ("polars", "config", "errors", "warehouse", "journey_map"),
    "journey_map.text": ("polars", "contract", "journey_map", "report"),
    "journey_map.sheet": ("polars", "contract", "errors", "language", "journey_map", "report", "xlsxwriter"),
    "journey_map.exports": ("errors", "language", "journey_map", "report"),
    "rework": ("rework",),
    "rework.answers": ("config", "errors", "warehouse", "rework"),
    "rework.text": ("terminal", "rework"),
    "report.figures.journey_map": ("polars", "plotly", "contract", "language", "journey_map", "report"),
    "report.figures.journey_map_cells": ("plotly", "language", "journey_map", "report"),
    "report.figures.journey_map_curve": ("plotly", "contract", "language", "journey_map", "report"),
    "report.journey_map": ("polars", "contract", "language", "journey_map", "report"),
    "report.journey_map_tables": ("polars", "journey_map"),
    "report.journey_map_words": ("polars", "language", "journey_map", "personas", "report"),
    "report.journey_map_page": ("polars", "plotly", "language", "journey_map", "report"),
    "report.personas": ("polars", "language", "personas", "report"),
    "report.figures.personas": ("polars", "plotly", "language", "personas", "report"),
    "report.rules": ("polars", "process_rules", "report"),
    "report.rework": ("polars", "rework", "report"),
    "attribution": ("polars", "dropoff", "attribution"),
    "attribution.step": ("polars", "warehouse", "dropoff", "errors", "instants", "settings", "attribution"),
    "attribution.answers": ("warehouse", "config", "errors", "attribution"),
    "attribution.text": ("terminal", "attribution"),
    "change": ("polars", "errors", "contract", "rule_cells", "intervals", "discovery", "instants", "change"),
    "change.step": ("polars", "warehouse", "entrants", "dropoff", "settings", "change"),
    "change.answers": ("polars", "warehouse", "config", "settings", "change"),
    "change.text": ("polars", "terminal", "change"),
    "sequence": ("polars", "errors", "contract", "config", "rule_cells", "instants", "sequence"),
    "suggestion": ("polars", "errors", "contract", "suggestion"),
    "suggestion.step": ("polars", "warehouse", "sequence", "contract", "settings", "suggestion"),
    "sensitivity.grid": ("sequence",),
    "sensitivity.stitching": (),
    "sensitivity.following": ("polars", "contract", "sequence", "sensitivity"),
    "sensitivity.ranges": ("polars", "contract", "sensitivity"),
    "sensitivity.text": ("polars", "terminal", "sensitivity"),
    "simulate": ("errors", "contract", "config", "simulate"),
    "sources": ("polars", "pyarrow", "errors", "contract", "config", "sources"),
    "evaluate": ("polars", "rich", "errors", "contract", "config", "dropoff", "evaluate"),
    "evaluate.feelings": ("polars", "intervals"),
    "evaluate.observed": ("polars", "errors", "entrants", "cutoff", "settings"),
    "audit.allocation": ("polars",),
    "audit.judgement": ("polars", "errors", "audit"),
    "audit.precision": ("polars", "intervals", "audit"),
    "audit.sheet": ("errors",),
    "report": ("polars", "plotly", "errors", "contract", "config", "instants", "language", "report"),
    "report.frames": ("polars", "warehouse", "errors", "contract", "report"),
    "report.selected_frames": ("polars", "errors", "warehouse", "report"),
    "report.cube_frames": (
        "polars",
        "contract",
        "dropoff",
        "selecting",
        "stage_exit",
        "stage_reach",
        "warehouse",
        "report",
    ),
    "report.few_customers": ("polars", "contract", "warehouse", "report"),
    "report.segment_words": ("polars", "personas", "report"),
    "report.computed_frames": (
        "polars",
        "contract",
        "cutoff",
        "dropoff",
        "paths",
        "selecting",
        "settings",
        "stage_exit",
        "stage_reach",
        "warehouse",
        "report",
    ),
    "report.example_journeys": ("polars", "contract", "errors", "warehouse", "report"),
    "selecting": ("polars", "contract", "dropoff", "incidence", "instants", "stage_exit", "selecting"),
    "selecting.step": ("polars", "dropoff", "stage_reach", "warehouse", "selecting"),
    "report.attribution": ("polars", "attribution", "report"),
    "report.changes": ("polars", "change", "report"),
    "report.drivers": ("polars", "contract", "drivers", "report"),
    "report.map_shares": ("polars", "intervals", "report"),
    "report.planned": ("polars", "contract", "planned", "report"),
    "report.figures.step_flow": ("polars", "plotly", "contract", "paths", "report"),
    "report.figures.step_layout": ("polars", "contract", "paths", "report"),
    "report.step_section": ("polars", "contract", "paths", "report"),
    "report.wins": ("polars", "opportunity", "report"),
    "report.overview": ("polars", "opportunity", "report"),
    "report.overview_actions": ("polars", "drivers", "report"),
    "report.paths": ("polars", "paths", "report"),
    "report.figures.path_tree": ("polars", "plotly", "paths", "report"),
    "report.figures.paths": ("plotly", "report"),
    "report.figures.attribution": ("plotly", "attribution", "report"),
    "report.figures.planned": ("plotly", "planned", "report"),
    "report.figures.rework": ("plotly", "rework", "report"),
    "report.figures.rules": ("plotly", "process_rules", "report"),
    "mining": ("polars", "pm4py", "r4pm", "errors", "contract", "config", "mining"),
    "mining.answers": ("config", "errors", "warehouse", "paths", "mining"),
    "mining.model": ("polars", "warehouse", "paths", "settings", "mining"),
    "mining.variant_log": ("polars", "contract", "errors", "warehouse", "paths", "mining"),
    "warehouse": ("duckdb", "polars", "pyarrow", "errors", "contract", "config"),
    "build": ("polars", "errors", "contract", "config", "rule_cells", "warehouse"),
    "paths": ("polars", "errors", "contract", "warehouse", "intervals", "settings", "paths"),
    "paths.selection": ("errors", "warehouse"),
    "paths.links": ("polars", "contract", "errors", "warehouse", "paths"),
    "paths.link_shares": ("polars", "contract", "intervals"),
    "paths.settled": ("errors", "warehouse"),
    "paths.link_answer": ("polars", "config", "errors", "warehouse", "settings", "paths"),
    "paths.link_text": ("contract", "terminal", "paths"),
    "paths.words": ("contract",),
    "paths.tree": ("polars", "intervals"),
    "paths.branches": ("polars",),
    "paths.variant_answer": ("polars", "config", "warehouse", "paths"),
    "paths.variant_text": ("polars", "terminal", "paths"),
    "paths.anchor": ("errors", "contract"),
    "paths.step_links": ("polars", "contract"),
    "paths.step_answer": ("polars", "config", "warehouse", "settings", "paths"),
    "paths.step_text": ("polars", "contract", "terminal", "paths"),
    "opportunity": ("polars", "contract", "intervals", "instants", "opportunity"),
    "opportunity.answer": ("config", "errors", "warehouse"),
    "opportunity.step": ("polars", "warehouse", "entrants", "settings", "opportunity"),
    "planned": ("polars", "errors", "contract", "intervals", "mining", "planned"),
    "planned.declared": ("errors",),
    "planned.log": ("polars", "warehouse"),
    "planned.step": ("polars", "warehouse", "mining", "settings", "planned"),
    "planned.answers": ("polars", "config", "errors", "warehouse", "paths", "planned"),
    "planned.text": ("terminal", "planned"),
    "exchange": ("pyarrow", "errors", "config", "warehouse", "publish", "paths", "exchange"),
    "exchange.log": ("polars", "errors", "config", "load", "sources"),
    "exchange.importing": ("errors", "config", "build", "sequence", "exchange"),
    "report.images": ("plotly", "errors", "kaleido"),
    "dashboard": ("polars", "plotly", "contract", "errors", "language", "warehouse", "report", "dashboard"),
    "dashboard.pages": ("polars", "errors", "language", "selecting", "warehouse", "report", "dashboard"),
    "dashboard.server": ("config", "errors", "language", "dashboard"),
    "pipelines": ("prefect", "pipelines", HOUSE),
}
"""All that a part may import besides the standard library. A module named with its part has a row of its own: it is the
one that reads or writes the warehouse for an otherwise pure part."""

EVERYBODY_MAY = ("language",)
"""Pure, and on its own level: whatever writes a text for people says it through the language of the page."""

AT_THE_TOP_OF_CLI = ("typer", "errors", "commands")
"""`journey --help` must not wait for anything else."""


@dataclass(frozen=True)
class Import:
    """One import of one file: the whole dotted name, and where the file stands, e.g. `sequence.kernel`."""

    part: str
    name: str
    line: int
    in_function: bool

    @property
    def library(self) -> str:
        return self.name.split(".")[0]

    @property
    def room(self) -> str:
        """For one of our own, the first name below the package; for others, the library."""
        return self.name.split(".")[1] if self.is_ours and "." in self.name else self.library

    @property
    def is_ours(self) -> bool:
        return self.library == HOUSE

    @property
    def is_standard(self) -> bool:
        return self.library in sys.stdlib_module_names


def imports_of(source: str, part: str) -> Iterator[Import]:
    """Every import of a file except those for type checkers alone."""
    yield from _walk(ast.parse(source), part, in_function=False)


def _walk(node: ast.AST, part: str, *, in_function: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        for name in _names(child):
            yield Import(part, name, child.lineno, in_function)  # type: ignore[attr-defined]
        is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from _walk(child, part, in_function=in_function or is_function)


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute"
        module = node.module or ""
        return [f"{module}.{alias.name}" if module == HOUSE else module for alias in node.names]
    return []


def faults_of(found: Import) -> Iterator[str]:
    """The rules that an import breaks, in words."""
    if found.is_standard:
        return
    homes = ONLY_IN.get(found.library)
    if homes is not None and not any(_is_in(found.part, home) for home in homes):
        yield f"{found.library} belongs in {' and '.join(homes) or 'no part of the house'}"
    only = ONLY_THIS_OF.get(found.library)
    if only and not any(_is_in(found.name, module) for module in only):
        yield f"of {found.library} only {' and '.join(only)}"
    if any(_is_in(found.name, module) for module in INSIDE_FUNCTIONS) and not found.in_function:
        yield f"{found.name} is imported inside functions"
    if (
        found.part.split(".")[0] in ("cli", "commands")
        and not found.in_function
        and found.room not in AT_THE_TOP_OF_CLI
    ):
        yield "cli imports it inside the command"
    if not found.part.startswith("pipelines") and found.library == "pipelines":
        yield "the library runs without pipelines"
    allowed = MAY_IMPORT.get(found.part, MAY_IMPORT.get(found.part.split(".")[0]))
    if allowed is not None and not {found.room, found.library} & {*allowed, *EVERYBODY_MAY}:
        yield f"{found.part} may import {', '.join(allowed) or 'the standard library alone'}"


def _is_in(name: str, place: str) -> bool:
    return name == place or name.startswith(f"{place}.")


def files() -> list[tuple[str, Path]]:
    """Every Python file of the house with its part."""
    ours = [(path.relative_to(ROOT / HOUSE), path) for path in (ROOT / HOUSE).rglob("*.py")]
    flows = [(path.relative_to(ROOT), path) for path in (ROOT / "pipelines").rglob("*.py")]
    return sorted(
        (".".join(relative.with_suffix("").parts).removesuffix(".__init__"), path) for relative, path in ours + flows
    )


def test_every_import_keeps_the_rules():
    broken = [
        f"{path.relative_to(ROOT)}:{found.line} imports {found.name}: {fault}"
        for part, path in files()
        for found in imports_of(path.read_text(encoding="utf-8"), part)
        for fault in faults_of(found)
    ]
    assert not broken, "\n".join(broken)


def test_the_table_names_parts_that_exist():
    parts = {part for part, _ in files()}
    homes = {home for listed in ONLY_IN.values() for home in listed}
    assert set(MAY_IMPORT) | homes <= parts | {part.split(".")[0] for part in parts}


@pytest.mark.parametrize(
    ("part", "source"),
    [
        ("report.page", "import duckdb"),
        ("sequence.kernel", "def cut():\n    from journey_analytics.warehouse import open_memory"),
        ("sequence.kernel", "from journey_analytics import warehouse"),
        ("report.figures", "from journey_analytics.warehouse import Warehouse"),
        ("dropoff", "import plotly.graph_objects as go"),
        ("report.figures", "import plotly.express as px"),
        ("mining.miners", "import pm4py"),
        ("cli", "import polars as pl"),
        ("commands.stage", "import polars as pl"),
        ("config", "import polars"),
        ("run", "import pandas as pd"),
        ("run", "from pipelines.nightly import nightly"),
        ("pipelines.nightly", "import polars as pl"),
        ("evaluate.evaluation", "from journey_analytics.warehouse import Warehouse"),
    ],
)
def test_a_forbidden_import_is_found(part, source):
    assert [fault for found in imports_of(source, part) for fault in faults_of(found)]


@pytest.mark.parametrize(
    ("part", "source"),
    [
        ("warehouse", "import duckdb"),
        ("mining.miners", "def discover():\n    import pm4py"),
        ("cli", "def run():\n    from journey_analytics import run as job"),
        ("evaluate.evaluation", "if TYPE_CHECKING:\n    from journey_analytics.warehouse import Warehouse"),
        ("config", "import tomllib"),
        ("report.figures", "import plotly.graph_objects as go"),
        ("pipelines.nightly", "from journey_analytics import run as job"),
    ],
)
def test_an_allowed_import_passes(part, source):
    assert not [fault for found in imports_of(source, part) for fault in faults_of(found)]
