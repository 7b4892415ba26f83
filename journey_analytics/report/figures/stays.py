"""How stays in a stage end, as a figure."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
import polars as pl

from journey_analytics.language import said
from journey_analytics.report.figures import theme
from journey_analytics.report.figures.axes import label_axis, lines, percent_axis, short_label
from journey_analytics.report.figures.dropoff import stage_order
from journey_analytics.report.figures.forest import hover
from journey_analytics.report.wording import count, interval, share, stage_title

EXIT_TITLES = {
    "advanced": "Moved on", "regressed": "Went back", "window_over": "Time ran out", "inactive": "Fell silent",
    "abandoned": "Ended it",
}  # fmt: skip
"""What ends a stay, in the order of the bars: what is lost last, and in shades of the accent."""
_EXIT_COLOURS = {
    "advanced": theme.ADVANCED, "regressed": theme.OPEN, "window_over": "#eec3ae", "inactive": "#dd8a63",
    "abandoned": theme.LOST,
}  # fmt: skip
_ROOM_FROM = 0.09
_DARK = frozenset({"advanced", "inactive", "abandoned"})
_Row = dict[str, Any]


def exit_figure(exits: pl.DataFrame) -> go.Figure:
    """Per stage the shares of what ended the stay first, stacked to 100 %."""
    told = exits.filter(pl.col("estimated_share").is_not_null())
    firsts = told.unique("stage", keep="first", maintain_order=True).sort(stage_order()).to_dicts()
    if not firsts:
        return theme.message(said("Too few journeys were watched long enough."))
    cells = {(row["stage"], row["exit"]): row for row in told.to_dicts()}
    present = [each for each in EXIT_TITLES if any(cells[key]["estimated_share"] for key in cells if key[1] == each)]
    return theme.figure(
        *(_exit_bar(each, firsts, cells) for each in present),
        height=124 + 52 * len(firsts),
        barmode="stack",
        legend={"traceorder": "normal"},
        xaxis=percent_axis(0, 1.0, most_steps=5)
        | {"range": [0, 1.0], "title": lines(said("share of those who entered"))},
        yaxis=label_axis([_stage_label(row["stage"], row["entered_count"]) for row in firsts]),
        margin={"l": 8, "r": 24, "t": 36, "b": 44},
    )


def _stage_label(stage: str, entered: int) -> str:
    return short_label(stage_title(stage), said("{entered} entered", entered=count(entered)))


def _exit_bar(exit_: str, firsts: Sequence[_Row], cells: Mapping[tuple[str, str], _Row]) -> go.Bar:
    rows = [cells.get((first["stage"], exit_)) for first in firsts]
    shares = [row["estimated_share"] if row else 0.0 for row in rows]
    return go.Bar(
        x=shares,
        y=list(range(len(firsts))),
        orientation="h",
        name=said(EXIT_TITLES[exit_]),
        marker={"color": _EXIT_COLOURS[exit_], "line": {"color": theme.PAPER, "width": 1}},
        text=[f"{value * 100:.0f}\u00a0%" if value >= _ROOM_FROM else "" for value in shares],
        textposition="inside",
        textangle=0,
        insidetextanchor="middle",
        insidetextfont={"color": theme.PAPER if exit_ in _DARK else theme.INK, "size": 12},
        customdata=[_exit_words(row) if row else "" for row in rows],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _exit_words(row: _Row) -> str:
    return hover(
        [
            f"{stage_title(row['stage'])}: {exit_title(row['exit']).lower()}",
            said(
                "estimated {estimated_share} of all {entered_count} that entered, within {window_days} days",
                estimated_share=share(row["estimated_share"]),
                entered_count=count(row["entered_count"]),
                window_days=count(row["window_days"]),
            ),
            said(
                "95 % interval {interval}", interval=interval(row["estimated_low_share"], row["estimated_high_share"])
            ),
            said(
                "so far {exit_count}; not ended yet {open_count}",
                exit_count=count(row["exit_count"]),
                open_count=count(row["open_count"]),
            ),
        ]
    )


def exit_title(exit_: str) -> str:
    """What ended a stay, as people write it."""
    return said(EXIT_TITLES[exit_]) if exit_ in EXIT_TITLES else exit_
