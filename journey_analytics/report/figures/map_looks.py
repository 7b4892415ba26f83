"""How one map looks in each view: widths, colours and numbers of the same arrows at the same places.

A view is a mode (what arrows count) with an overlay (what colours mean), or a comparison of two groups.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from journey_analytics.contract import END_NODES, START
from journey_analytics.language import said
from journey_analytics.report.figures import theme
from journey_analytics.report.figures.map_graph import ENDS, NOBODY, Edge, MapGraph, Outcome
from journey_analytics.report.map_shares import Difference, Share, differences, shares
from journey_analytics.report.map_words import difference_words, edge_words, journeys_label, short_duration, titles_of
from journey_analytics.report.wording import count, plain, several, share, signed

Mode = Literal["frequency", "journeys", "median", "p90"]
Overlay = Literal["conversion", "dropoff"]

MODES: dict[Mode, str] = {
    "frequency": "How often", "journeys": "Journeys", "median": "Median wait", "p90": "90 % wait at most",
}  # fmt: skip
OVERLAYS: dict[Overlay, str] = {"conversion": "Share that purchased", "dropoff": "Share that was lost"}
SWATCHES = 7
"""As many colours as the legend has room for."""

_WIDEST = 9.0
_LOOP = 3.0
_NO_WIDTH = 1.2
_PALE = "#dedbd4"
_OPEN = "#a3afbb"
_FLOW = ("#b7c5d3", "#93aac0", "#6f8eaa", "#557796", theme.ADVANCED)
_CONVERSION = ("#b9d3ea", "#8db1d1", "#6089b0", "#3a638c", "#173a5c")
_DROPOFF = ("#f3c9ae", "#eaa77f", "#dd8350", "#c8420d", "#7f2806")
_LESS, _MORE = ("#1f4e79", "#5f8bb3", "#a8c1d8"), ("#d3b4df", "#a56bbd", "#6a2a86")
_WIDEST_POINTS = 20.0
_STEPS = (1.0, 5.0, 10.0)
"""Points between the colours of a comparison: one scale for every comparison."""

Bar = tuple[float, str]


@dataclass(frozen=True)
class Legend:
    """What widths and colours mean: a sentence each, and the colours with their words."""

    width: str
    colour: str
    entries: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Look:
    """One view: per arrow its width, colour, number and hover; per box its number and bar (share of its width)."""

    widths: tuple[float, ...]
    colours: tuple[str, ...]
    labels: tuple[str, ...]
    hovers: tuple[str, ...]
    counts: tuple[str, ...]
    bars: tuple[Bar, ...]
    legend: Legend


def look(graph: MapGraph, *, mode: Mode = "frequency", overlay: Overlay | None = None, has_hovers: bool = True) -> Look:
    """The look of one group of journeys; all looks of it have the same hovers, so few need them."""
    colours, bars, legend = _plain(graph) if overlay is None else _overlaid(graph, overlay)
    return Look(
        widths=tuple(_widths(graph, mode)),
        colours=tuple(colours),
        labels=tuple(_label(edge, mode) for edge in graph.edges),
        hovers=_hovers(graph) if has_hovers else (),
        counts=tuple(_box_count(graph, place, mode) for place in range(len(graph.nodes))),
        bars=tuple(bars),
        legend=replace(legend, width=_width_words(mode)),
    )


def _hovers(graph: MapGraph) -> tuple[str, ...]:
    titles, known = titles_of(graph), edge_conversions(graph)
    return tuple(edge_words(edge, titles, one) for edge, one in zip(graph.edges, known, strict=True))


# modes


def _label(edge: Edge, mode: Mode) -> str:
    if mode == "frequency":
        return count(edge.count)
    if mode == "journeys":
        return journeys_label(edge)
    seconds = edge.median_seconds if mode == "median" else edge.p90_seconds
    return "" if seconds is None else short_duration(seconds)


def _amount(edge: Edge, mode: Mode) -> float | None:
    """What the width shows: counts as they are, waits by their logarithm, since they span seconds to weeks."""
    if mode == "frequency":
        return float(edge.count)
    if mode == "journeys":
        return float(edge.least_journeys if edge.journeys is None else edge.journeys)
    seconds = edge.median_seconds if mode == "median" else edge.p90_seconds
    return None if seconds is None else math.log1p(max(0.0, seconds))


def _widths(graph: MapGraph, mode: Mode) -> list[float]:
    amounts = [_amount(edge, mode) for edge in graph.edges]
    most = max((amount for amount in amounts if amount is not None), default=0.0) or 1.0
    return [_width(edge, amount, most) for edge, amount in zip(graph.edges, amounts, strict=True)]


def _width(edge: Edge, amount: float | None, most: float) -> float:
    """A loop has little room and its number in the box: it stays thin."""
    if amount is None:
        return _NO_WIDTH
    return min(_LOOP if edge.is_loop else _WIDEST, round(1 + (_WIDEST - 1) * amount / most, 2))


def _width_words(mode: Mode) -> str:
    return {
        "frequency": said("Arrows: how often one thing followed the other (from start and to the ends: journeys)"),
        "journeys": said("Arrows: journeys in which one thing followed the other; ≥ where several links are folded"),
        "median": said("Arrows: median wait, wider for longer; thin where there is none or several links are folded"),
        "p90": said(
            "Arrows: nine in ten waited no longer, wider for longer; thin where there is none or links are folded"
        ),
    }[mode]


def _box_count(graph: MapGraph, place: int, mode: Mode) -> str:
    node = graph.nodes[place]
    if mode == "journeys":
        return said("several folded") if node.journeys is None else several(node.journeys, "journey")
    loops = f"  ↻ {count(node.loops)}" if node.loops else ""
    return count(node.touchpoints) + loops


# colours


def _plain(graph: MapGraph) -> tuple[list[str], list[Bar], Legend]:
    """Darker for busier, one colour for each way to end; bar of a box: the part of its touchpoints lost after."""
    most = max((edge.count for edge in graph.edges), default=1) or 1
    bars = [(node.ended["dropped"] / node.touchpoints if node.touchpoints else 0.0, theme.LOST) for node in graph.nodes]
    entries = (
        (theme.ADVANCED, said("onward")), (theme.FAINT, said("back, dotted")), (theme.LOST, said("lost")),
        (_OPEN, said("still open")),
    )  # fmt: skip
    words = said("Colours: darker is busier; orange bar in a box: lost right after it, share of its touchpoints")
    return [_plain_colour(edge, most) for edge in graph.edges], bars, Legend("", words, entries)


def _plain_colour(edge: Edge, most: int) -> str:
    if edge.target in ENDS:
        return {END_NODES["dropped"]: theme.LOST, END_NODES["open"]: _OPEN}.get(edge.target, theme.ADVANCED)
    if edge.is_back:
        return theme.FAINT
    return _FLOW[min(len(_FLOW) - 1, int(len(_FLOW) * (edge.count / most) ** 0.5))]


def edge_conversions(graph: MapGraph) -> list[Share | None]:
    """Of the settled journeys with each arrow, the share that purchased; null for folded ones."""
    return _of_settled([edge.outcome for edge in graph.edges], "conversion")


def node_conversions(graph: MapGraph) -> list[Share | None]:
    """The same for each box."""
    return _of_settled([node.outcome for node in graph.nodes], "conversion")


def _of_settled(outcomes: Sequence[Outcome | None], overlay: Overlay) -> list[Share | None]:
    known = [one or NOBODY for one in outcomes]
    parts = [one.settled_converted if overlay == "conversion" else one.settled_dropped for one in known]
    found = shares(parts, [one.settled for one in known])
    return [None if one is None else value for one, value in zip(outcomes, found, strict=True)]


def _overlaid(graph: MapGraph, overlay: Overlay) -> tuple[list[str], list[Bar], Legend]:
    """Five steps between the lowest and the highest share of an arrow with 30 settled journeys; the others are pale."""
    palette = _CONVERSION if overlay == "conversion" else _DROPOFF
    found = _of_settled([None if edge.target in ENDS else edge.outcome for edge in graph.edges], overlay)
    low, high = _scale([one.share for one in found if one is not None and one.share is not None and not one.is_small])
    bars = [
        (one.share, _step_colour(one, palette, low, high))
        if one is not None and one.share is not None
        else (0.0, _PALE)
        for one in _of_settled([node.outcome for node in graph.nodes], overlay)
    ]
    words = {
        "conversion": said(
            "Colours: share of the settled journeys with this arrow that purchased; bars: the same for the box"
        ),
        "dropoff": said(
            "Colours: share of the settled journeys with this arrow that were lost; bars: the same for the box"
        ),
    }[overlay]
    size = (high - low) / len(palette)
    steps = [f"{(low + size * n) * 100:.0f}–{(low + size * (n + 1)) * 100:.0f} %" for n in range(len(palette))]
    entries = (*zip(palette, steps, strict=True), (_PALE, said("few settled (under 30), folded or an end")))
    return [_step_colour(one, palette, low, high) for one in found], bars, Legend("", words, entries)


def _scale(values: Sequence[float]) -> tuple[float, float]:
    """The range of the shares, widened to whole 5 % so that its five steps are whole per cents."""
    low = math.floor(min(values, default=0.0) * 20) / 20
    high = math.ceil(max(values, default=1.0) * 20) / 20
    return (low, high) if high > low else (low, low + 0.05) if low < 1 else (0.95, 1.0)


def _step_colour(one: Share | None, palette: Sequence[str], low: float, high: float) -> str:
    if one is None or one.share is None or one.is_small:
        return _PALE
    place = int(len(palette) * (one.share - low) / (high - low) + 1e-9)
    return palette[min(len(palette) - 1, max(0, place))]


# comparison


def compared(graph: MapGraph, versus: MapGraph, names: tuple[str, str], *, ends_known: bool = True) -> Look:
    """Two groups on one map: by how many points the shares of what leaves each box differ."""
    found, titles = differences(graph, versus, ends_known=ends_known), titles_of(graph)
    hovers = (difference_words(edge, titles, one, names) for edge, one in zip(graph.edges, found, strict=True))
    return replace(of_differences(graph, versus, names, found), hovers=tuple(hovers))


def of_differences(graph: MapGraph, versus: MapGraph, names: tuple[str, str], found: Sequence[Difference]) -> Look:
    """The same without hovers, from differences that are known already."""
    return Look(
        widths=tuple(_difference_width(edge, one) for edge, one in zip(graph.edges, found, strict=True)),
        colours=tuple(_difference_colour(one) for one in found),
        labels=tuple(_difference_label(one) for one in found),
        hovers=(),
        counts=tuple(_both_shares(graph, versus, place) for place in range(len(graph.nodes))),
        bars=tuple((0.0, _PALE) for _ in graph.nodes),
        legend=_versus_legend(graph, versus, names),
    )


def _difference_width(edge: Edge, found: Difference) -> float:
    if found.points is None or found.is_small:
        return _NO_WIDTH
    return _width(edge, min(_WIDEST_POINTS, abs(found.points)), _WIDEST_POINTS)


def _difference_colour(found: Difference) -> str:
    if found.points is None or not found.is_clear or abs(found.points) < _STEPS[0]:
        return _PALE
    place = sum(abs(found.points) >= step for step in _STEPS) - 1
    return _MORE[place] if found.points > 0 else _LESS[::-1][place]


def _difference_label(found: Difference) -> str:
    return "" if found.points is None or found.is_small else signed(found.points)


def _both_shares(graph: MapGraph, versus: MapGraph, place: int) -> str:
    return " | ".join(_journey_share(one, place) for one in (graph, versus)).replace("– | –", said("several folded"))


def _journey_share(graph: MapGraph, place: int) -> str:
    journeys = graph.nodes[place].journeys
    return "–" if journeys is None or not graph.journey_count else share(journeys / graph.journey_count)


def _versus_legend(graph: MapGraph, versus: MapGraph, names: tuple[str, str]) -> Legend:
    one, two = (
        f"{plain(label)} ({several(side.terminals.get(START, 0), 'journey')})"
        for label, side in zip(names, (graph, versus), strict=True)
    )
    width = said("{one} compared with {two}. Boxes: share of journeys with it, first | second", one=one, two=two)
    colour = said("Points of what leaves a box: how many more of 100 in the first group (violet) or the second (blue)")
    low, middle, high = (f"{step:.0f}" for step in _STEPS)
    words = [
        said("\u2212{n} or less", n=high), said("to \u2212{n}", n=middle), said("to \u2212{n}", n=low),
        said("not clear, or few"), said("from +{n}", n=low), f"+{middle}", said("+{n} or more", n=high),
    ]  # fmt: skip
    return Legend(width, colour, tuple(zip((*_LESS, _PALE, *_MORE), words, strict=True)))
