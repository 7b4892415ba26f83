"""What a person sees in the terminal: tables, findings, progress. It reads nothing from the database."""

import shutil
import sys
import textwrap
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
from journey_analytics.undo import Undone

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
    return _printable(text).replace("[", r"\[")


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "�" for char in text)


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
    """Nothing at all where nobody watches: in a log it would leave an empty line."""
    console = Console(file=sys.stderr)
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        *columns,
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_interactive,
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


def dropoff_text(rows: Sequence[Mapping[str, Any]], *, by: str | None) -> str:
    """Rows of `mart.stage_dropoff`, the whole and one breakdown, as a table; those not ranked are marked."""
    if not rows:
        return "no journey has entered a stage yet"
    broken_down = "" if by is None else f" by {_printable(by)}"
    title = f"Lost at each stage{broken_down}, as of {rows[0]['as_of_on']} (journeys; shares with 95 % intervals)"
    shown = [{"stage": row["stage"], "value": _marked(row), **dropoff_cells(row)} for row in rows]
    text = table(shown, title=title)
    return text if all(row["is_ranked"] for row in rows) else f"{text}\n\n{_NOT_RANKED}"


_NOT_RANKED = "* too few journeys entered, or too few could be watched long enough: not ranked"


def _marked(row: Mapping[str, Any]) -> str:
    name = "all journeys" if row["segment"] == "all" else row["segment_value"]
    return name if row["is_ranked"] else f"{name} *"


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


def link_explanation(found: Mapping[str, Any]) -> str:
    """Why two identities are one customer, or that they are not, as `answers.explain_link` returns it."""
    ends = [found["identity"], found["other"]]
    names = [_named(end["identity_type"], end["identity_value"]) for end in ends]
    stands = [_stands(name, end) for name, end in zip(names, ends, strict=True) if end["given_customer_id"]]
    head = "\n".join([*stands, " and ".join(names)])
    if not found["is_one_customer"]:
        return "\n".join([f"{head}\nare not one customer", *map(_holders, names, ends)])
    title = f"{head}\nare one customer: {', '.join(found['customer_ids'])}"
    return "\n\n".join([title, links_text(found["links"])]) if found["links"] else title


def _stands(name: str, end: Mapping[str, Any]) -> str:
    return f"{end['given_customer_id']} is the customer named by {name}"


def _named(kind: str, value: str) -> str:
    return _printable(f"{kind}:{value}")


def _holders(name: str, end: Mapping[str, Any]) -> str:
    why = f"quarantined as {end['quarantined_because']}" if end["quarantined_because"] else "in no event that counts"
    return f"  {name}: {', '.join(end['customer_ids']) or f'nobody, {why}'}"


def links_text(links: Sequence[Mapping[str, Any]]) -> str:
    """A chain of links: the identities below each other, between them the rule and the evidence."""
    first = links[0]
    lines = [_named(first["identity_type"], first["identity_value"])]
    for link in links:
        events = f"{link['event_count']:,} event{'s' if link['event_count'] != 1 else ''}"
        period = f"{link['first_seen_at']:%Y-%m-%d %H:%M} – {link['last_seen_at']:%Y-%m-%d %H:%M} UTC"
        example = _printable(f"{link['example_source']} {link['example_source_event_id']}")
        lines += [f"  │ {link['rule']}: {events}, {period}", f"  │ e.g. {example}"]
        lines += [_named(link["other_type"], link["other_value"])]
    return "\n".join(lines)


def undone_text(undone: Undone) -> str:
    """What an undo wrote, whom it concerns, and what still connects the two ends of a link."""
    what = [_named(end.identity_type, end.value) for end in (undone.identity, undone.other) if end is not None]
    name = what[0] if undone.other is None else f"the link {' – '.join(what)}"
    lines = [f"{name}\nis {'undone' if undone.is_new else 'undone already'}, by a row of", f"{undone.file}", ""]
    if undone.customers:
        lines += [table(undone.customers, title="concerns"), ""]
    if undone.remaining:
        lines += ["they stay one customer by other links; undo those as well to part them:", ""]
        lines += [links_text(undone.remaining), ""]
    if anyway := _joining_nobody(undone):
        lines += [*anyway, ""]
    return "\n".join([*lines, _since_when(undone)])


def _joining_nobody(undone: Undone) -> list[str]:
    """A line for each end that was quarantined before, or for another reason."""
    of_its_own = undone.quarantined.items()
    if undone.other is None and undone.is_in_force:
        of_its_own = [(name, reason) for name, reason in of_its_own if reason != "undone"]
    return [f"{_printable(name)}\njoins nobody anyway: it is quarantined as {reason}" for name, reason in of_its_own]


