"""A figure as a picture: PNG, SVG or PDF, drawn by a browser without a window. Nothing leaves the machine."""

from collections.abc import Mapping
from typing import Any, Final

import plotly.graph_objects as go

from journey_analytics.errors import ConfigurationError

IMAGES: Final = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}
"""What a figure can be drawn as, with its media type."""

HEIGHT: Final = 500
"""Of a figure that has none, in px."""

_WIDTH: Final = 1000
_SCALE: Final = 2


def image(figure: Mapping[str, Any], kind: str) -> bytes:
    """A figure, as plain data, at its own size; 1,000 px wide where it has no width.

    Raises:
        ConfigurationError: kaleido or the browser that it needs is not installed.
    """
    _require_kaleido()
    drawn = go.Figure({key: figure[key] for key in ("data", "layout") if key in figure}, skip_invalid=True)
    layout = drawn.to_plotly_json()["layout"]
    width, height = layout.get("width") or _WIDTH, layout.get("height") or HEIGHT
    try:
        return drawn.to_image(format=kind, width=width, height=height, scale=_SCALE)
    except (RuntimeError, OSError, ValueError) as error:
        lines = [line.strip().rstrip(".;") for line in str(error).splitlines() if line.strip()]
        reason = lines[0] if lines else type(error).__name__
        raise ConfigurationError(
            f"cannot draw the picture ({reason}): install Chromium or Chrome on this machine, or take html, csv or "
            "xlsx, which need no browser"
        ) from error


def _require_kaleido() -> None:
    try:
        import kaleido  # noqa: F401 - only whether it is there
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            "pictures need kaleido: install the extra with pip install 'journey-analytics[dashboard]'"
        ) from error
