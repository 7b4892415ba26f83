"""A deterministic layered layout: columns are given, barycentre sweeps order them, long arrows get lanes of their own.

Pure geometry in pixels, y growing downwards: no names of stages, no drawing.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from journey_analytics.report.canvas import Point, cubic, level

Link = tuple[str, str, float]

SWEEPS = 12
BOX_HEIGHT = 50.0
_LANE_HEIGHT = 18.0
_SPACE = 22.0


@dataclass(frozen=True)
class Box:
    """A rectangle by its left, top, width and height."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The x of its right side."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """The y of its lower side."""
        return self.top + self.height

    @property
    def middle(self) -> float:
        """The y halfway down."""
        return self.top + self.height / 2

    def overlaps(self, other: "Box", *, margin: float = 0.0) -> bool:
        """Whether two rectangles come closer than `margin`."""
        apart_x = self.right + margin <= other.left or other.right + margin <= self.left
        apart_y = self.bottom + margin <= other.top or other.bottom + margin <= self.top
        return not (apart_x or apart_y)


@dataclass(frozen=True)
class Layout:
    """Boxes of the nodes and, per link in the given order, the sampled curve; `height` is the lowest bottom."""

    boxes: dict[str, Box]
    curves: list[list[Point]]
    height: float


@dataclass
class _Chain:
    """A link with the lanes it runs through, from its left end to its right end."""

    link: Link
    stops: list[str] = field(default_factory=list)


def layered(columns: Sequence[Sequence[str]], links: Sequence[Link], *, lefts: Sequence[float], width: float) -> Layout:
    """Place the nodes of every column and route every link (source, target, weight).

    Nodes start in the given order. A link over several columns gets a lane in each of them, so no arrow hides behind
    a box. The order with the least weighted crossings of all sweeps wins, the earlier one on ties.
    """
    column_of = {node: index for index, column in enumerate(columns) for node in column}
    order = [list(column) for column in columns]
    chains = [_chain(number, link, column_of, order) for number, link in enumerate(links)]
    best = _swept(order, [pair for chain in chains for pair in _pairs(chain)])
    boxes = _boxes(best, lefts=lefts, width=width)
    curves = _curves(chains, boxes, column_of)
    nodes = {node: boxes[node] for column in columns for node in column}
    return Layout(boxes=nodes, curves=curves, height=max((box.bottom for box in boxes.values()), default=0.0))


def _chain(number: int, link: Link, column_of: Mapping[str, int], order: list[list[str]]) -> _Chain:
    """Add the lanes of a link to the columns between its ends."""
    source, target, _ = link
    left, right = sorted((source, target), key=lambda node: column_of[node])
    lanes = [f"\x00lane{number:04d}.{column}" for column in range(column_of[left] + 1, column_of[right])]
    for column, lane in enumerate(lanes, start=column_of[left] + 1):
        order[column].append(lane)
    return _Chain(link, [left, *lanes, right])


def _pairs(chain: _Chain) -> list[Link]:
    return [(a, b, chain.link[2]) for a, b in pairwise(chain.stops) if a != b]


def _swept(order: list[list[str]], pairs: Sequence[Link]) -> list[list[str]]:
    best, least = [list(column) for column in order], _crossings(order, pairs)
    for sweep in range(SWEEPS):
        for column in range(len(order)) if sweep % 2 == 0 else reversed(range(len(order))):
            order[column] = _by_barycentre(order, column, pairs)
        crossings = _crossings(order, pairs)
        if crossings < least:
            best, least = [list(nodes) for nodes in order], crossings
    return best


def _positions(order: Sequence[Sequence[str]]) -> dict[str, tuple[int, float]]:
    """Column and height 0–1 of every node."""
    return {n: (c, (i + 0.5) / len(nodes)) for c, nodes in enumerate(order) for i, n in enumerate(nodes)}


def _by_barycentre(order: Sequence[Sequence[str]], column: int, pairs: Sequence[Link]) -> list[str]:
    """A column sorted by the weighted mean height of each node's neighbours in other columns, ties by name."""
    position = _positions(order)
    pulls: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for a, b, weight in pairs:
        for node, other in ((a, b), (b, a)):
            if position[node][0] == column != position[other][0]:
                pulls[node].append((position[other][1], weight))
    centre = {node: _weighted_mean(pulls[node]) if pulls[node] else position[node][1] for node in order[column]}
    return sorted(order[column], key=lambda node: (round(centre[node], 9), node))


def _weighted_mean(pulls: Sequence[tuple[float, float]]) -> float:
    return sum(at * weight for at, weight in pulls) / sum(weight for _, weight in pulls)


