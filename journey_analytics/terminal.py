"""What a person sees in the terminal: tables, findings, progress. It reads nothing from the database."""

import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from io import StringIO
from typing import Any

import polars as pl
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from journey_analytics.config import Config
from journey_analytics.run import RunSummary

_WIDTH = 160
"""Columns of the output when it goes to a file or a pipe."""
_NARROWEST = 100


def table(rows: Sequence[Mapping[str, Any]], *, title: str | None = None) -> str:
    """Rows as an aligned table, columns in the order of the first row; numbers right-aligned."""
    shown = Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column, value in rows[0].items():
        is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
        title = column.replace("_", " ")
        is_fixed = is_number or isinstance(value, datetime) or column.endswith("_id")
        shown.add_column(title, justify="right" if is_number else "left", overflow="fold", no_wrap=is_fixed)
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
    if isinstance(value, float | Decimal):
        return f"{value:,.2f}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return _inert(str(value))


def _inert(text: str) -> str:
    """Control characters of logged text must not steer the terminal, nor brackets its styles."""
    return "".join(char if char.isprintable() else "�" for char in text).replace("[", r"\[")


def _rendered(renderable: Table) -> str:
    target = StringIO()
    width = max(_NARROWEST, shutil.get_terminal_size((_WIDTH, 24)).columns)
    Console(file=target, width=width, no_color=True).print(renderable)
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


def warnings_text(summary: RunSummary) -> str:
    """What the run warns of, a line each; empty when there is nothing."""
    return "".join(f"warning: {_inert(text)}\n" for text in summary.warnings)


def found_text(config: Config, summary: RunSummary, dropoff: pl.DataFrame) -> str:
    """What a run found and where to look, for a person."""
    return "\n\n".join([_loaded(summary), _lost(summary, dropoff), _where(config, summary)])


def _loaded(summary: RunSummary) -> str:
    if not summary.rebuilt:
        return "nothing new: the tables of the last run stay"
    is_new = any(file.load_id is not None for file in summary.load.files)
    return str(summary.load) if is_new else "no new file; the tables were rebuilt"


def _lost(summary: RunSummary, dropoff: pl.DataFrame) -> str:
    title = f"Lost at each stage, as of {summary.cutoff:%Y-%m-%d %H:%M} UTC (journeys; shares with 95 % intervals)"
    if not dropoff.height:
        return "no journey has entered a stage yet"
    return table([dropoff_cells(row) for row in dropoff.to_dicts()], title=title)


def dropoff_cells(row: Mapping[str, Any]) -> dict[str, Any]:
    """One row of `mart.stage_dropoff` as people read it: counts of journeys, shares in % with their 95 % interval."""
    return {
        "stage": row["stage"],
        "window": f"{row['window_days']:.0f} days",
        "entered": row["entered_count"],
        "advanced": row["advanced_count"],
        "dropped": row["dropped_count"],
        "still open": row["open_count"],
        "lost, estimated": _interval(row, "estimated"),
        "lost, windows over": _interval(row, "observed"),
    }


def _interval(row: Mapping[str, Any], kind: str) -> str:
    share, low, high = (row[f"{kind}_{part}_share"] for part in ("dropoff", "low", "high"))
    return "–" if share is None else f"{100 * share:.1f} % ({100 * low:.1f}–{100 * high:.1f})"


def _where(config: Config, summary: RunSummary) -> str:
    return (
        f"report     {summary.report}\n"
        f"tables     {config.published}\n"
        f"rejected   journey rejected --config {config.file}\n"
        f"one person journey explain EMAIL_OR_ID --config {config.file}"
    )


def summary_dict(config: Config, summary: RunSummary, dropoff: pl.DataFrame) -> dict[str, Any]:
    """What `found_text` says, for a machine."""
    load = summary.load
    return {
        "cutoff_at": summary.cutoff.isoformat(),
        "rebuilt": summary.rebuilt,
        "read_count": load.read_count,
        "accepted_count": load.accepted_count,
        "duplicate_count": load.duplicate_count,
        "rejected_count": load.rejected_count,
        "warnings": list(summary.warnings),
        "report": str(summary.report),
        "published": str(config.published),
        "stage_dropoff": dropoff.to_dicts(),
        "step_seconds": summary.step_seconds,
    }


def explanation(customers: Sequence[Mapping[str, Any]]) -> str:
    """Customers with their identities, journeys and timeline, as `answers.explain_customer` returns them."""
    return "\n\n".join(_explained(customer) for customer in customers)


def _explained(customer: Mapping[str, Any]) -> str:
    parts = [f"customer {customer['customer_id']}"]
    parts += [table(customer[part], title=part) for part in ("identities", "journeys") if customer[part]]
    timeline = [_timeline_cells(row) for row in customer["touchpoints"]]
    return "\n\n".join([*parts, *([table(timeline, title="touchpoints (UTC)")] if timeline else [])])


def _timeline_cells(row: Mapping[str, Any]) -> dict[str, Any]:
    money = "" if row["amount"] is None else f"{row['amount']:,.2f} {row['currency'] or ''}"
    return {
        "occurred_at": row["occurred_at"],
        "source": row["source"],
        "activity": row["activity"],
        "channel": row["channel"],
        "stage": row["stage"],
        "why": f"{row['stage_rule'] or 'no rule'}: {row['why'] or '–'} ({row['stage_confidence']:.2f})",
        "journey": row["journey_id"][:8],
        "amount": money,
    }
