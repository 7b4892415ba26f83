"""Figures about the inference: shares of a whole, measured beside stated, learnt beside configured, ranges of settings.

Frames or rows in, Plotly figures out. Labels are given as text and pass `plain` here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.language import number, said
from journey_analytics.report.figures import theme
from journey_analytics.report.figures.axes import label, label_axis, lines, percent_axis
from journey_analytics.report.figures.dropoff import sample_fill, stage_order, whiskers
from journey_analytics.report.inference_words import DIMENSIONS, dimension_words, share_right, span
from journey_analytics.report.wording import count, interval, plain, share, stage_title

_BAR_ROOM = 1.45
_RANGE_PITCH = 26


@dataclass(frozen=True)
class Part:
    """One bar: `count` of the whole; `base` says of what, for the hover."""

    label: str
    count: int
    share: float
    base: str


@dataclass(frozen=True)
class Measured:
    """A share that was measured on `sample` cases, with its 95 % interval, and the one that is stated (null: none)."""

    label: str
    value: float
    low: float | None
    high: float | None
    sample: int
    stated: float | None


def parts_figure(parts: Sequence[Part], *, axis: str) -> go.Figure:
    """Bars from zero, one per part in the given order, each with its share and count."""
    top = max([part.share for part in parts], default=0.0)
    bars = go.Bar(
        orientation="h",
        x=[part.share for part in parts],
        y=list(range(len(parts))),
        marker={"color": theme.ADVANCED},
        text=[share(part.share) for part in parts],
        textposition="outside",
        textangle=0,
        cliponaxis=False,
        customdata=[
            "<br>".join(
                (
                    f"<b>{plain(part.label)}</b>",
                    said(
                        "{count}, {share} of {base}",
                        count=count(part.count),
                        share=share(part.share),
                        base=plain(part.base),
                    ),
                )
            )
            for part in parts
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )
    return theme.figure(
        bars,
        height=80 + 42 * len(parts),
        bargap=0.4,
        xaxis=percent_axis(0, min(1.0, top) or 1.0) | {"range": [0, (top or 1.0) * _BAR_ROOM], "title": lines(axis)},
        yaxis=label_axis([label(part.label, count(part.count)) for part in parts]),
        margin={"l": 8, "r": 12, "t": 8, "b": 44},
    )


def measured_figure(rows: Sequence[Measured], *, measured: str, stated: str, axis: str) -> go.Figure:
    """What was measured, with its 95 % interval, beside what is stated; hollow below n = 30.

    The axis ends at 100 % and says where it begins when that is not zero.
    """
    found = [{"value": row.value, "low": row.low, "high": row.high} for row in rows]
    lowest = min([edge for row in rows for edge in (row.value, row.low, row.stated) if edge is not None], default=0.0)
    start = max(0.0, int((lowest - 0.02) * 10) / 10)
    places = list(range(len(rows)))
    dots = go.Scatter(
        x=[row.value for row in rows],
        y=places,
        error_x=whiskers(found, "value", "low", "high", theme.ADVANCED),
        mode="markers",
        name=measured,
        marker={
            "size": 11,
            "color": [sample_fill(row.sample, theme.ADVANCED) for row in rows],
            "line": {"color": theme.ADVANCED, "width": 2},
        },
        cliponaxis=False,
        customdata=[_measured_words(row, measured, stated) for row in rows],
        hovertemplate="%{customdata}<extra></extra>",
    )
    begins = (
        "<br>".join(("", said("(axis begins at {start}\u00a0%)", start=number(f"{start * 100:.0f}")))) if start else ""
    )
    return theme.figure(
        dots,
        _stated_marks(rows, stated),
        height=96 + 44 * len(rows),
        xaxis=percent_axis(start, 1.0) | {"range": [start, 1.0], "title": {"text": lines(axis)["text"] + begins}},
        yaxis=label_axis([label(row.label, _right_of(row)) for row in rows]),
        margin={"l": 8, "r": 20, "t": 40, "b": 44},
    )


def _stated_marks(rows: Sequence[Measured], title: str) -> go.Scatter:
    shown = [(place, row) for place, row in enumerate(rows) if row.stated is not None]
    return go.Scatter(
        x=[row.stated for _, row in shown],
        y=[place for place, _ in shown],
        mode="markers",
        name=title,
        marker={"symbol": "line-ns-open", "size": 14, "color": theme.INK, "line": {"width": 2}},
        cliponaxis=False,
        hoverinfo="skip",
    )


def _right_of(row: Measured) -> str:
    return said("{value} of {sample}", value=plain(share_right(row.value)), sample=count(row.sample))


def _measured_words(row: Measured, measured: str, stated: str) -> str:
    told = f"<br>{stated.lower()}: {share(row.stated)}" if row.stated is not None else ""
    return "<br>".join(
        (
            f"<b>{plain(row.label)}</b>",
            said(
                "{lower}: {right_of}, 95 % interval {interval}{told}",
                lower=measured.lower(),
                right_of=_right_of(row),
                interval=interval(row.low, row.high),
                told=told,
            ),
        )
    )


def limits_figure(limits: pl.DataFrame) -> go.Figure:
    """Per stage the pause in days that ends a need: as configured, and as used; the line joins the two."""
    rows = limits.filter(pl.col("used_days").is_not_null()).sort(stage_order()).to_dicts()
    most = max([row[column] or 0 for row in rows for column in ("configured_days", "used_days")], default=0)
    places = list(range(len(rows)))
    configured = go.Scatter(
        x=[row["configured_days"] for row in rows],
        y=places,
        mode="markers",
        name=said("Configured"),
        marker={"size": 12, "color": theme.PAPER, "line": {"color": theme.FAINT, "width": 2}},
        hoverinfo="skip",
    )
    used = go.Scatter(
        x=[row["used_days"] for row in rows],
        y=places,
        mode="markers+text",
        name=said("Used"),
        marker={"size": 9, "color": theme.ADVANCED},
        text=[said("{used_days} days", used_days=count(row["used_days"])) for row in rows],
        textposition="top center",
        customdata=[_limit_words(row) for row in rows],
        hovertemplate="%{customdata}<extra></extra>",
    )
    return theme.figure(
        configured,
        used,
        height=96 + 44 * len(rows),
        shapes=[_joined(place, row) for place, row in enumerate(rows)],
        xaxis={"range": [0, most * 1.15 + 1], "nticks": 6, "title": {"text": said("days without a touchpoint")}},
        yaxis=label_axis([plain(stage_title(row["stage"])) for row in rows]),
        margin={"l": 8, "r": 12, "t": 40, "b": 44},
    )


def _joined(place: int, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "line", "x0": row["configured_days"], "x1": row["used_days"], "y0": place, "y1": place,
        "line": {"color": theme.FAINT, "width": 2}, "layer": "below",
    }  # fmt: skip


def _limit_words(row: dict[str, Any]) -> str:
    return "<br>".join(
        (
            f"<b>{plain(stage_title(row['stage']))}</b>",
            said(
                "used {used_days} days, configured {configured_days}",
                used_days=count(row["used_days"]),
                configured_days=count(row["configured_days"]),
            ),
            said(
                "{pause_count} pauses, {return_count} returns",
                pause_count=count(row["pause_count"]),
                return_count=count(row["return_count"]),
            ),
        )
    )


def sensitivity_figure(ranges: pl.DataFrame) -> go.Figure:
    """Per stage: the estimate as configured with its 95 % interval, its range over all settings, and by each choice.

    Stages in journey order, below each its choices in the order of `DIMENSIONS`; a stage without an estimate has none.
    """
    rows = _range_rows(ranges)
    firsts = [(place, row) for place, row in rows if row["dimension"] == "all"]
    height = 110 + round(_RANGE_PITCH * (rows[-1][0] + 1 if rows else 1))
    return theme.figure(
        _range_bars(rows),
        _default_dots(firsts),
        height=height,
        barmode="overlay",
        annotations=[_stage_note(place, row) for place, row in firsts],
        xaxis=percent_axis(0, 1.0, most_steps=5)
        | {"range": [0, 1.0], "title": lines(said("lost, share of the journeys that entered"))},
        yaxis={
            "range": [(rows[-1][0] if rows else 0) + 0.7, -1.9],
            "tickvals": [place for place, _ in rows],
            "ticktext": [dimension_words(row["dimension"]) for _, row in rows],
            "tickfont": {"size": theme.SMALL_SIZE, "color": theme.MUTED},
            "ticklabelstandoff": 8,
            "showgrid": False,
        },
        margin={"l": 8, "r": 20, "t": 36, "b": 44},
    )


def _range_rows(ranges: pl.DataFrame) -> list[tuple[float, dict[str, Any]]]:
    """Rows with their places; above each stage there is room for its name."""
    told = ranges.filter(pl.col("default_share").is_not_null() & pl.col("dimension").is_in(list(DIMENSIONS)))
    rows: list[tuple[float, dict[str, Any]]] = []
    place = 0.0
    for stage in STAGES:
        here = {row["dimension"]: row for row in told.filter(pl.col("stage") == stage).iter_rows(named=True)}
        for dimension in (name for name in DIMENSIONS if name in here):
            rows.append((place, here[dimension]))
            place += 1
        place += 1.6 if here else 0
    return rows


def _range_bars(rows: Sequence[tuple[float, dict[str, Any]]]) -> go.Bar:
    return go.Bar(
        orientation="h",
        base=[row["low_share"] for _, row in rows],
        x=[row["high_share"] - row["low_share"] for _, row in rows],
        y=[place for place, _ in rows],
        width=[0.62 if row["dimension"] == "all" else 0.3 for _, row in rows],
        marker={
            "color": [theme.FAINT if row["dimension"] == "all" else theme.OPEN for _, row in rows],
            # A range of no width stays visible.
            "line": {"color": theme.FAINT, "width": 1.5},
        },
        name=said("Range over the settings"),
        customdata=[_range_words(row) for _, row in rows],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _default_dots(firsts: Sequence[tuple[float, dict[str, Any]]]) -> go.Scatter:
    return go.Scatter(
        x=[row["default_share"] for _, row in firsts],
        y=[place for place, _ in firsts],
        error_x=whiskers(
            [row for _, row in firsts], "default_share", "default_low_share", "default_high_share", theme.LOST
        ),
        mode="markers",
        name=said("As configured, with its 95 % interval"),
        marker={"size": 10, "color": theme.LOST},
        customdata=[_range_words(row) for _, row in firsts],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _stage_note(place: float, row: dict[str, Any]) -> dict[str, Any]:
    """Two lines: a phone has no room for one."""
    told = said(
        "{low_share} over {setting_count} settings",
        low_share=span(row["low_share"], row["high_share"]),
        setting_count=count(row["setting_count"]),
    )
    return {
        "text": f"<b>{stage_title(row['stage'])}</b> {share(row['default_share'])}<br>{theme.quiet(told)}",
        "x": 0, "y": place - 1.1, "xref": "paper", "xanchor": "left", "align": "left", "showarrow": False,
    }  # fmt: skip


def _range_words(row: dict[str, Any]) -> str:
    return "<br>".join(
        (
            said(
                "<b>{stage}</b>, {lower} ({setting_count} settings)",
                stage=stage_title(row["stage"]),
                lower=dimension_words(row["dimension"]).lower(),
                setting_count=count(row["setting_count"]),
            ),
            f"{span(row['low_share'], row['high_share'])}",
            said(
                "as configured {default_share}, 95 % interval {interval}",
                default_share=share(row["default_share"]),
                interval=interval(row["default_low_share"], row["default_high_share"]),
            ),
        )
    )
