"""The curves of the journey map: measured feelings and inferred friction, each by itself, with gaps below n = 30."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import plotly.graph_objects as go

from journey_analytics.contract import STAGES
from journey_analytics.journey_map import lanes
from journey_analytics.language import said
from journey_analytics.report.figures import theme
from journey_analytics.report.figures.canvas import level, rectangle
from journey_analytics.report.figures.journey_map_cells import Drawing, hover_of
from journey_analytics.report.figures.journey_map_texts import fitted
from journey_analytics.report.journey_map_words import item_title, value_text
from journey_analytics.report.wording import count, plain, share

Row = Mapping[str, Any]

_PANEL = 120.0
_SIGNAL_ROW = 17.0
_SIGNALS = 3
_ROOM = 34.0
_LEAST_TOP = 0.2


@dataclass(frozen=True)
class _Looks:
    """How one of the two kinds is drawn: never alike."""

    colour: str
    dash: str
    symbol: str
    low: float
    high: float
    ends: tuple[str, str]


def curve_height(rows: Sequence[Row]) -> float:
    """How high a lane of a curve is; low where there is nothing to draw."""
    if not any(_is_curve(row) for row in rows):
        return 27.0 + _SIGNAL_ROW * _most_signals(rows)
    return _PANEL + _SIGNAL_ROW * _most_signals(rows)


def _most_signals(rows: Sequence[Row]) -> int:
    counted = [sum(_is_signal(row) and row["stage"] == stage for row in rows) for stage in STAGES]
    return min(_SIGNALS, max(counted))


def _is_curve(row: Row) -> bool:
    return row["unit"] == lanes.SCORE and row["item"] in ("all", "friction")


def _is_signal(row: Row) -> bool:
    return row["unit"] == lanes.SHARE


def curve_row(drawing: Drawing, rows: Sequence[Row], lane: str, *, top: float, left: float, column: float) -> None:
    """A curve over the stages, with 95 % intervals; below it, of friction, the journeys with each sign of it."""
    points = {row["stage"]: row for row in rows if _is_curve(row)}
    if not points:
        return drawing.text(plain(_absent(lane)), left + 5, top + 8, colour=theme.FAINT)
    looks = _looks(lane, list(points.values()))
    _grid(drawing, looks, top=top, left=left, width=column * len(STAGES) - 10)
    centres = [left + (number + 0.5) * column for number in range(len(STAGES))]
    placed = [_point(drawing, points.get(stage), looks, top, x) for stage, x in zip(STAGES, centres, strict=True)]
    for stage, here, following in zip(STAGES, placed, [*placed[1:], None], strict=True):
        if here is not None:
            _label(drawing, points[stage], here, following, looks)
    _curve(drawing, placed, looks)
    for number, stage in enumerate(STAGES):
        signals = [row for row in rows if _is_signal(row) and row["stage"] == stage][:_SIGNALS]
        _signals(drawing, signals, top + _PANEL, left + number * column + 5, column - 20)
    return None


def _absent(lane: str) -> str:
    return said("no scores were given") if lane == lanes.MEASURED else said("no friction was looked for")


def _looks(lane: str, rows: Sequence[Row]) -> _Looks:
    if lane == lanes.MEASURED:
        return _Looks(theme.ADVANCED, "solid", "circle", -1.0, 1.0, (said("content"), said("unhappy")))
    most = max([_LEAST_TOP, *(row["high"] for row in rows if row["is_shown"] and row["high"] is not None)])
    return _Looks(theme.INK, "dot", "diamond-open", 0.0, min(1.0, most * 1.1), (said("much friction"), said("none")))


def _y(value: float, looks: _Looks, top: float) -> float:
    part = (value - looks.low) / (looks.high - looks.low)
    return top + 22 + (1 - part) * (_PANEL - _ROOM - 8)


def _grid(drawing: Drawing, looks: _Looks, *, top: float, left: float, width: float) -> None:
    marks = (looks.high, 0.0, looks.low) if looks.low < 0 else (looks.high, looks.low)
    for mark in marks:
        y = _y(mark, looks, top)
        drawing.shapes.append(rectangle(left, y, width, 0, fill=theme.LINE, line=theme.LINE))
    for mark, word in zip((looks.high, looks.low), looks.ends, strict=True):
        drawing.text(plain(word), left + 4, _y(mark, looks, top) - 8, size=10, colour=theme.FAINT)


def _point(drawing: Drawing, row: Row | None, looks: _Looks, top: float, x: float) -> tuple[float, float] | None:
    middle = _y((looks.low + looks.high) / 2, looks, top) - 9
    if row is None or row["is_suppressed"] or row["value"] is None:
        return drawing.text(said("not told"), x, middle, size=11, colour=theme.FAINT, xanchor="center")
    if not row["is_shown"]:
        text = said("n = {n}: too few", n=count(row["n"]))
        return drawing.text(text, x, middle, size=11, colour=theme.FAINT, xanchor="center")
    y = _y(row["value"], looks, top)
    low, high = (min(max(row[end], looks.low), looks.high) for end in ("low", "high"))
    drawing.lines.append(_whisker(x, _y(low, looks, top), _y(high, looks, top), looks))
    drawing.hover(x, y, hover_of(row, item_title(row)))
    return x, y


def _label(
    drawing: Drawing, row: Row, here: tuple[float, float], following: tuple[float, float] | None, looks: _Looks
) -> None:
    """Value and n beside a point, on the side that the curve does not leave by."""
    rises = following is not None and following[1] < here[1]
    told = f"<b>{value_text(row)}</b>  {theme.quiet(said('n = {n}', n=count(row['n'])))}"
    drawing.text(told, here[0] + 9, here[1] + (13 if rises else -13), colour=looks.colour)


def _whisker(x: float, low: float, high: float, looks: _Looks) -> go.Scatter:
    return go.Scatter(
        x=[x, x], y=[round(low, 1), round(high, 1)], mode="lines", hoverinfo="skip",
        line={"color": looks.colour, "width": 4}, opacity=0.28,
    )  # fmt: skip


def _curve(drawing: Drawing, placed: Sequence[tuple[float, float] | None], looks: _Looks) -> None:
    """Neighbours that are both told are joined; nothing is drawn across a gap."""
    for first, second in pairwise(placed):
        if first is not None and second is not None:
            points = level(first, second)
            drawing.lines.append(_line([x for x, _ in points], [y for _, y in points], looks))
    told = [point for point in placed if point is not None]
    marker = {"color": looks.colour, "size": 9, "symbol": looks.symbol, "line": {"width": 2}}
    x, y = [x for x, _ in told], [round(y, 1) for _, y in told]
    drawing.lines.append(go.Scatter(x=x, y=y, mode="markers", hoverinfo="skip", marker=marker))


def _line(x: list[float], y: list[float], looks: _Looks) -> go.Scatter:
    return go.Scatter(
        x=x, y=y, mode="lines", hoverinfo="skip", line={"color": looks.colour, "width": 2.2, "dash": looks.dash}
    )


def _signals(drawing: Drawing, rows: Sequence[Row], top: float, left: float, width: float) -> None:
    for number, row in enumerate(rows):
        y = top + 6 + number * _SIGNAL_ROW
        ink = theme.MUTED if row["is_shown"] else theme.FAINT
        drawing.text(plain(fitted(item_title(row), width - 50, size=11)), left, y, size=11, colour=ink)
        drawing.text(share(row["value"]), left + width, y, size=11, colour=ink, xanchor="right")
        drawing.hover(left + width / 2, y, hover_of(row, item_title(row)))
