"""The report's figures: a frame of a mart in, a Plotly figure out; no database, no HTML.

Data texts pass `plain` before they reach Plotly. Positions on category axes are numbers with tick
texts, so a value such as "2026-01" or "1e5" stays a name.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import plotly.graph_objects as go
import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.language import said
from journey_analytics.report.figures import theme
from journey_analytics.report.wording import (
    SMALL_SAMPLE,
    count,
    interval,
    name,
    plain,
    share,
    stage_title,
)

_Row = dict[str, Any]
_SAMPLE = {"estimated": "entered_count", "observed": "observed_count"}
_ROOM_UNTIL = 0.84
_ROOM_FROM = 0.1
_PERCENT = {
    "tickvals": [0, 0.2, 0.4, 0.6, 0.8, 1],
    "ticktext": [f"{n}\u00a0%" for n in (0, 20, 40, 60, 80, 100)],
}


def of_all(dropoff: pl.DataFrame) -> pl.DataFrame:
    """The rows of the whole, in journey order."""
    return dropoff.filter(pl.col("segment") == "all").sort(stage_order())


def stage_order() -> pl.Expr:
    """The place of a row's stage in the journey; unknown ones last."""
    places = {stage: place for place, stage in enumerate(STAGES)}
    return pl.col("stage").replace_strict(places, default=len(STAGES), return_dtype=pl.Int8)


def dropoff_figure(dropoff: pl.DataFrame) -> go.Figure:
    """Share of journeys lost in each stage within its window, estimated and observed, each with its 95 % interval.

    The hover gives n and both shares with their denominators; below n = 30 a mark is hollow.
    """
    rows = of_all(dropoff).to_dicts()
    if not rows:
        return theme.message(said("No journey has entered a stage yet."))
    return theme.figure(
        _dots(rows, "observed", offset=0.2, colour=theme.FAINT, title=said("Observed"), size=8),
        _dots(rows, "estimated", offset=-0.08, colour=theme.LOST, title=said("Estimated"), size=12),
        height=110 + 74 * len(rows),
        annotations=list(_share_notes(rows)),
        xaxis={
            "range": [0, 1.0],
            **_PERCENT,
            "tickangle": 0,
            "title": {"text": said("lost, share of the journeys that entered")},
        },
        yaxis=_stage_axis(rows),
        legend={"traceorder": "reversed"},
        margin={"l": 8, "r": 34, "t": 36, "b": 44},
    )


def _dots(rows: Sequence[_Row], kind: str, *, offset: float, colour: str, title: str, size: int) -> go.Scatter:
    value, low, high = f"{kind}_dropoff_share", f"{kind}_low_share", f"{kind}_high_share"
    shown = [(place, row) for place, row in enumerate(rows) if row[value] is not None]
    return go.Scatter(
        x=[row[value] for _, row in shown],
        y=[place + offset for place, _ in shown],
        error_x=whiskers([row for _, row in shown], value, low, high, colour),
        mode="markers",
        name=title,
        marker={
            "size": size,
            "color": [sample_fill(row[_SAMPLE[kind]], colour) for _, row in shown],
            "line": {"color": colour, "width": 2},
        },
        text=[dropoff_words(row) for _, row in shown],
        hovertemplate="%{text}<extra></extra>",
    )


def whiskers(rows: Sequence[_Row], value: str, low: str, high: str, colour: str) -> dict[str, Any]:
    """A 95 % interval; none where it is null."""
    up = [(row[value] if row[high] is None else row[high]) - row[value] for row in rows]
    down = [row[value] - (row[value] if row[low] is None else row[low]) for row in rows]
    return {
        "type": "data",
        "symmetric": False,
        "array": up,
        "arrayminus": down,
        "color": colour,
        "thickness": 2,
        "width": 5,
    }


def sample_fill(sample: int | None, colour: str) -> str:
    """The inside of a mark: hollow where its n is below 30."""
    return colour if sample is not None and sample >= SMALL_SAMPLE else theme.PAPER