def _crossings(order: Sequence[Sequence[str]], pairs: Sequence[Link]) -> float:
    """Weighted crossings between neighbouring columns: the smaller weight of every two links that cross."""
    position = _positions(order)
    between: dict[int, list[tuple[float, float, float]]] = defaultdict(list)
    for a, b, weight in pairs:
        (column_a, at_a), (column_b, at_b) = sorted((position[a], position[b]))
        if column_b == column_a + 1:
            between[column_a].append((at_a, at_b, weight))
    return sum(
        min(one[2], two[2])
        for links in between.values()
        for i, one in enumerate(links)
        for two in links[i + 1 :]
        if (one[0] - two[0]) * (one[1] - two[1]) < 0
    )


def _boxes(order: Sequence[Sequence[str]], *, lefts: Sequence[float], width: float) -> dict[str, Box]:
    """Columns stacked from top to bottom and centred on the tallest one; a lane is a low box."""
    heights = [sum(_height(node) + _SPACE for node in column) - _SPACE for column in order]
    tallest = max(heights, default=0.0)
    boxes: dict[str, Box] = {}
    for column, left, height in zip(order, lefts, heights, strict=True):
        top = (tallest - height) / 2
        for node in column:
            boxes[node] = Box(left, top, width, _height(node))
            top += _height(node) + _SPACE
    return boxes


def _height(node: str) -> float:
    return _LANE_HEIGHT if node.startswith("\x00") else BOX_HEIGHT


def _curves(chains: Sequence[_Chain], boxes: Mapping[str, Box], column_of: Mapping[str, int]) -> list[list[Point]]:
    ports = _ports(chains, boxes, column_of)
    return [_curve(number, chain, boxes, column_of, ports) for number, chain in enumerate(chains)]


Ports = dict[tuple[int, str], float]


def _ports(chains: Sequence[_Chain], boxes: Mapping[str, Box], column_of: Mapping[str, int]) -> Ports:
    """The height at which each link leaves and enters its boxes: spread over the side, ordered like the other ends."""
    sides: dict[tuple[str, str], list[tuple[float, int, str]]] = defaultdict(list)
    for number, chain in enumerate(chains):
        source, target, _ = chain.link
        if source == target:
            continue
        for end, node, neighbour in _ends(chain):
            sides[node, _side(chain, end, boxes, column_of)].append((boxes[neighbour].middle, number, end))
    ports: Ports = {}
    for (node, _), ends in sides.items():
        for index, (_, number, end) in enumerate(sorted(ends)):
            ports[number, end] = _spread(boxes[node], index, len(ends))
    return ports


def _ends(chain: _Chain) -> tuple[tuple[str, str, str], ...]:
    source, target, _ = chain.link
    stops = chain.stops if chain.stops[0] == source else chain.stops[::-1]
    return (("out", source, stops[1]), ("in", target, stops[-2]))


def _side(chain: _Chain, end: str, boxes: Mapping[str, Box], column_of: Mapping[str, int]) -> str:
    """Forward links leave right and enter left, backward ones the other way; in a column down is right, up is left."""
    source, target, _ = chain.link
    if column_of[source] == column_of[target]:
        return "right" if boxes[source].top < boxes[target].top else "left"
    forward = column_of[source] < column_of[target]
    return "right" if forward == (end == "out") else "left"


def _spread(box: Box, index: int, number: int) -> float:
    usable = box.height - 16
    return box.top + 8 + usable * ((index + 0.5) / number)


def _curve(
    number: int, chain: _Chain, boxes: Mapping[str, Box], column_of: Mapping[str, int], ports: Ports
) -> list[Point]:
    source, target, _ = chain.link
    if source == target:
        return _loop(boxes[source])
    leave, enter = ports[number, "out"], ports[number, "in"]
    if column_of[source] == column_of[target]:
        return _bow(boxes[source], boxes[target], leave, enter)
    forward = column_of[source] < column_of[target]
    lanes = [boxes[stop] for stop in (chain.stops if forward else chain.stops[::-1])[1:-1]]
    return _through(boxes[source], boxes[target], lanes, leave, enter, forward=forward)


def _loop(box: Box) -> list[Point]:
    x, y = box.right - 30, box.top
    return cubic((x, y), (x - 4, y - 18), (x + 22, y - 18), (x + 18, y))


def _bow(source: Box, target: Box, leave: float, enter: float) -> list[Point]:
    """An arc beside the column, wider for boxes further apart."""
    down = source.top < target.top
    x = source.right if down else source.left
    bulge = min(52.0, 22 + 0.09 * abs(enter - leave)) * (1 if down else -1)
    return cubic((x, leave), (x + bulge * 1.3, leave), (x + bulge * 1.3, enter), (x, enter))


def _through(
    source: Box, target: Box, lanes: Sequence[Box], leave: float, enter: float, *, forward: bool
) -> list[Point]:
    """From side to side over the lanes between, level across each lane."""
    points: list[Point] = []
    at: Point = (source.right if forward else source.left, leave)
    for lane in lanes:
        near, far = (lane.left, lane.right) if forward else (lane.right, lane.left)
        points += level(at, (near, lane.middle))
        at = (far, lane.middle)
    return points + level(at, (target.left if forward else target.right, enter))
