"""The figure of the first view: the biggest loss from month to month."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from journey_analytics.language import said
from journey_analytics.report.figures import theme
from journey_analytics.report.trend import Month
from journey_analytics.report.wording import count, interval, month, plain, share

_MOST_LABELS = 4
_STEP = 0.2


def trend_figure(months: Sequence[Month], *, whole: float | None = None) -> go.Figure:
    """Estimated share lost by month of entering the stage, with 95 % intervals.

    Hollow: the window of some is not over yet, so the share may still move. Grey: fewer than 30 entrants. Only months
    that are neither are joined by the line. `whole`: the share of all journeys, a dotted line.
    """
    if not months:
        return theme.message(said("No month has an estimate yet."))
    places = dict(enumerate(months))
    sure = {place: one for place, one in places.items() if one.is_over and not one.is_small}
    high = max(one.high for one in months)
    return theme.figure(
        go.Scatter(
            x=list(sure), y=[one.share for one in sure.values()], mode="lines",
            line={"color": theme.LOST, "width": 2}, hoverinfo="skip",
        ),
        _dots(months),
        height=210,
        showlegend=False,
        shapes=[_level(whole)] if whole is not None else [],
        xaxis=_month_axis(months),
        yaxis=_share_axis(high),
        margin={"l": 8, "r": 12, "t": 10, "b": 30},
    )  # fmt: skip


def _dots(months: Sequence[Month]) -> go.Scatter:
    colours = [theme.FAINT if one.is_small else theme.LOST for one in months]
    return go.Scatter(
        x=list(range(len(months))),
        y=[one.share for one in months],
        mode="markers",
        error_y={
            "type": "data", "symmetric": False, "color": theme.FAINT, "thickness": 1.2, "width": 0,
            "array": [one.high - one.share for one in months],
            "arrayminus": [one.share - one.low for one in months],
        },
        marker={
            "size": [6 if one.is_small else 9 for one in months],
            "color": [colour if one.is_over else theme.PAPER for one, colour in zip(months, colours, strict=True)],
            "line": {"color": colours, "width": 2},
            "opacity": 1,
        },
        text=[_words(one) for one in months],
        hovertemplate="%{text}<extra></extra>",
        cliponaxis=False,
    )  # fmt: skip


def _words(one: Month) -> str:
    return "<br>".join(
        part
        for part in (
            f"<b>{plain(month(one.month))}</b>",
            said(
                "{share} lost, 95 % interval {interval}", share=share(one.share), interval=interval(one.low, one.high)
            ),
            said("{n} entered", n=count(one.entered_count)),
            "" if one.is_over else said("the window is not over for all of them"),
            said("fewer than 30: nothing is concluded from it") if one.is_small else "",
        )
        if part
    )


def _level(whole: float) -> dict[str, Any]:
    return {
        "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": whole, "y1": whole, "layer": "below",
        "line": {"color": theme.FAINT, "width": 1.5, "dash": "dot"},
    }  # fmt: skip


def _month_axis(months: Sequence[Month]) -> dict[str, Any]:
    """Every month or every second, third … one, counted from the newest, so that the newest has its name."""
    step = -(-len(months) // _MOST_LABELS)
    ticks = [place for place in range(len(months)) if (len(months) - 1 - place) % step == 0]
    return {
        "range": [-0.5, len(months) - 0.5],
        "tickvals": ticks,
        "ticktext": [plain(month(months[place].month)) for place in ticks],
        "tickangle": 0,
        "showgrid": False,
    }


def _share_axis(high: float) -> dict[str, Any]:
    """From nothing, so that a small move does not look large."""
    steps = [n * _STEP for n in range(6)]
    return {
        "range": [0, min(1.0, high + 0.05)],
        "tickvals": steps,
        "ticktext": [f"{round(100 * step)}\u00a0%" for step in steps],
        "tickfont": {"size": theme.SMALL_SIZE, "color": theme.MUTED},
    }
