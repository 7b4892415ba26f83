"""The map for the page: every position of the sliders and every view, counted beforehand, chosen in the page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from journey_analytics.language import said
from journey_analytics.report.figures.map_graph import MOST_BOXES, MapGraph, map_graph, recounted
from journey_analytics.report.figures.map_looks import MODES, OVERLAYS, Look, look, of_differences
from journey_analytics.report.figures.process_map import Placed, figure_parts, head_size, place, spots
from journey_analytics.report.map_groups import Comparison, Selection
from journey_analytics.report.map_shares import Difference, all_differences
from journey_analytics.report.map_words import coverage_line, difference_facts, difference_sentence
from journey_analytics.report.wording import count, share

SHARES = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0)
"""Positions of the slider for connections: the share of starts, of ends and of transitions that is drawn at least."""

FIRST_BOXES, FIRST_EDGES = 12, 40
"""What the page shows first: few enough boxes and arrows to follow each of them."""

_BOXES = (8, FIRST_BOXES, 20, 32, MOST_BOXES)
_EDGES_PER_BOX = 4.5
_MOST_EDGES = 160


@dataclass(frozen=True)
class Level:
    """One position of the slider for activities: the graph with all arrows it may show, and where they stand."""

    graph: MapGraph
    placed: Placed
    drawn: tuple[int, ...]
    """Arrows at each position of the slider for connections."""


def levels(whole: Selection, *, is_first_only: bool = False) -> list[Level]:
    """One per number of boxes that makes a difference, fewest first; `is_first_only`: the one that is shown first."""
    found: dict[int, Level] = {}
    every = whole.activities.height
    for boxes in (min(FIRST_BOXES, every),)[:every] if is_first_only else _positions(every):
        edges = min(_MOST_EDGES, round(_EDGES_PER_BOX * max(boxes, FIRST_BOXES)))
        graph = map_graph(whole.links, whole.activities, max_activities=boxes, flow_share=1.0, max_edges=edges)
        found.setdefault(len(graph.nodes), Level(graph, place(graph), tuple(_drawn(graph))))
    return list(found.values())


def first_position(found: Sequence[Level]) -> tuple[int, int]:
    """Where both sliders stand at first."""
    boxes = [own_boxes(level.graph) for level in found]
    level = max((n for n, number in enumerate(boxes) if number <= FIRST_BOXES), default=0)
    loops = sum(edge.is_loop for edge in found[level].graph.edges)
    few = [place for place, drawn in enumerate(found[level].drawn) if drawn - loops <= FIRST_EDGES]
    return level, max(few, default=0)


def own_boxes(graph: MapGraph) -> int:
    """Activities with a box of their own."""
    return sum(node.activity is not None for node in graph.nodes)


def _positions(activities: int) -> Iterator[int]:
    yield from (boxes for boxes in _BOXES if boxes < activities)
    if 0 < activities <= MOST_BOXES:
        yield activities


def _drawn(graph: MapGraph) -> list[int]:
    """Numbers of arrows, each position more than the one before: the backbone, then shares, as far as arrows go."""
    return sorted(
        {sum(edge.is_loop or edge.is_backbone or edge.before < part for edge in graph.edges) for part in SHARES}
    )


def _carried(graph: MapGraph, drawn: int) -> int:
    return sum(edge.count for edge in graph.edges[:drawn])


# what the page gets


def level_data(level: Level, comparisons: Sequence[Comparison], panels: Sequence[str]) -> dict[str, Any]:
    """All views of one level. `panels`: for each arrow, the anchor of what is known about it."""
    graph, placed = level.graph, level.placed
    views = [look(graph, mode=mode, has_hovers=place == 0) for place, mode in enumerate(MODES)]
    overlaid = [look(graph, overlay=overlay, has_hovers=False) for overlay in (None, *OVERLAYS)]
    return {
        "boxes": said(
            "{graph} of {activity_count}", graph=own_boxes(graph), activity_count=count(graph.activity_count)
        ),
        "figure": figure_parts(graph, placed, views[0]),
        "spots": vars(spots(graph)),
        "placed": [label is not None for label in placed.labels],
        "connections": [_connections(graph, drawn) for drawn in level.drawn],
        "modes": dict(zip(MODES, (_mode_data(view) for view in views), strict=True)),
        "overlays": dict(zip(("none", *OVERLAYS), (_overlay_data(level, view) for view in overlaid), strict=True)),
        "versus": _versus(level, comparisons),
        "panels": list(panels),
    }


def _connections(graph: MapGraph, drawn: int) -> dict[str, Any]:
    total = sum(graph.flows.values())
    words = share(_carried(graph, drawn) / total) if total else "–"
    return {"drawn": drawn, "words": said("{words} of all", words=words), "line": coverage_line(graph, drawn)}


def _mode_data(view: Look) -> dict[str, Any]:
    return {
        "widths": list(view.widths),
        "heads": [head_size(width) for width in view.widths],
        "labels": list(view.labels),
        "counts": list(view.counts),
        "width_words": view.legend.width,
    }


def _overlay_data(level: Level, view: Look) -> dict[str, Any]:
    boxes = [level.placed.layout.boxes[node.key] for node in level.graph.nodes]
    return {
        "colours": list(view.colours),
        "bars": [
            [round(box.left + box.width * min(1.0, part), 1), colour]
            for box, (part, colour) in zip(boxes, view.bars, strict=True)
        ],
        "colour_words": view.legend.colour,
        "entries": [list(entry) for entry in view.legend.entries],
    }


def _versus(level: Level, comparisons: Sequence[Comparison]) -> list[dict[str, Any]]:
    sides = [(recounted(level.graph, one.first.tally), recounted(level.graph, one.second.tally)) for one in comparisons]
    found = all_differences([(*pair, one.ends_known) for pair, one in zip(sides, comparisons, strict=True)])
    return [_versus_data(level, *each) for each in zip(comparisons, sides, found, strict=True)]


def _versus_data(
    level: Level, comparison: Comparison, sides: tuple[MapGraph, MapGraph], found: Sequence[Difference]
) -> dict[str, Any]:
    view = of_differences(*sides, comparison.names, found)
    facts = [list(difference_facts(edge, one)) for edge, one in zip(level.graph.edges, found, strict=True)]
    return {
        **_mode_data(view),
        **_overlay_data(level, view),
        "facts": facts,
        "sentence": difference_sentence(comparison.names),
    }
