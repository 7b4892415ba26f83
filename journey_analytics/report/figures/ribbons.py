"""Ribbons: the links of a flow, as thick as the journeys that take them."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from journey_analytics.report.figures.canvas import Point, level


def ribbon(
    stops: Sequence[Point], thick: float, *, colour: str, opacity: float, text: str, meta: Mapping[str, Any]
) -> dict[str, Any]:
    """A band of even height along its stops, which are points of its upper edge; at least one pixel thick.

    `colour` is `#rrggbb`; `text` is shown on hovering and has passed `plain`.
    """
    upper = [point for a, b in pairwise(stops) for point in level(a, b)]
    return band(upper, max(1.0, thick), fill=translucent(colour, opacity), text=text, meta=meta)


def band(upper: Sequence[Point], thick: float, *, fill: str, text: str, meta: Mapping[str, Any]) -> dict[str, Any]:
    """The area below a line, `thick` pixels high, with a text on hovering."""
    lower = [(x, round(y + thick, 1)) for x, y in reversed(upper)]
    outline = [*upper, *lower]
    return {
        "type": "scatter",
        "x": [x for x, _ in outline],
        "y": [y for _, y in outline],
        "mode": "lines",
        "line": {"width": 0},
        "fill": "toself",
        "fillcolor": fill,
        "hoveron": "fills",
        "hoverinfo": "text",
        "text": text,
        "meta": dict(meta),
    }


def translucent(colour: str, opacity: float) -> str:
    """A colour `#rrggbb` that lets through what lies behind it."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
