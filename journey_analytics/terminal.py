"""What a person sees in the terminal: tables, findings, progress. It reads nothing from the database."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import StringIO
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

_WIDTH = 120


def table(rows: Sequence[Mapping[str, Any]], *, title: str | None = None) -> str:
    """Rows as an aligned table, columns in the order of the first row; numbers right-aligned."""
    shown = Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column, value in rows[0].items():
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        shown.add_column(column.replace("_", " "), justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        shown.add_row(*(_cell(value) for value in row.values()))
    return _rendered(shown)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return _inert(str(value))


def _inert(text: str) -> str:
    """Control characters of logged text must not steer the terminal, nor brackets its styles."""
    return "".join(char if char.isprintable() else "�" for char in text).replace("[", r"\[")


def _rendered(renderable: Table) -> str:
    target = StringIO()
    Console(file=target, width=_WIDTH, no_color=True).print(renderable)
    return "\n".join(line.rstrip() for line in target.getvalue().splitlines())


@contextmanager
def counting(label: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on stderr; call what it gives with (done, of how many)."""
    with _progress(BarColumn(), MofNCompleteColumn()) as bars:
        task = bars.add_task(label, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


@contextmanager
def naming_steps() -> Iterator[Callable[[str], None]]:
    """A spinner on stderr that names the step at work; call what it gives with the name of each step."""
    with _progress() as bars:
        task = bars.add_task("starting", total=None)
        yield lambda name: bars.update(task, description=name)


def _progress(*columns: Any) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        *columns,
        TimeElapsedColumn(),
        console=Console(file=sys.stderr),
        transient=True,
    )
