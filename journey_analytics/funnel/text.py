"""A funnel as text for a person and as a dictionary for a machine. The definition stands under every one of them."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl

from journey_analytics.funnel.definition import Funnel
from journey_analytics.funnel.result import FunnelResult
from journey_analytics.terminal import table

_SHOWN_INSTEAD: Final = 5
_SHOWN_DROPPED: Final = 20
_SPANS: Final = ((172_800, 86_400, "days"), (7_200, 3_600, "hours"), (120, 60, "minutes"), (0, 1, "seconds"))


def funnel_text(result: FunnelResult) -> str:
    """The table of the steps, what those who dropped did instead, and the definition."""
    funnel = result.saved.funnel
    as_of = f"as of {result.cutoff:%Y-%m-%d %H:%M} UTC"
    base = f"{_counted(funnel)}; lost: of those who entered the step; with 95 % intervals"
    title = f"Funnel {funnel.name}, {as_of} ({base})"
    rows = [_cells(row, is_split=bool(result.saved.by)) for row in result.steps.to_dicts()]
    parts = [table(rows, title=title) if result.attempts.height else f"no {funnel.unit} has entered this funnel yet"]
    if instead := _instead(result.instead):
        parts.append(instead)
    return "\n\n".join([*parts, _definition(result)])


def _counted(funnel: Funnel) -> str:
    return f"attempts of {funnel.unit}s" if funnel.entry == "every" else f"{funnel.unit}s"


def _definition(result: FunnelResult) -> str:
    notes = sorted(set(result.steps["estimate_note"].drop_nulls()))
    left_out = result.excluded_count
    lines = [result.definition]
    lines += [f"{left_out:,} {result.saved.funnel.unit}s were left out by the exclusion."] if left_out else []
    return "\n".join([*lines, *(f"– instead of an estimate: {note}." for note in notes)])


def _cells(row: Mapping[str, Any], *, is_split: bool) -> dict[str, Any]:
    """One row of `mart.funnel` as people read it."""
    is_first = row["step_number"] == 1
    name = f"{row['step']} (optional)" if row["is_optional"] else row["step"]
    split = {"by": "all" if row["segment"] == "all" else f"{row['segment']} {row['segment_value']}"} if is_split else {}
    return split | {
        "step": name,
        "entered": row["entered_count"],
        "went on": row["advanced_count"],
        "lost": row["dropped_count"],
        "still open": row["open_count"],
        "lost, estimated": "–" if is_first else _lost(row, "estimated"),
        "lost, windows over": "–" if is_first else _lost(row, "observed"),
        "of all, estimated": _share(*(row[f"overall_{part}"] for part in ("share", "low_share", "high_share"))),
        "half within": _time(row["median_seconds"]),
    }


def _lost(row: Mapping[str, Any], kind: str) -> str:
    share, low, high = (row[f"{kind}_{part}_share"] for part in ("step", "low", "high"))
    return "–" if share is None else _share(1 - share, 1 - high, 1 - low)


def _share(share: float | None, low: float | None, high: float | None) -> str:
    if share is None or low is None or high is None:
        return "–"
    return "100 %" if low == 1 else f"{100 * share:.1f} % ({100 * low:.1f}–{100 * high:.1f})"


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    size, unit = next((size, unit) for least, size, unit in _SPANS if seconds >= least)
    return f"{seconds / size:.1f} {unit}"


def _instead(rows: pl.DataFrame) -> str:
    """A line per step: the most frequent things done next by those who dropped after it."""
    lines = []
    for (_, step), group in rows.group_by("step_number", "step", maintain_order=True):
        told = [f"{row['activity'] or 'nothing'} {100 * row['share']:.1f} %" for row in group.to_dicts()]
        more = ", …" if len(told) > _SHOWN_INSTEAD else ""
        count = group["dropped_count"][0]
        lines.append(f"  {count:,} lost after {step}: {', '.join(told[:_SHOWN_INSTEAD])}{more}")
    return "\n".join(["What they did next instead", *lines]) if lines else ""


def dropped_text(result: FunnelResult, step: str) -> str:
    """The first of those who dropped after a step, the latest first, and the definition."""
    rows = result.dropped(step)
    if not rows.height:
        return f"nobody dropped after {step}\n\n{_definition(result)}"
    title = f"{rows.height:,} dropped after {step}"
    more = f"\n… {rows.height - _SHOWN_DROPPED:,} more: --csv FILE writes all" if rows.height > _SHOWN_DROPPED else ""
    shown = rows.head(_SHOWN_DROPPED).drop("customer_id", "last_at", strict=False)  # as many as a terminal is wide
    return f"{table(shown.to_dicts(), title=title)}{more}\n\n{_definition(result)}"


def write_dropped(result: FunnelResult, step: str, file: Path) -> str:
    """Write all who dropped after a step as CSV (UTF-8, times in UTC); returns a line that says so."""
    rows = result.dropped(step)
    with file.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(rows.columns)
        writer.writerows(rows.iter_rows())
    return f"{rows.height:,} rows written to {file}\n\n{_definition(result)}"


def funnel_dict(result: FunnelResult) -> dict[str, Any]:
    """The whole answer for a machine; shares from 0 to 1, times in seconds."""
    return {
        "funnel": result.saved.funnel.name,
        "definition": result.definition,
        "cutoff_at": result.cutoff.isoformat(),
        "excluded_count": result.excluded_count,
        "steps": result.steps.drop("funnel", "definition").to_dicts(),
        "instead": result.instead.drop("funnel").to_dicts(),
    }


def dropped_dict(result: FunnelResult, step: str) -> dict[str, Any]:
    """Those who dropped after a step, for a machine."""
    return {"funnel": result.saved.funnel.name, "definition": result.definition, "step": step,
            "dropped": result.dropped(step).to_dicts()}  # fmt: skip


def sql_text(result_sql: str, definition: str) -> str:
    """The statement with its definition as a comment: it runs as it stands in a DuckDB shell on the published copy."""
    return f"-- {definition}\n{result_sql.strip()};"
