"""The process map: stages as columns, activities as boxes, links as arrows, START before and three ends behind them.

Drawn in pixels on a fixed canvas, so that no text can collide when the page is resized; a narrow page scrolls it.
Everything has one place per graph: another view changes widths, colours and texts, and nothing moves.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from journey_analytics.contract import START
from journey_analytics.language import said
from journey_analytics.report.figures import theme
from journey_analytics.report.figures.canvas import CANVAS_WIDTH, Point, canvas, note, rectangle
from journey_analytics.report.figures.map_graph import COLUMNS, ENDS, Edge, MapGraph
from journey_analytics.report.figures.map_labels import EdgeLabel, edge_labels, lines_that_fit
from journey_analytics.report.figures.map_layout import Box, Layout, layered
from journey_analytics.report.figures.map_looks import SWATCHES, Look, Mode, Overlay, compared, look, node_conversions
from journey_analytics.report.map_words import END_WORDS, box_words, node_title
from journey_analytics.report.wording import count, plain, several, stage_title

_START_WIDTH = 58.0
_END_WIDTH = 86.0
_TOP = 70.0
_MARGIN = 4.0
_LEGEND_HEIGHT = 64.0
_NARROWEST, _WIDEST = 118.0, 190.0
_GAP_TO_BOX = 0.7
"""Room between columns, as a share of a box, where the canvas allows it."""
_BAR = 4.0

_END_COLOURS = {"CONVERTED": theme.ADVANCED, "DROPPED": theme.LOST, "OPEN": theme.OPEN}


@dataclass(frozen=True)
class Placed:
    """A graph with the places of all that is drawn; `columns`: each stage with the left edge of its boxes."""

    layout: Layout
    columns: tuple[tuple[str, float], ...]
    box_width: float
    labels: tuple[EdgeLabel | None, ...]

    @property
    def height(self) -> float:
        """Of the whole canvas, with the legend."""
        return self.layout.height + _LEGEND_HEIGHT


@dataclass(frozen=True)
class Spots:
    """Where the parts that a view changes stand among the traces, annotations and shapes of the figure."""

    arrowheads: int
    labels: int
    counts: int
    legend: int
    titles: int
    bars: int
    swatches: int


def draw(
    graph: MapGraph,
    *,
    mode: Mode = "frequency",
    overlay: Overlay | None = None,
    versus: MapGraph | None = None,
    names: tuple[str, str] = ("first", "second"),
) -> go.Figure:
    """The figure of a graph; empty states say so.

    Args:
        graph: what is drawn.
        mode: what arrows count; without meaning in a comparison.
        overlay: what colours mean; the same.
        versus: the same map counted over another group (`counted_again`): differences are drawn.
        names: of the two groups of a comparison.

    Raises:
        ValueError: when `versus` has other boxes or arrows.
    """
    if not graph.nodes:
        return theme.message(said("No transitions yet."))
    if versus is not None and [edge.pair for edge in versus.edges] != [edge.pair for edge in graph.edges]:
        raise ValueError("both graphs of a comparison must have the same arrows: count the second with counted_again")
    view = look(graph, mode=mode, overlay=overlay) if versus is None else compared(graph, versus, names)
    return go.Figure(figure_parts(graph, place(graph), view))


def figure_parts(graph: MapGraph, placed: Placed, view: Look) -> dict[str, Any]:
    """One view of a placed graph as Plotly's `data` and `layout`."""
    layout = placed.layout
    traces = [*_edge_traces(graph, layout, view), _arrowheads(graph, layout, view), _box_hover(graph, layout)]
    shapes = [*_box_shapes(graph, layout), *_bars(graph, layout, view), *_swatches(placed, view)]
    notes = [*_label_notes(placed, view), *_count_notes(graph, layout, view), *_legend_notes(placed, view)]
    notes += [*_headers(graph, placed), *_titles(graph, placed)]
    layout_ = canvas([], shapes=[], notes=[], height=placed.height).to_plotly_json()["layout"]
    return {"data": traces, "layout": {**layout_, "shapes": shapes, "annotations": notes}}


def spots(graph: MapGraph) -> Spots:
    """Where in `figure` the changing parts are."""
    boxes, edges = len(graph.nodes), len(graph.edges)
    first_bar = boxes + len(graph.terminals)
    legend = edges + boxes
    return Spots(
        arrowheads=edges,
        labels=0,
        counts=edges,
        legend=legend,
        titles=legend + 2 + SWATCHES,
        bars=first_bar,
        swatches=first_bar + boxes,
    )


