"""BPMN that is a graph, not a tree: brought into one order and drawn from left to right, the same bytes every time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from journey_analytics.mining.bpmn import Drawing, document
from journey_analytics.mining.petri import refined

_COLUMN, _ROW, _MARGIN = 190, 110, 40


@dataclass(frozen=True)
class Graph:
    """A BPMN process in canonical order.

    Attributes:
        nodes: BPMN element name (`task`, `exclusiveGateway` …) and name of each, the start event first.
        flows: pairs of places in `nodes`, sorted.
    """

    nodes: tuple[tuple[str, str], ...]
    flows: tuple[tuple[int, int], ...]


def canonical_graph(nodes: Mapping[str, tuple[str, str]], flows: Sequence[tuple[str, str]]) -> Graph:
    """A graph whose order depends on its shape and names alone: from the start on, breadth first.

    Args:
        nodes: by any key, the BPMN element name and the name.
        flows: pairs of keys.
    """
    colours = refined({key: " ".join(node) for key, node in nodes.items()}, [(*flow, "flow") for flow in flows])
    rank = {key: (nodes[key][0] != "startEvent", nodes[key], colours[key]) for key in nodes}
    order = _breadth_first(sorted(nodes, key=rank.__getitem__), flows)
    place = {key: number for number, key in enumerate(order)}
    pairs = sorted({(place[source], place[target]) for source, target in flows})
    return Graph(tuple(nodes[key] for key in order), tuple(pairs))


def _breadth_first(ranked: Sequence[str], flows: Sequence[tuple[str, str]]) -> list[str]:
    place = {key: number for number, key in enumerate(ranked)}
    found: dict[str, None] = {}
    for root in ranked:
        waiting = [root]
        while waiting:
            key = waiting.pop(0)
            if key not in found:
                found[key] = None
                waiting += sorted((target for source, target in flows if source == key), key=place.__getitem__)
    return list(found)


def graph_xml(graph: Graph) -> str:
    """The graph as a BPMN 2.0 document with its diagram: a column per step from the start, no two nodes overlap."""
    columns = _columns(graph)
    drawing, rows = Drawing(), dict.fromkeys(columns, 0)
    for (kind, name), column in zip(graph.nodes, columns, strict=True):
        drawing.node(kind, name, x=_MARGIN + column * _COLUMN, middle=_MARGIN + _ROW / 2 + rows[column] * _ROW)
        rows[column] += 1
    below = _MARGIN + _ROW * max(rows.values(), default=0)
    for number, (source, target) in enumerate(graph.flows):
        first, second = drawing.nodes[source], drawing.nodes[target]
        back = first.x >= second.x
        drawing.flow(first.key, second.key, lane=below + 10 * number if back else second.centre[1])
    return document(drawing)


def _columns(graph: Graph) -> list[int]:
    """How many steps each node is from the start, along the shortest way."""
    columns = [0] * len(graph.nodes)
    seen = {0}
    waiting = [0] if graph.nodes else []
    while waiting:
        node = waiting.pop(0)
        for source, target in graph.flows:
            if source == node and target not in seen:
                seen.add(target)
                columns[target] = columns[node] + 1
                waiting.append(target)
    return columns
