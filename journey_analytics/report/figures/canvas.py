"""A canvas in pixels for figures whose texts must not collide: the page scrolls it where it does not fit."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import plotly.graph_objects as go

from journey_analytics.report.figures import theme

CANVAS_WIDTH = 1120

Point = tuple[float, float]
_SAMPLES = 18


def canvas(traces: Sequence[Any], *, shapes: Sequence[Any], notes: Sequence[Any], height: float) -> go.Figure:
    """A figure whose axes are pixels, y growing downwards; no axis is drawn and nothing can be dragged."""
    hidden = {"visible": False, "fixedrange": True, "automargin": False}
    return theme.unchecked(
        traces,
        height=round(height),
        width=CANVAS_WIDTH,
        shapes=list(shapes),
        annotations=list(notes),
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        xaxis=hidden | {"range": [0, CANVAS_WIDTH]},
        yaxis=hidden | {"range": [round(height), 0]},
        hovermode="closest",
        hoverdistance=14,
        showlegend=False,
    )


def rectangle(
    x: float, y: float, width: float, height: float, *, fill: str, line: str | None = None, dash: str = "solid"
) -> dict[str, Any]:
    """A box above all lines; without `line` it has no border."""
    return {
        "type": "rect", "layer": "above", "x0": round(x, 1), "x1": round(x + width, 1), "y0": round(y, 1),
        "y1": round(y + height, 1), "fillcolor": fill,
        "line": {"color": line or fill, "width": 1 if line else 0, "dash": dash},
    }  # fmt: skip


def note(text: str, x: float, y: float, *, size: int = 12, colour: str = theme.INK, **more: Any) -> dict[str, Any]:
    """A text at a point, centred on it unless `xanchor` says otherwise. Data passes `plain` first."""
    base = {
        "text": text,
        "x": round(x, 1),
        "y": round(y, 1),
        "showarrow": False,
        "font": {"size": size, "color": colour},
    }
    return base | {"borderpad": 0, "captureevents": False} | more


def cubic(a: Point, b: Point, c: Point, d: Point, *, samples: int = _SAMPLES) -> list[Point]:
    """A Bézier curve as `samples` + 1 points; rounded, so the same graph gives the same bytes on every machine."""
    return [
        (
            round(i * a[0] + j * b[0] + k * c[0] + m * d[0], 1),
            round(i * a[1] + j * b[1] + k * c[1] + m * d[1], 1),
        )
        for i, j, k, m in _weights(samples)
    ]


@cache
def _weights(samples: int) -> list[tuple[float, float, float, float]]:
    """Of the four points of a Bézier curve, at each of its samples."""
    steps = (step / samples for step in range(samples + 1))
    return [((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3) for t in steps]


def level(a: Point, b: Point, *, samples: int = _SAMPLES) -> list[Point]:
    """A curve that leaves and arrives level."""
    reach = (b[0] - a[0]) * 0.5
    return cubic(a, (a[0] + reach, a[1]), (b[0] - reach, b[1]), b, samples=samples)
