"""What customers wrote about, and how much of it is negative: a bar per topic, its negative part with its interval."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import plotly.graph_objects as go

from journey_analytics.language import said
from journey_analytics.report.figures import theme
from journey_analytics.report.figures.axes import label_axis, percent_axis, short_label
from journey_analytics.report.figures.forest import hover
from journey_analytics.report.wording import count, interval, several, share

_Row = Mapping[str, Any]
_PITCH: Final = 46
_LABELS: Final = (("negative", theme.LOST), ("neutral", theme.OPEN), ("positive", theme.ADVANCED))
_TITLES: Final = {"negative": "Negative", "neutral": "Neutral", "positive": "Positive"}


def voice_figure(rows: Sequence[_Row]) -> go.Figure:
    """A bar per row from the top in the given order: its texts with a feeling, 100 % of them.

    Args:
        rows: of `mart.voice` with `label`, the name of the row; drawn are those with n of at least 30 (`is_shown`).
            The line at the end of the negative part is the 95 % interval of `negative_share`.
    """
    drawn = [row for row in rows if row["is_shown"]]
    if not drawn:
        return theme.message(said("Too few texts to compare: fewer than 30 of each kind."))
    return theme.figure(
        *(_part(drawn, label, colour) for label, colour in _LABELS),
        _intervals(drawn),
        height=92 + _PITCH * len(drawn),
        barmode="stack",
        legend={"traceorder": "normal"},
        bargap=0.5,
        xaxis=percent_axis(0.0, 1.0) | {"range": [0, 1], "title": said("share of the texts with a feeling")},
        yaxis=label_axis([short_label(row["label"], several(row["felt_count"], "text")) for row in drawn]),
        margin={"l": 8, "r": 30, "t": 36, "b": 44},
    )


def _part(rows: Sequence[_Row], label: str, colour: str) -> go.Bar:
    return go.Bar(
        x=[row[f"{label}_count"] / row["felt_count"] for row in rows],
        y=list(range(len(rows))),
        orientation="h",
        name=said(_TITLES[label]),
        marker={"color": colour},
        customdata=[_hover(row, label) for row in rows],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _hover(row: _Row, label: str) -> str:
    felt = row["felt_count"]
    parts = [
        row["label"],
        f"{said(_TITLES[label])}: {share(row[f'{label}_count'] / felt)}",
        said("{n} of {all} texts with a feeling", n=count(row[f"{label}_count"]), all=count(felt)),
    ]
    if label == "negative":
        parts.append(said("95 % interval: {interval}", interval=interval(row["negative_low"], row["negative_high"])))
    return hover(parts)


def _intervals(rows: Sequence[_Row]) -> go.Scatter:
    ends = [row["negative_share"] for row in rows]
    return go.Scatter(
        x=ends,
        y=list(range(len(rows))),
        mode="markers",
        marker={"size": 1, "color": theme.INK},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [row["negative_high"] - row["negative_share"] for row in rows],
            "arrayminus": [row["negative_share"] - row["negative_low"] for row in rows],
            "color": theme.INK,
            "thickness": 1.5,
            "width": 5,
        },
        showlegend=False,
        hoverinfo="skip",
        cliponaxis=False,
    )