def dropoff_words(row: _Row) -> str:
    """The hover of a row: both shares with interval and denominator, and the three states."""
    value = "" if row["segment"] == "all" else f"{plain(name(row['segment_value']))} · "
    small = (" " + said("(fewer than 30: not ranked)")) if row["entered_count"] < SMALL_SAMPLE else ""
    return "<br>".join(
        (
            said(
                "<b>{value}{stage}</b>, within {window_days} days of entering{small}",
                value=value,
                stage=stage_title(row["stage"]),
                window_days=row["window_days"],
                small=small,
            ),
            said(
                "estimated {estimated_dropoff_share} of all {entered_count} that entered, 95 % interval {interval}",
                estimated_dropoff_share=share(row["estimated_dropoff_share"]),
                entered_count=count(row["entered_count"]),
                interval=interval(row["estimated_low_share"], row["estimated_high_share"]),
            ),
            said(
                "observed {observed_dropoff_share} of {observed_count} whose window is over, 95 % interval {interval}",
                observed_dropoff_share=share(row["observed_dropoff_share"]),
                observed_count=count(row["observed_count"]),
                interval=interval(row["observed_low_share"], row["observed_high_share"]),
            ),
            said(
                "moved on {advanced_count} · lost {dropped_count} · still open {open_count}",
                advanced_count=count(row["advanced_count"]),
                dropped_count=count(row["dropped_count"]),
                open_count=count(row["open_count"]),
            ),
        )
    )


def _share_notes(rows: Sequence[_Row]) -> Iterator[dict[str, Any]]:
    """The estimate in words beside its interval, on the side with room."""
    for place, row in enumerate(rows):
        value = row["estimated_dropoff_share"]
        if value is None:
            yield _side_note(said("too few watched long enough"), 0.01, place, right=True, colour=theme.MUTED)
            continue
        right = (row["estimated_high_share"] or value) < _ROOM_UNTIL
        edge = row["estimated_high_share" if right else "estimated_low_share"]
        yield _side_note(
            f"<b>{share(value)}</b>", value if edge is None else edge, place, right=right, colour=theme.LOST
        )


def _side_note(text: str, x: float, place: int, *, right: bool, colour: str) -> dict[str, Any]:
    return {
        "text": text, "x": x, "y": place - 0.08, "xanchor": "left" if right else "right", "xshift": 8 if right else -8,
        "showarrow": False, "font": {"color": colour, "size": 14},
    }  # fmt: skip


def _stage_axis(rows: Sequence[_Row]) -> dict[str, Any]:
    return {
        "range": [len(rows) - 0.5, -0.5],
        "tickvals": list(range(len(rows))),
        "ticktext": [
            f"{stage_title(r['stage'])}<br>{theme.quiet(said('{entered} entered', entered=count(r['entered_count'])))}"
            for r in rows
        ],
        "showgrid": False,
        "ticklabelstandoff": 8,
    }


def outcome_figure(dropoff: pl.DataFrame) -> go.Figure:
    """Journeys that entered each stage by their state at the cut-off: moved on, lost, still open; they add up to n."""
    rows = of_all(dropoff).to_dicts()
    if not rows:
        return theme.message(said("No journey has entered a stage yet."))
    return theme.figure(
        *(_outcome_bar(rows, outcome) for outcome in ("advanced", "dropped", "open")),
        height=110 + 74 * len(rows),
        barmode="stack",
        legend={"traceorder": "normal"},
        uniformtext={"mode": "hide", "minsize": 11},
        xaxis={
            "title": {"text": said("journeys that entered the stage")},
            "rangemode": "tozero",
            "tickformat": ",d",
            "nticks": 5,
        },
        yaxis=_stage_axis(rows),
    )


def _outcome_bar(rows: Sequence[_Row], outcome: str) -> go.Bar:
    values = [row[f"{outcome}_count"] for row in rows]
    most = max(row["entered_count"] for row in rows) or 1
    return go.Bar(
        x=values,
        y=list(range(len(rows))),
        orientation="h",
        name=said(theme.OUTCOME_TITLES[outcome]),
        marker={"color": theme.OUTCOME_COLOURS[outcome], "line": {"color": theme.PAPER, "width": 1}},
        text=[count(value) if value / most > _ROOM_FROM else "" for value in values],
        textposition="inside",
        textangle=0,
        insidetextanchor="middle",
        insidetextfont={"color": theme.INK if outcome == "open" else theme.PAPER, "size": 12},
        customdata=[dropoff_words(row) for row in rows],
        hovertemplate="%{customdata}<extra></extra>",
    )
