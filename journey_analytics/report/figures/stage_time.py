"""Time in stage: percentiles of all entrants, as a figure."""

from collections.abc import Iterator, Sequence
from math import log10
from typing import Any

import plotly.graph_objects as go
import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.language import said
from journey_analytics.report.figures import theme
from journey_analytics.report.figures.dropoff import stage_order, whiskers
from journey_analytics.report.wording import MISSING, count, duration, stage_title

MEDIAN = 50
_ABOVE = (MEDIAN, 90)
"""Percentiles named above their marks, the others below: neighbours lie close on a phone."""

_Row = dict[str, Any]
_ENDS = ("seconds", "low_seconds", "high_seconds")
_TICKS = (1, 60, 3_600, 86_400, 604_800, 2_592_000, 15_552_000)


def time_in_stage_figure(times: pl.DataFrame) -> go.Figure:
    """Time until journeys move on, per stage: when 25, 50, 75 and 90 % of all entrants have moved on; log scale.

    A percentile that is not reached within the window has no mark. The hover gives the at-risk count.
    """
    whole = times.filter(pl.col("segment") == "all")
    stages = [stage for stage in STAGES if stage in whole["stage"].to_list()]
    reached = whole.filter(pl.col("seconds").is_not_null()).sort(stage_order(), "percentile").to_dicts()
    if not reached:
        return theme.message(said("No share of journeys worth a percentile has moved on yet."))
    return theme.figure(
        *_time_lines(reached, stages),
        _time_dots(reached, stages),
        height=96 + 62 * len(stages),
        showlegend=False,
        margin={"l": 8, "r": 34, "t": 36, "b": 44},
        xaxis={
            "type": "log",
            "tickvals": list(_TICKS),
            "ticktext": [duration(tick).replace("\u00a0", "<br>") for tick in _TICKS],
            "tickangle": 0,
            "range": _log_range(reached),
            "title": {"text": said("time since entering, log scale")},
        },
        yaxis={
            "range": [len(stages) - 0.5, -0.5],
            "tickvals": list(range(len(stages))),
            "ticktext": [stage_title(stage) for stage in stages],
            "showgrid": False,
            "ticklabelstandoff": 8,
        },
    )


def _log_range(rows: Sequence[_Row]) -> list[float]:
    """The data with some room, in powers of ten as a log axis wants them."""
    seconds = [max(1.0, row[end]) for row in rows for end in _ENDS if row[end] is not None]
    return [round(log10(min(seconds)) - 0.3, 3), round(log10(max(seconds)) + 0.3, 3)]


def _time_lines(rows: Sequence[_Row], stages: Sequence[str]) -> Iterator[go.Scatter]:
    for place, stage in enumerate(stages):
        seconds = [max(1.0, row["seconds"]) for row in rows if row["stage"] == stage]
        if len(seconds) > 1:
            yield go.Scatter(
                x=[seconds[0], seconds[-1]],
                y=[place, place],
                mode="lines",
                hoverinfo="skip",
                line={"color": theme.OPEN, "width": 6},
            )


def _time_dots(rows: Sequence[_Row], stages: Sequence[str]) -> go.Scatter:
    places = {stage: place for place, stage in enumerate(stages)}
    return go.Scatter(
        x=[max(1.0, row["seconds"]) for row in rows],
        y=[places[row["stage"]] for row in rows],
        error_x=_time_whiskers(rows),
        mode="markers+text",
        marker={
            "size": [15 if row["percentile"] == MEDIAN else 10 for row in rows],
            "color": theme.ADVANCED,
            "opacity": 1,
        },
        text=[f"{row['percentile']} %" for row in rows],
        textposition=["top center" if row["percentile"] in _ABOVE else "bottom center" for row in rows],
        textfont={"size": 11, "color": theme.MUTED},
        customdata=[_time_words(row) for row in rows],
        hovertemplate="%{customdata}<extra></extra>",
        cliponaxis=False,
    )


def _time_whiskers(rows: Sequence[_Row]) -> dict[str, Any]:
    """The intervals of the marks; an end that may be any later time is not drawn."""
    bars = whiskers(rows, "seconds", "low_seconds", "high_seconds", theme.FAINT)
    return bars | {"thickness": 1.5, "width": 4}


def time_interval(row: _Row) -> str:
    """The 95 % interval of a percentile in words; null for both ends where there is none."""
    if row["seconds"] is None or row["low_seconds"] is None:
        return MISSING
    high = said("any later time") if row["high_seconds"] is None else duration(row["high_seconds"])
    return said("{low_seconds} to {high}", low_seconds=duration(row["low_seconds"]), high=high)


def _time_words(row: _Row) -> str:
    return "<br>".join(
        (
            f"<b>{stage_title(row['stage'])}</b>",
            said(
                "{percentile} % of all {entered_count} entrants have moved on after {seconds}",
                percentile=row["percentile"],
                entered_count=count(row["entered_count"]),
                seconds=duration(row["seconds"]),
            ),
            said("95 % interval {row}", row=time_interval(row)),
            said(
                "{at_risk_count} were still in the stage, and seen, just before",
                at_risk_count=count(row["at_risk_count"]),
            ),
        )
    )
