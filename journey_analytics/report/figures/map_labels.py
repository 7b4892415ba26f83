"""Texts on the map that must not collide: numbers on arrows, and titles in boxes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from journey_analytics.report.figures.canvas import CANVAS_WIDTH, Point
from journey_analytics.report.figures.map_graph import Edge, MapGraph
from journey_analytics.report.figures.map_layout import Box, Layout
from journey_analytics.report.map_words import journeys_label, short_duration
from journey_analytics.report.wording import count, shortened

_HEIGHT = 15.0
_PLACES = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82, 0.1, 0.9)
_LONGEST_DIFFERENCE = "+99.9"
_NARROW = frozenset("fijlrt.,;:'|!()[] ")
_WIDE = frozenset("mwMWGOQ@%…=<>�")


@dataclass(frozen=True)
class EdgeLabel:
    """The widest number that an arrow carries in any view, and the rectangle that is kept free for it."""

    text: str
    box: Box


def edge_labels(graph: MapGraph, layout: Layout) -> Iterator[EdgeLabel | None]:
    """One per arrow, in their order; None where it would touch a box or an earlier number.

    Whether an arrow has room depends on boxes and earlier arrows alone, so showing fewer arrows moves no number. A
    number stands only where its arrow runs alone.
    """
    taken = [Box(box.left - 2, box.top - 2, box.width + 4, box.height + 4) for box in layout.boxes.values()]
    for edge, curve, (first, behind) in zip(graph.edges, layout.curves, layout.own, strict=True):
        label = None if edge.is_loop else _free_label(_widest(edge), curve[first:behind], taken)
        if label is not None:
            taken.append(label.box)
        yield label


def _widest(edge: Edge) -> str:
    texts = [count(edge.count), _LONGEST_DIFFERENCE, journeys_label(edge)]
    texts += [short_duration(wait) for wait in (edge.median_seconds, edge.p90_seconds) if wait is not None]
    return max(texts, key=len)


def _free_label(text: str, curve: Sequence[Point], taken: Sequence[Box]) -> EdgeLabel | None:
    width = 6.6 * len(text) + 4
    for place_at in _PLACES:
        x, y = curve[round(place_at * (len(curve) - 1))]
        box = Box(x - width / 2, y - _HEIGHT / 2, width, _HEIGHT)
        inside = box.left >= 0 and box.right <= CANVAS_WIDTH
        if inside and not any(box.overlaps(other) for other in taken):
            return EdgeLabel(text, box)
    return None


def lines_that_fit(text: str, width: float) -> list[str]:
    """At most two lines that fit a box of a width in pixels, broken between words where possible."""
    room = width - 12
    if _text_width(text) <= room:
        return [text]
    words = text.split(" ")
    first = next((n for n in range(len(words) - 1, 0, -1) if _text_width(" ".join(words[:n])) <= room), 0)
    if not first:
        return [_fitted(text, room)]
    return [" ".join(words[:first]), _fitted(" ".join(words[first:]), room)]


def _fitted(text: str, room: float) -> str:
    """The longest beginning that fits, the cut marked."""
    limit = next((n for n in range(len(text), 1, -1) if _text_width(shortened(text, n)) <= room), 1)
    return shortened(text, limit)


def _text_width(text: str) -> float:
    """Pixels at 12 px in a wide sans serif: an upper bound for the fonts that the page asks for."""
    return sum(4.0 if letter in _NARROW else 11.5 if letter in _WIDE else 7.2 for letter in text)