def place(graph: MapGraph) -> Placed:
    """Boxes, curves and numbers of a graph; what is drawn at first stays where it is when rarer arrows are added."""
    stages = [stage for stage in COLUMNS if any(node.stage == stage for node in graph.nodes)]
    width, lefts = _column_places(len(stages))
    ends = [key for key in ENDS if key in graph.terminals]
    columns = [[START], *([node.key for node in graph.nodes if node.stage == stage] for stage in stages), ends]
    laid = layered(
        columns,
        [(edge.source, edge.target, float(edge.count)) for edge in graph.edges],
        lefts=[_MARGIN, *lefts, CANVAS_WIDTH - _MARGIN - _END_WIDTH],
        widths=[_START_WIDTH, *[width] * len(stages), _END_WIDTH],
        trunks=frozenset({START}),
    )
    layout = _moved_down(laid, _TOP)
    return Placed(layout, tuple(zip(stages, lefts, strict=True)), width, tuple(edge_labels(graph, layout)))


def _column_places(stages: int) -> tuple[float, list[float]]:
    """The width of a box, and the left edge of every stage column: the same room between all of them."""
    first, last = _MARGIN + _START_WIDTH, CANVAS_WIDTH - _MARGIN - _END_WIDTH
    width = min(_WIDEST, max(_NARROWEST, (last - first) / (stages * (1 + _GAP_TO_BOX))))
    gap = (last - first - stages * width) / (stages + 1)
    return round(width, 1), [round(first + gap + index * (width + gap), 1) for index in range(stages)]


def _moved_down(layout: Layout, by: float) -> Layout:
    boxes = {key: Box(box.left, box.top + by, box.width, box.height) for key, box in layout.boxes.items()}
    curves = [[(x, round(y + by, 1)) for x, y in curve] for curve in layout.curves]
    return Layout(boxes=boxes, curves=curves, own=layout.own, height=layout.height + by)


# arrows


def _edge_traces(graph: MapGraph, layout: Layout, view: Look) -> Iterator[dict[str, Any]]:
    """One line per arrow, the first of the graph last, so that it lies on top."""
    numbers = {key: number for number, key in enumerate([*(node.key for node in graph.nodes), *graph.terminals])}
    for index in reversed(range(len(graph.edges))):
        edge, curve = graph.edges[index], layout.curves[index]
        yield {
            "type": "scatter",
            "x": [x for x, _ in curve],
            "y": [y for _, y in curve],
            "mode": "lines",
            "line": {"width": view.widths[index], "color": view.colours[index], "dash": _dash(edge)},
            "hovertemplate": f"{view.hovers[index]}<extra></extra>",
            "meta": {"edge": index, "ends": [numbers[edge.source], numbers[edge.target]]},
            "showlegend": False,
        }


def _dash(edge: Edge) -> str:
    return "dot" if edge.is_back else "solid"


def _arrowheads(graph: MapGraph, layout: Layout, view: Look) -> dict[str, Any]:
    """A triangle at the end of every arrow, pointing where the arrow goes."""
    return {
        "type": "scatter",
        "x": [curve[-1][0] for curve in layout.curves],
        "y": [curve[-1][1] for curve in layout.curves],
        "mode": "markers",
        "marker": {
            "symbol": "arrow",
            "size": [head_size(width) for width in view.widths],
            "angle": [_heading(curve) for curve in layout.curves],
            "color": list(view.colours),
            "line": {"width": 0},
        },
        "hoverinfo": "skip",
        "showlegend": False,
    }


def head_size(width: float) -> float:
    """Of the triangle on an arrow of a width, in pixels."""
    return round(7 + 0.8 * width, 1)


def _heading(curve: Sequence[Point]) -> int:
    """Degrees clockwise from up; all arrows but loops enter level."""
    (x0, y0), (x1, y1) = curve[-2], curve[-1]
    if abs(y1 - y0) > 2 * abs(x1 - x0):
        return 180 if y1 > y0 else 0
    return 90 if x1 > x0 else 270


def _label_notes(placed: Placed, view: Look) -> Iterator[dict[str, Any]]:
    """One per arrow, empty where there is no room: the number is then in the hover and in the list only."""
    for label, text in zip(placed.labels, view.labels, strict=True):
        x, y = (0.0, 0.0) if label is None else (label.box.left + label.box.width / 2, label.box.middle)
        shown = "" if label is None else text
        yield note(shown, x, y, size=11, colour=theme.INK, bgcolor="rgba(255,255,255,0.86)", visible=bool(shown))