def _since_when(undone: Undone) -> str:
    if undone.is_in_force:
        return "it is in force since the last `journey run`; delete the row and run again to take it back"
    return "the next `journey run` applies it; delete the row to take it back"


def suggestions_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows of `mart.stage_suggestion`: a line of numbers for each activity, then its evidence."""
    if not rows:
        return "a rule matches every touchpoint: nothing to suggest"
    shown = [_suggestion_cells(row) for row in rows]
    return table(shown) + "\n\nAccept one with: journey stage accept ACTIVITY [--stage STAGE]"


def _suggestion_cells(row: Mapping[str, Any]) -> dict[str, Any]:
    share = row["suggestion_confidence"]
    return {
        "activity": row["activity"],
        "source": row["source"],
        "touchpoints": row["touchpoint_count"],
        "customers": row["customer_count"],
        "suggested stage": row["suggested_stage"],
        "confidence": "–" if share is None else f"{100 * share:.0f} %",
        "evidence": row["evidence"],
    }


def _explained(customer: Mapping[str, Any]) -> str:
    parts = [f"customer {customer['customer_id']}"]
    for part, cells in (("identities", _identity_cells), ("journeys", _journey_cells)):
        if customer[part]:
            parts.append(f"{part}\n{_aligned([cells(row) for row in customer[part]])}")
    if customer["touchpoints"]:
        parts.append(f"touchpoints (UTC)\n{_timeline(customer['touchpoints'])}")
    return "\n\n".join(parts)


def _aligned(rows: Sequence[Mapping[str, str]]) -> str:
    """Rows of text below their names, never folded: each column as wide as it needs, numbers to the right."""
    names = list(rows[0])
    lines = [dict(zip(names, names, strict=True)), *rows]
    widths = {name: max(len(line[name]) for line in lines) for name in names}
    is_number = {name: all(row[name][:1] in "0123456789" and "-" not in row[name] for row in rows) for name in names}
    return "\n".join(
        "  ".join(
            line[name].rjust(widths[name]) if is_number[name] else line[name].ljust(widths[name]) for name in names
        ).rstrip()
        for line in lines
    )


def _identity_cells(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        "identity": _named(row["identity_type"], row["identity_value"]),
        "rule": row["rule"],
        "confidence": f"{row['confidence']:.4f}",
        "events": f"{row['event_count']:,}",
        "first seen": f"{row['first_seen_at']:%Y-%m-%d %H:%M}",
        "last seen": f"{row['last_seen_at']:%Y-%m-%d %H:%M}",
    }


def _journey_cells(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        "journey": row["journey_id"][:8],
        "from": f"{row['started_at']:%Y-%m-%d %H:%M}",
        "to": f"{row['ended_at']:%Y-%m-%d %H:%M}",
        "status": row["status"],
        "furthest stage": row["furthest_stage"] or "–",
        "touchpoints": f"{row['touchpoint_count']:,}",
        "cut": row["cut_reason"],
        "amount": "–" if row["amount"] is None else f"{row['amount']:,.2f}",
    }


def _timeline(rows: Sequence[Mapping[str, Any]]) -> str:
    """Two lines each: what happened and its stage; then its journey, the rule and why."""
    head, *lines = _aligned([_timeline_cells(row) for row in rows]).split("\n")
    return "\n".join([head, *(f"{line}\n{_why(row)}" for line, row in zip(lines, rows, strict=True))])


def _timeline_cells(row: Mapping[str, Any]) -> dict[str, str]:
    money = "" if row["amount"] is None else f"{row['amount']:,.2f} {row['currency'] or ''}"
    return {
        "occurred at": f"{row['occurred_at']:%Y-%m-%d %H:%M:%S}",
        "source": _printable(row["source"]),
        "activity": _printable(row["activity"]),
        "stage": row["stage"],
        "channel": _printable(row["channel"] or "–"),
        "amount": money,
    }


def _why(row: Mapping[str, Any]) -> str:
    why = f"{row['stage_rule'] or 'no rule'}: {row['why'] or '–'} ({row['stage_confidence']:.2f})"
    indent = " " * 21
    return textwrap.fill(
        f"{row['journey_id'][:8]} · {_printable(why)}", _NARROWEST, initial_indent=indent, subsequent_indent=indent
    )
