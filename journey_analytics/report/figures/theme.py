"""Colours, type and the Plotly layout that all figures share.

One accent, and it always means *lost*; everything else is a shade of slate. The accent (vermilion) stays apart from
the slates for every common colour blindness and in grey print: lightness differs, not only hue.
"""

from collections.abc import Iterable
from textwrap import wrap
from typing import Any, Final

import plotly.graph_objects as go

from journey_analytics.language import separators

INK = "#17202a"
MUTED = "#5a6775"
FAINT = "#8b97a4"
LINE = "#dde2e8"
SURFACE = "#f5f7f9"
PAPER = "#ffffff"

LOST = "#c8420d"
ADVANCED = "#3b5d7a"
OPEN = "#c6ced7"

FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Liberation Sans", sans-serif'
TEXT_SIZE = 13
SMALL_SIZE = 12
_MESSAGE_WIDTH: Final = 38

STAGE_COLOURS = {
    "awareness": "#b4c4d4",
    "consideration": "#84a0ba",
    "decision": "#4f7698",
    "post_purchase": "#284a68",
    "unknown": "#d5dae0",
}
"""One hue, darker towards the purchase."""

OUTCOME_COLOURS = {"advanced": ADVANCED, "dropped": LOST, "open": OPEN}
OUTCOME_TITLES = {"advanced": "Moved on", "dropped": "Lost", "open": "Still open"}

TEMPLATE = go.layout.Template(
    layout=go.Layout(
        font={"family": FONT, "size": TEXT_SIZE, "color": INK},
        paper_bgcolor=PAPER,
        plot_bgcolor=PAPER,
        colorway=[ADVANCED, LOST, FAINT],
        hoverlabel={
            "bgcolor": INK,
            "bordercolor": INK,
            "font": {"family": FONT, "size": 12, "color": PAPER},
            "align": "left",
        },
        legend={
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1.0,
            "yanchor": "bottom",
            "font": {"size": SMALL_SIZE},
        },
        xaxis={
            "gridcolor": LINE,
            "zeroline": False,
            "linecolor": LINE,
            "automargin": True,
            "fixedrange": True,
            "tickfont": {"size": SMALL_SIZE, "color": MUTED},
            "title": {"font": {"size": SMALL_SIZE, "color": MUTED}},
        },
        yaxis={"gridcolor": LINE, "zeroline": False, "linecolor": LINE, "automargin": True, "fixedrange": True},
        margin={"l": 8, "r": 16, "t": 36, "b": 44},
        bargap=0.45,
    )
)


def figure(*traces: Any, height: int, **layout: Any) -> go.Figure:
    """A figure in the house's looks; `height` in pixels, the width follows the page."""
    return go.Figure(
        data=list(traces), layout=go.Layout(template=TEMPLATE, height=height, separators=separators(), **layout)
    )


def unchecked(traces: Iterable[Any], *, height: int, **layout: Any) -> go.Figure:
    """The same for figures of hundreds of our own shapes, texts and bands, as plain dicts or traces.

    Plotly checks every property of every one of them, which takes nine tenths of the time of such a page; a test
    draws one of each kind with the checks.
    """
    data = [trace if isinstance(trace, dict) else trace.to_plotly_json() for trace in traces]
    looks = {"template": TEMPLATE, "height": height, "separators": separators(), **layout}
    return go.Figure(data=data, layout={name: look for name, look in looks.items() if look != []}, _validate=False)


def quiet(text: str) -> str:
    """Smaller and greyer, inside a text that Plotly draws."""
    return f"<span style='color:{MUTED};font-size:11px'>{text}</span>"


def message(text: str) -> go.Figure:
    """A figure that only says why there is nothing to draw, in lines that a phone has room for; `text` is ours."""
    note = {
        "text": "<br>".join(wrap(text, _MESSAGE_WIDTH)),
        "showarrow": False,
        "xref": "paper",
        "yref": "paper",
        "x": 0.5,
        "y": 0.5,
        "font": {"color": MUTED},
    }
    return figure(height=140, annotations=[note], xaxis={"visible": False}, yaxis={"visible": False})
