"""Figures that are drawn without Plotly's checks are what they would be with them."""

import json

import plotly.graph_objects as go

from journey_analytics.report.figures import theme
from journey_analytics.report.figures.canvas import canvas, note, rectangle
from journey_analytics.report.figures.ribbons import band, ribbon

DARK = "#102030"
TRACES = (
    ribbon([(0, 10), (80, 20)], 4.5, colour=DARK, opacity=0.6, text="so many", meta={"node": "a", "journey_count": 3}),
    band([(0, 1.0), (5, 1.0)], 3, fill=DARK, text="", meta={}),
)
SHAPES = (rectangle(1, 2, 3.25, 4, fill=DARK), rectangle(1, 2, 3, 4, fill=DARK, line=DARK, dash="dot"))
NOTES = (note("words", 3, 4.06, xanchor="left"), note("more", 5, 6, size=9, colour=DARK))


def test_a_canvas_is_what_the_checks_would_leave_of_it() -> None:
    found = canvas(TRACES, shapes=SHAPES, notes=NOTES, height=99.6).to_plotly_json()
    checked = go.Figure(found).to_plotly_json()
    assert json.dumps(found, sort_keys=True) == json.dumps(checked, sort_keys=True)
    assert len(found["data"]) == len(TRACES)
    assert len(found["layout"]["shapes"]) == len(SHAPES)
    assert len(found["layout"]["annotations"]) == len(NOTES)


def test_it_has_the_looks_of_every_figure_and_takes_traces_as_they_come() -> None:
    trace = go.Scatter(x=[1], y=[2])
    one = theme.unchecked([trace], height=50, showlegend=False).to_plotly_json()
    other = theme.figure(trace, height=50, showlegend=False).to_plotly_json()
    assert json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
