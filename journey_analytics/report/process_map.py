"""The process map: stages as columns, activities as boxes, transitions as arrows, and where journeys end.

Drawn in pixels on a fixed canvas, so that no text can collide when the page is resized; a narrow page scrolls it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from journey_analytics.report import theme
from journey_analytics.report.canvas import CANVAS_WIDTH, Point, canvas, note, rectangle
from journey_analytics.report.map_graph import COLUMNS, START, Edge, MapGraph, Node
from journey_analytics.report.map_layout import Box, Layout, layered
from journey_analytics.report.wording import count, duration, name, plain, several, share, shortened, stage_title

_BOX_WIDTH = 132.0
_START_WIDTH = 58.0
_LAST_GAP = 44.0
_TOP = 64.0
_ENDS_HEIGHT = 108.0
_LABEL_HEIGHT = 15.0
_LABEL_PLACES = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82)
_ROOM = _BOX_WIDTH - 12
_NARROW = frozenset("fijlrt.,;:'|!()[] ")
_WIDE = frozenset("mwMWGOQ@%…=<>�")
_WIDEST = 9.0
_END_WORDS = (
    ("dropped", "lost", theme.LOST),
    ("open", "still open", theme.FAINT),
    ("converted", "purchased", theme.ADVANCED),
)


@dataclass(frozen=True)
class EdgeLabel:
    """A count written on an arrow, and the rectangle it covers."""

    text: str
    box: Box


def coverage_line(graph: MapGraph) -> str:
    """What share of everything the map shows: a filtered map must say so."""
    boxes = sum(1 for node in graph.nodes if node.activity is not None)
    part = graph.shown_transition_count / graph.transition_count if graph.transition_count else None
    folded = graph.activity_count - boxes
    rest = f"; {several(folded, 'rarer activity is', 'rarer activities are')} folded into “other”" if folded else ""
    return (
        f"{count(graph.shown_transition_count)} of {count(graph.transition_count)} transitions shown ({share(part)}), "
        f"{count(graph.shown_start_count)} of {several(graph.journey_count, 'journey start')}; "
        f"{boxes} of {several(graph.activity_count, 'activity', 'activities')} with a box of their own{rest}."
    )


def draw(graph: MapGraph) -> go.Figure:
    """The figure of a graph; empty states say so."""
    if not graph.nodes:
        return theme.message("No transitions yet.")
    stages = [stage for stage in COLUMNS if any(node.stage == stage for node in graph.nodes)]
    layout, lefts = place(graph, stages)
    lines = [*_edge_traces(graph, layout), _arrowheads(graph, layout), _box_hover(graph, layout)]
    labels = edge_labels(graph, layout)
    ends_top = layout.height + 44
    shapes = [*_box_shapes(graph, layout), *_end_shapes(graph, stages, lefts, ends_top)]
    notes = [*_headers(graph, stages, lefts), *_box_texts(graph, layout), *_label_notes(labels)]
    notes += _end_texts(graph, stages, lefts, ends_top)
    return canvas(lines, shapes=shapes, notes=notes, height=ends_top + _ENDS_HEIGHT)


def place(graph: MapGraph, stages: Sequence[str]) -> tuple[Layout, list[float]]:
    """Boxes and curves of a graph, and the left edge of every stage column."""
    room = CANVAS_WIDTH - 4 - _START_WIDTH - _LAST_GAP
    pitch = min(300.0, room / len(stages))
    first = 4 + _START_WIDTH + pitch - _BOX_WIDTH
    lefts = [first + index * pitch for index in range(len(stages))]
    columns = [[START], *([node.key for node in graph.nodes if node.stage == stage] for stage in stages)]
    links = [(edge.source, edge.target, float(edge.count)) for edge in graph.edges]
    laid = layered(columns, links, lefts=[4 + _START_WIDTH - _BOX_WIDTH, *lefts], width=_BOX_WIDTH)
    return _moved_down(laid, _TOP), lefts


def _moved_down(layout: Layout, by: float) -> Layout:
    boxes = {key: Box(box.left, box.top + by, box.width, box.height) for key, box in layout.boxes.items()}
    curves = [[(x, round(y + by, 1)) for x, y in curve] for curve in layout.curves]
    return Layout(boxes=boxes, curves=curves, height=layout.height + by)


# arrows


def _width(edge: Edge, most: int) -> float:
    return round(1 + (_WIDEST - 1) * edge.count / most, 2)


def _edge_traces(graph: MapGraph, layout: Layout) -> Iterator[go.Scatter]:
    """One line per arrow, the busiest last so that it lies on top."""
    most = max((edge.count for edge in graph.edges), default=1)
    titles = {node.key: node_title(node) for node in graph.nodes} | {START: "start of the journey"}
    numbers = {key: number for number, key in enumerate(titles)}
    for edge, curve in sorted(zip(graph.edges, layout.curves, strict=True), key=lambda pair: pair[0].count):
        yield go.Scatter(
            x=[x for x, _ in curve],
            y=[y for _, y in curve],
            mode="lines",
            line={
                "width": _width(edge, most),
                "color": theme.FAINT if edge.is_back else theme.ADVANCED,
                "dash": "dot" if edge.is_back else "solid",
            },
            opacity=0.75 if edge.is_back else 0.45 + 0.4 * edge.count / most,
            hovertemplate=_edge_hover(edge, titles),
            meta={"ends": [numbers[edge.source], numbers[edge.target]]},
            showlegend=False,
        )


def _edge_hover(edge: Edge, titles: dict[str, str]) -> str:
    lines = [f"<b>{plain(titles[edge.source])} → {plain(titles[edge.target])}</b>"]
    if edge.source == START:
        return f"{lines[0]}<br>{several(edge.count, 'journey starts', 'journeys start')} here<extra></extra>"
    journeys = "" if edge.journeys is None else f" in {several(edge.journeys, 'journey')}"
    lines.append(several(edge.count, "transition") + journeys)
    if edge.median_seconds is None:
        lines.append("several transitions folded: no common waiting time")
    else:
        lines.append(f"waiting time: median {duration(edge.median_seconds)}, 90 % within {duration(edge.p90_seconds)}")
    return "<br>".join(lines) + "<extra></extra>"


def _arrowheads(graph: MapGraph, layout: Layout) -> go.Scatter:
    """A triangle at the end of every arrow, pointing where the arrow goes."""
    most = max((edge.count for edge in graph.edges), default=1)
    tips = [(edge, curve) for edge, curve in zip(graph.edges, layout.curves, strict=True)]
    return go.Scatter(
        x=[curve[-1][0] for _, curve in tips],
        y=[curve[-1][1] for _, curve in tips],
        mode="markers",
        marker={
            "symbol": "arrow",
            "size": [round(6 + 0.6 * _width(edge, most), 1) for edge, _ in tips],
            "angle": [_heading(curve) for _, curve in tips],
            "color": [theme.FAINT if edge.is_back else theme.ADVANCED for edge, _ in tips],
            "line": {"width": 0},
        },
        hoverinfo="skip",
        showlegend=False,
    )


def _heading(curve: Sequence[Point]) -> int:
    """Degrees clockwise from up; all arrows but loops enter level."""
    (x0, y0), (x1, y1) = curve[-2], curve[-1]
    if abs(y1 - y0) > 2 * abs(x1 - x0):
        return 180 if y1 > y0 else 0
    return 90 if x1 > x0 else 270


# counts on arrows


def edge_labels(graph: MapGraph, layout: Layout) -> list[EdgeLabel]:
    """Counts on the arrows, the busiest first; one that would touch a box or another count stays in the hover only."""
    taken = [Box(box.left - 2, box.top - 2, box.width + 4, box.height + 4) for box in layout.boxes.values()]
    placed: list[EdgeLabel] = []
    pairs = zip(graph.edges, layout.curves, strict=True)
    for edge, curve in sorted(pairs, key=lambda pair: (-pair[0].count, pair[0].source, pair[0].target)):
        if edge.source == edge.target:
            continue
        label = _free_label(count(edge.count), curve, taken)
        if label is not None:
            placed.append(label)
            taken.append(label.box)
    return placed


def _free_label(text: str, curve: Sequence[Point], taken: Sequence[Box]) -> EdgeLabel | None:
    width = 7.0 * len(text) + 6
    for place_at in _LABEL_PLACES:
        x, y = curve[round(place_at * (len(curve) - 1))]
        box = Box(x - width / 2, y - _LABEL_HEIGHT / 2, width, _LABEL_HEIGHT)
        inside = box.left >= 0 and box.right <= CANVAS_WIDTH
        if inside and not any(box.overlaps(other) for other in taken):
            return EdgeLabel(text, box)
    return None


def _label_notes(labels: Sequence[EdgeLabel]) -> Iterator[dict[str, Any]]:
    for label in labels:
        yield note(
            label.text, label.box.left + label.box.width / 2, label.box.middle, size=11, colour=theme.INK,
            bgcolor="rgba(255,255,255,0.86)", borderpad=0,
        )  # fmt: skip


# boxes


def node_title(node: Node) -> str:
    """The words in a box: its activity, or how many are folded into it."""
    if node.activity is not None:
        return name(node.activity)
    return f"other: {several(node.members, 'activity', 'activities')}"


def _box_shapes(graph: MapGraph, layout: Layout) -> Iterator[dict[str, Any]]:
    start = layout.boxes[START]
    yield rectangle(
        start.right - _START_WIDTH, start.top + 10, _START_WIDTH, start.height - 20, fill=theme.INK, line=theme.INK
    )
    for node in graph.nodes:
        box = layout.boxes[node.key]
        fill = theme.SURFACE if node.activity is None else theme.PAPER
        yield rectangle(box.left, box.top, box.width, box.height, fill=fill, line=theme.FAINT)
        lost = node.ended["dropped"] / node.touchpoints if node.touchpoints else 0.0
        if lost > 0:
            yield rectangle(box.left, box.bottom - 4, box.width * min(1.0, lost), 4, fill=theme.LOST)


def _box_texts(graph: MapGraph, layout: Layout) -> Iterator[dict[str, Any]]:
    start = layout.boxes[START]
    yield note("<b>START</b>", start.right - _START_WIDTH / 2, start.middle, size=11, colour=theme.PAPER)
    for node in graph.nodes:
        box = layout.boxes[node.key]
        title = "<br>".join(plain(line) for line in _lines(node_title(node)))
        loops = f"  ↻ {count(node.loops)}" if node.loops else ""
        text = f"{title}<br>{theme.quiet(count(node.touchpoints) + loops)}"
        yield note(text, box.left + box.width / 2, box.middle - 1, size=12, colour=theme.INK)


def _lines(text: str) -> list[str]:
    """At most two lines that fit a box, broken between words where possible."""
    if _text_width(text) <= _ROOM:
        return [text]
    words = text.split(" ")
    first = next((n for n in range(len(words) - 1, 0, -1) if _text_width(" ".join(words[:n])) <= _ROOM), 0)
    if not first:
        return [_fitted(text)]
    return [" ".join(words[:first]), _fitted(" ".join(words[first:]))]


def _fitted(text: str) -> str:
    """The longest beginning that fits a box, the cut marked."""
    limit = next((n for n in range(len(text), 1, -1) if _text_width(shortened(text, n)) <= _ROOM), 1)
    return shortened(text, limit)


def _text_width(text: str) -> float:
    """Pixels at 12 px in a wide sans serif: an upper bound for the fonts that the page asks for."""
    return sum(4.0 if letter in _NARROW else 11.5 if letter in _WIDE else 7.2 for letter in text)


def _box_hover(graph: MapGraph, layout: Layout) -> go.Scatter:
    """Invisible points on the boxes that carry the hover."""
    spots = [
        (number, node, layout.boxes[node.key], at)
        for number, node in enumerate(graph.nodes)
        for at in (0.15, 0.5, 0.85)
    ]
    return go.Scatter(
        x=[round(box.left + box.width * at, 1) for _, _, box, at in spots],
        y=[box.middle for _, _, box, _ in spots],
        mode="markers",
        marker={"size": 40, "opacity": 0},
        text=[_box_words(node) for _, node, _, _ in spots],
        customdata=[number for number, _, _, _ in spots],
        meta={"boxes": True},
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )


def _box_words(node: Node) -> str:
    ends = [f"{count(node.ended[end])} {word}" for end, word, _ in _END_WORDS]
    repeats = f"<br>{several(node.loops, 'time', 'times')} again right after itself" if node.loops else ""
    return (
        f"<b>{plain(node_title(node))}</b><br>{several(node.touchpoints, 'touchpoint')}, mostly in "
        f"{stage_title(node.stage)}<br>the last thing done in journeys: {', '.join(ends)}{repeats}"
    )


# stage headers, and where journeys end


def _headers(graph: MapGraph, stages: Sequence[str], lefts: Sequence[float]) -> Iterator[dict[str, Any]]:
    for stage, left in zip(stages, lefts, strict=True):
        total = sum(node.touchpoints for node in graph.nodes if node.stage == stage)
        text = f"<b>{stage_title(stage)}</b><br>{theme.quiet(several(total, 'touchpoint'))}"
        yield note(text, left + _BOX_WIDTH / 2, 24, size=13)


def _end_rows(graph: MapGraph, stages: Sequence[str]) -> Iterator[tuple[int, int, str, str, int, float]]:
    """Column, row, word, colour, journeys and share of the longest bar, for every way to end, where journeys end."""
    most = max((number for ends in graph.ends.values() for number in ends.values()), default=0) or 1
    for column, stage in enumerate(stages):
        ends = graph.ends.get(stage, {})
        for row, (end, word, colour) in enumerate(_END_WORDS if any(ends.values()) else ()):
            number = ends.get(end, 0)
            yield column, row, word, colour, number, number / most


def _end_shapes(graph: MapGraph, stages: Sequence[str], lefts: Sequence[float], top: float) -> Iterator[dict[str, Any]]:
    yield {
        "type": "line",
        "x0": 4,
        "x1": CANVAS_WIDTH - 4,
        "y0": top - 14,
        "y1": top - 14,
        "line": {"color": theme.LINE, "width": 1},
    }
    for column, row, _, colour, number, part in _end_rows(graph, stages):
        if number:
            yield rectangle(lefts[column], top + 26 * row + 16, max(1.5, _BOX_WIDTH * part), 5, fill=colour)


def _end_texts(graph: MapGraph, stages: Sequence[str], lefts: Sequence[float], top: float) -> Iterator[dict[str, Any]]:
    yield note("<b>END</b>", 4, top + 6, size=11, colour=theme.INK, xanchor="left")
    yield note(
        "journeys by the<br>last thing that<br>customers did",
        4,
        top + 38,
        size=10,
        colour=theme.MUTED,
        xanchor="left",
        align="left",
    )
    for column, row, word, _, number, _ in _end_rows(graph, stages):
        y = top + 26 * row + 7
        yield note(word, lefts[column], y, size=11, colour=theme.MUTED, xanchor="left")
        yield note(count(number), lefts[column] + _BOX_WIDTH, y, size=11, colour=theme.INK, xanchor="right")
