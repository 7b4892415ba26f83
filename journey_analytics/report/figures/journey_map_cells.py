"""What stands in a cell of the journey map, lane by lane: bars, topics and quotes, causes, gains."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import plotly.graph_objects as go

from journey_analytics.journey_map import lanes
from journey_analytics.language import said
from journey_analytics.report.figures import theme
from journey_analytics.report.figures.canvas import note, rectangle
from journey_analytics.report.figures.journey_map_texts import BOLD, fitted, text_width, wrapped
from journey_analytics.report.journey_map_words import (
    amount,
    fresh_text,
    interval_text,
    item_title,
    note_text,
    sample_text,
    value_text,
)
from journey_analytics.report.wording import count, plain, signed, signed_interval

Row = Mapping[str, Any]
Titles = Mapping[str, str]
Reached = Mapping[tuple[str, str], str]

_BAR_ROW = 27.0
_LINE = 15.0
_SMALL = 11


@dataclass(frozen=True)
class Place:
    """Where a cell begins, and how wide it is, in pixels."""

    left: float
    top: float
    width: float


@dataclass
class Drawing:
    """What is drawn so far: shapes, texts, what the pointer tells, and lines of curves."""

    shapes: list[dict[str, Any]] = field(default_factory=list)
    texts: list[dict[str, Any]] = field(default_factory=list)
    points: list[tuple[float, float, str]] = field(default_factory=list)
    lines: list[Any] = field(default_factory=list)

    def text(self, text: str, x: float, y: float, *, size: int = 12, colour: str = theme.INK, **more: Any) -> None:
        """A text that begins at x, its middle at y."""
        self.texts.append(note(text, x, y, size=size, colour=colour, **{"xanchor": "left", "yanchor": "middle"} | more))

    def hover(self, x: float, y: float, text: str) -> None:
        """What the pointer tells near a point."""
        self.points.append((round(x, 1), round(y, 1), text))

    def traces(self) -> Iterator[Any]:
        """Curves, then the points that answer the pointer: they are not seen."""
        yield from self.lines
        yield go.Scatter(
            x=[x for x, _, _ in self.points],
            y=[y for _, y, _ in self.points],
            text=[text for _, _, text in self.points],
            mode="markers",
            marker={"size": 22, "opacity": 0, "color": theme.PAPER},
            hovertemplate="%{text}<extra></extra>",
        )


def hover_of(row: Row, title: str) -> str:
    """A cell as the pointer tells it: value, interval, what it rests on, how new it is."""
    lines = [f"<b>{plain(title)}</b>", plain(value_text(row))]
    if row["low"] is not None:
        lines.append(plain(said("95 % interval {interval}", interval=interval_text(row)).replace(" %", "\u00a0%")))
    lines.append(plain(said("{sample}; data until {day}", sample=sample_text(row), day=fresh_text(row))))
    if note_text(row):
        lines.append(plain(note_text(row)))
    return "<br>".join(lines)


def _bars(drawing: Drawing, rows: Sequence[Row], place: Place, titles: Titles, _: Reached) -> float:
    if not rows or rows[0]["is_suppressed"]:
        return _nothing(drawing, place, said("fewer than 5 customers each") if rows else said("nothing seen"))
    for number, row in enumerate(rows):
        _bar(drawing, row, Place(place.left, place.top + number * _BAR_ROW, place.width), titles)
    return len(rows) * _BAR_ROW


def _bar(drawing: Drawing, row: Row, place: Place, titles: Titles) -> None:
    told = value_text(row)
    ink = theme.INK if row["is_shown"] else theme.FAINT
    title = fitted(item_title(row, titles), place.width - text_width(told) - 10)
    middle, y = place.top + 8, place.top + 18
    drawing.text(plain(title), place.left, middle, colour=ink)
    drawing.text(plain(told), place.left + place.width, middle, colour=ink, xanchor="right")
    drawing.shapes.append(rectangle(place.left, y, place.width, 4, fill=theme.LINE))
    fill = theme.ADVANCED if row["is_shown"] else theme.OPEN
    drawing.shapes.append(rectangle(place.left, y, max(1.0, place.width * row["value"]), 4, fill=fill))
    drawing.hover(place.left + place.width / 2, middle + 4, hover_of(row, item_title(row, titles)))


def _thoughts(drawing: Drawing, rows: Sequence[Row], place: Place, titles: Titles, _: Reached) -> float:
    if not rows:
        return _nothing(drawing, place, said("no texts"))
    topics = [row for row in rows if row["unit"] != lanes.QUOTE]
    for number, row in enumerate(topics):
        _topic(drawing, row, Place(place.left, place.top + number * 20, place.width), titles)
    height = len(topics) * 20.0
    for row in rows:
        if row["unit"] == lanes.QUOTE:
            height += _quote(drawing, row, Place(place.left, place.top + height + 4, place.width))
    return height


def _topic(drawing: Drawing, row: Row, place: Place, titles: Titles) -> None:
    told = said("{share} negative", share=value_text(row)) if row["is_shown"] and row["value"] is not None else ""
    told = told or said("n = {n}", n=count(row["n"]))
    ink = theme.INK if row["is_shown"] else theme.FAINT
    title = fitted(item_title(row, titles), place.width - text_width(told) - 10)
    drawing.text(plain(title), place.left, place.top + 8, colour=ink)
    drawing.text(plain(told), place.left + place.width, place.top + 8, colour=ink, xanchor="right")
    drawing.hover(place.left + place.width / 2, place.top + 8, hover_of(row, item_title(row, titles)))


def _quote(drawing: Drawing, row: Row, place: Place) -> float:
    lines = wrapped(item_title(row), place.width - 12, lines=4)
    drawing.shapes.append(rectangle(place.left, place.top + 3, 2, len(lines) * _LINE, fill=theme.FAINT))
    for number, line in enumerate(lines):
        y = place.top + 11 + number * _LINE
        drawing.text(f"<i>{plain(line)}</i>", place.left + 9, y, colour=theme.MUTED)
    return len(lines) * _LINE + 10


def _barriers(drawing: Drawing, rows: Sequence[Row], place: Place, titles: Titles, reached: Reached) -> float:
    if not rows:
        return _nothing(drawing, place, said("none found"))
    height = 0.0
    for row in rows:
        more = reached.get((row["stage"], row["item"]), "") if row["note"] == "driver" else note_text(row)
        here = Place(place.left, place.top + height, place.width)
        height += _cause(drawing, row, here, titles, more=more, colour=theme.LOST) + 8
    return height


def _impact(drawing: Drawing, rows: Sequence[Row], place: Place, titles: Titles, _: Reached) -> float:
    if not rows:
        return _nothing(drawing, place, said("none found"))
    height = 0.0
    for row in rows:
        more = note_text(row) if row["note"] != "driver" else ""
        here = Place(place.left, place.top + height, place.width)
        height += _cause(drawing, row, here, titles, more=more, colour=theme.ADVANCED) + 8
    return height


def _cause(drawing: Drawing, row: Row, place: Place, titles: Titles, *, more: str, colour: str) -> float:
    """A title in up to two lines, its points with interval and n, and a line more; a stripe before it."""
    room, x = place.width - 12, place.left + 10
    ink = colour if row["is_shown"] else theme.FAINT
    points = said("{points} points ({interval})", points=signed(row["value"]), interval=_points_interval(row))
    lines = [
        (f"<b>{plain(line)}</b>", theme.INK, 12)
        for line in wrapped(item_title(row, titles), room - 4, size=BOLD, lines=2)
    ]
    lines.append((plain(points), ink, 12))
    lines += [(plain(line), theme.MUTED, _SMALL) for line in (sample_text(row), *_more(more, room))]
    for number, (text, shade, size) in enumerate(lines):
        drawing.text(text, x, place.top + 8 + number * _LINE, colour=shade, size=size)
    height = len(lines) * _LINE
    drawing.shapes.append(rectangle(place.left, place.top + 1, 3, height - 2, fill=ink))
    drawing.hover(place.left + place.width / 2, place.top + height / 2, hover_of(row, item_title(row, titles)))
    return height


def _more(text: str, room: float) -> list[str]:
    return wrapped(text, room, size=_SMALL, lines=3)


def _points_interval(row: Row) -> str:
    return signed_interval(row["low"], row["high"])


def _opportunities(drawing: Drawing, rows: Sequence[Row], place: Place, titles: Titles, _: Reached) -> float:
    if not rows:
        return _nothing(drawing, place, said("none found"))
    height = 0.0
    for _item, group in groupby(rows, key=lambda row: row["item"]):
        here = Place(place.left, place.top + height, place.width)
        height += _gain(drawing, list(group), here, titles) + 8
    return height


def _gain(drawing: Drawing, rows: Sequence[Row], place: Place, titles: Titles) -> float:
    title = item_title(rows[0], titles)
    lines = [(f"<b>{plain(line)}</b>", theme.INK) for line in wrapped(title, place.width - 4, size=BOLD, lines=2)]
    for row in rows:
        lines += [(plain(line), _shade(row)) for line in _won(row, place.width)]
    for number, (text, shade) in enumerate(lines):
        drawing.text(text, place.left, place.top + 8 + number * _LINE, colour=shade)
    height = len(lines) * _LINE
    told = "<br>".join(hover_of(row, title) for row in rows)
    drawing.hover(place.left + place.width / 2, place.top + height / 2, told)
    return height


def _won(row: Row, room: float) -> list[str]:
    """A gain with its interval, in one line where it fits."""
    value, ends = value_text(row), f"({amount(row['low'])}–{amount(row['high'])})"
    return [f"{value} {ends}"] if text_width(f"{value} {ends}") <= room else [value, ends]


def _shade(row: Row) -> str:
    """Greyer where nothing at all may be won."""
    return theme.ADVANCED if row["low"] is not None and row["low"] > 0 else theme.MUTED


def _nothing(drawing: Drawing, place: Place, text: str) -> float:
    drawing.text(plain(text), place.left, place.top + 8, colour=theme.FAINT)
    return _BAR_ROW


LANE_CELLS: Mapping[str, Callable[[Drawing, Sequence[Row], Place, Titles, Reached], float]] = {
    lanes.TOUCHPOINTS: _bars,
    lanes.CHANNELS: _bars,
    lanes.ACTIONS: _bars,
    lanes.THOUGHTS: _thoughts,
    lanes.BARRIERS: _barriers,
    lanes.OPPORTUNITIES: _opportunities,
    lanes.IMPACT: _impact,
}
"""What draws the cells of a lane; each returns how high it is."""