# boxes


def _box_shapes(graph: MapGraph, layout: Layout) -> Iterator[dict[str, Any]]:
    for node in graph.nodes:
        box = layout.boxes[node.key]
        fill = theme.SURFACE if node.activity is None else theme.PAPER
        yield rectangle(box.left, box.top, box.width, box.height, fill=fill, line=theme.FAINT)
    for key in graph.terminals:
        box, colour = layout.boxes[key], _END_COLOURS.get(key, theme.INK)
        yield rectangle(box.left, box.top, box.width, box.height, fill=colour, line=colour)


def _bars(graph: MapGraph, layout: Layout, view: Look) -> Iterator[dict[str, Any]]:
    for node, (part, colour) in zip(graph.nodes, view.bars, strict=True):
        box = layout.boxes[node.key]
        yield rectangle(box.left, box.bottom - _BAR, box.width * min(1.0, part), _BAR, fill=colour)


def _titles(graph: MapGraph, placed: Placed) -> Iterator[dict[str, Any]]:
    for node in graph.nodes:
        box, lines = placed.layout.boxes[node.key], lines_that_fit(node_title(node), placed.box_width)
        text = "<br>".join(plain(line) for line in lines)
        yield note(text, box.left + box.width / 2, box.middle - 9, size=12)
    for key, number in graph.terminals.items():
        box = placed.layout.boxes[key]
        colour = theme.INK if key == "OPEN" else theme.PAPER
        text = f"<b>{said(END_WORDS.get(key, 'start'))}</b><br>{count(number)}"
        yield note(text, box.left + box.width / 2, box.middle, size=11, colour=colour)


def _count_notes(graph: MapGraph, layout: Layout, view: Look) -> Iterator[dict[str, Any]]:
    for node, text in zip(graph.nodes, view.counts, strict=True):
        box = layout.boxes[node.key]
        yield note(text, box.left + box.width / 2, box.middle + 13, size=11, colour=theme.MUTED)


def _box_hover(graph: MapGraph, layout: Layout) -> dict[str, Any]:
    """Invisible points on the boxes that carry the hover."""
    spots_ = [
        (number, node, layout.boxes[node.key], at)
        for number, node in enumerate(graph.nodes)
        for at in (0.15, 0.5, 0.85)
    ]
    words = [box_words(node, one) for node, one in zip(graph.nodes, node_conversions(graph), strict=True)]
    return {
        "type": "scatter",
        "x": [round(box.left + box.width * at, 1) for _, _, box, at in spots_],
        "y": [box.middle for _, _, box, _ in spots_],
        "mode": "markers",
        "marker": {"size": 40, "opacity": 0},
        "text": [words[number] for number, _, _, _ in spots_],
        "customdata": [number for number, _, _, _ in spots_],
        "meta": {"boxes": True},
        "hovertemplate": "%{text}<extra></extra>",
        "showlegend": False,
    }


# stage headers and legend


def _headers(graph: MapGraph, placed: Placed) -> Iterator[dict[str, Any]]:
    for stage, left in placed.columns:
        total = sum(node.touchpoints for node in graph.nodes if node.stage == stage)
        text = f"<b>{stage_title(stage)}</b><br>{theme.quiet(several(total, 'touchpoint'))}"
        yield note(text, left + placed.box_width / 2, 24, size=13)


def _legend_notes(placed: Placed, view: Look) -> Iterator[dict[str, Any]]:
    """What widths mean, what colours mean, then one text per swatch; unused ones are empty."""
    top = placed.layout.height + 20
    for row, text in enumerate((view.legend.width, view.legend.colour)):
        yield note(text, _MARGIN, top + 15 * row, size=11, colour=theme.MUTED, xanchor="left")
    texts = [text for _, text in view.legend.entries] + [""] * SWATCHES
    for number, text in enumerate(texts[:SWATCHES]):
        x, y = _swatch(placed, number)
        yield note(text, x + 16, y + 5, size=11, colour=theme.MUTED, xanchor="left", visible=bool(text))


def _swatches(placed: Placed, view: Look) -> Iterator[dict[str, Any]]:
    colours = [colour for colour, _ in view.legend.entries] + ["rgba(0,0,0,0)"] * SWATCHES
    for number, colour in enumerate(colours[:SWATCHES]):
        x, y = _swatch(placed, number)
        yield rectangle(x, y, 12, 10, fill=colour)


def _swatch(placed: Placed, number: int) -> Point:
    return _MARGIN + 150.0 * number, placed.layout.height + 46
