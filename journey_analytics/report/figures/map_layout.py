"""A deterministic layered layout: columns are given, barycentre sweeps order them, long arrows share lanes by target.

Pure geometry in pixels, y growing downwards: no names of stages, no drawing.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import pairwise

from journey_analytics.report.figures.canvas import Point, cubic, level
from journey_analytics.report.figures.map_spacing import spaced

Link = tuple[str, str, float]

SWEEPS = 12
BOX_HEIGHT = 54.0
_LANE = "\x00"
_LANE_HEIGHT = 12.0
_SPACE = 16.0
_PORT = 7.0
_FEWEST_SAMPLES, _MOST_SAMPLES, _SAMPLE_EVERY = 10, 80, 14.0


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
        # Asked of every number and every box of a map: without the properties, and no side after the first apart.
        return not (
            self.left + self.width + margin <= other.left
            or other.left + other.width + margin <= self.left
            or self.top + self.height + margin <= other.top
            or other.top + other.height + margin <= self.top
        )


@dataclass(frozen=True)
class Layout:
    """Boxes of the nodes and, per link in the given order, the sampled curve; `height` is the lowest bottom.

    `own`: the part of each curve, from its first to behind its last point, that no other link runs along.
    """

    boxes: dict[str, Box]
    curves: list[list[Point]]
    own: list[tuple[int, int]]
    height: float


@dataclass(frozen=True)
class _Chain:
    """A link with the lanes it runs through, from its source to its target; `forward`: from left to right."""

    source: str
    target: str
    weight: float
    lanes: tuple[str, ...]
    forward: bool
    same_column: bool
    by_source: bool

    @property
    def stops(self) -> tuple[str, ...]:
        return (self.source, *self.lanes, self.target)

    @property
    def before(self) -> str:
        """Where it comes from last."""
        return self.stops[-2]


def layered(
    columns: Sequence[Sequence[str]],
    links: Sequence[Link],
    *,
    lefts: Sequence[float],
    widths: Sequence[float],
    trunks: AbstractSet[str] = frozenset(),
) -> Layout:
    """Place the nodes of every column and route every link (source, target, weight).

    Nodes start in the given order. A link over several columns gets a lane in each of them, so no arrow hides behind a
    box; links to one target share its lanes, and so do those from one of the `trunks`. The order with the least
    weighted crossings of all sweeps wins, the earlier one on ties. Then columns move up and down until arrows run as
    level as they can.
    """
    column_of = {node: index for index, column in enumerate(columns) for node in column}
    chains = [_chain(link, column_of, trunks) for link in links]
    pairs = _pairs(chains)
    order = _swept(_with_lanes(columns, chains, column_of), pairs)
    boxes = _boxes(order, pairs, _heights(order, chains), lefts=lefts, widths=widths)
    ports = _ports(chains, boxes)
    shared = _shared(chains)
    nodes = {node: boxes[node] for column in columns for node in column}
    pieces = [_curve(chain, boxes, ports) for chain in chains]
    return Layout(
        boxes=nodes,
        curves=[[point for piece in curve for point in piece] for curve in pieces],
        own=[_own(chain, curve, shared) for chain, curve in zip(chains, pieces, strict=True)],
        height=max((box.bottom for box in boxes.values()), default=0.0),
    )


# lanes


def _chain(link: Link, column_of: Mapping[str, int], trunks: AbstractSet[str]) -> _Chain:
    source, target, weight = link
    start, end = column_of[source], column_of[target]
    between = range(start + 1, end) if start < end else range(start - 1, end, -1)
    owner = f"from {source}" if source in trunks else f"to {target}"
    return _Chain(
        source=source,
        target=target,
        weight=weight,
        lanes=tuple(f"{_LANE}{owner}{_LANE}{column}" for column in between),
        forward=start < end,
        same_column=start == end,
        by_source=source in trunks,
    )


def _with_lanes(
    columns: Sequence[Sequence[str]], chains: Sequence[_Chain], column_of: Mapping[str, int]
) -> list[list[str]]:
    order = [list(column) for column in columns]
    for chain in chains:
        step = 1 if chain.forward else -1
        for place, lane in enumerate(chain.lanes, start=1):
            column = order[column_of[chain.source] + step * place]
            if lane not in column:
                column.append(lane)
    return order


def _pairs(chains: Sequence[_Chain]) -> list[Link]:
    """What is joined to what, lanes included, with the sum of the weights; sorted, so that sums have one order."""
    weights: dict[tuple[str, str], float] = defaultdict(float)
    for chain in chains:
        for a, b in pairwise(chain.stops):
            if a != b:
                weights[min(a, b), max(a, b)] += chain.weight
    return [(a, b, weight) for (a, b), weight in sorted(weights.items())]


def _shared(chains: Sequence[_Chain]) -> frozenset[str]:
    """Lanes that more than one link runs through."""
    seen: dict[str, int] = defaultdict(int)
    for chain in chains:
        for lane in chain.lanes:
            seen[lane] += 1
    return frozenset(lane for lane, number in seen.items() if number > 1)


# order


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


# places


def _heights(order: Sequence[Sequence[str]], chains: Sequence[_Chain]) -> dict[str, float]:
    """A box grows with the arrows on its busier side; a lane is low."""
    doors: dict[str, set[Door]] = defaultdict(set)
    for chain in chains:
        for door in _doors(chain, None):
            doors[door.node].add(door)
    return {node: _LANE_HEIGHT if _is_lane(node) else _height(doors[node]) for column in order for node in column}


def _height(doors: AbstractSet["Door"]) -> float:
    busiest = max((sum(door.side in (side, "either") for door in doors) for side in ("left", "right")), default=0)
    return max(BOX_HEIGHT, 10 + _PORT * busiest)


def _is_lane(node: str) -> bool:
    return node.startswith(_LANE)


def _boxes(
    order: Sequence[Sequence[str]],
    pairs: Sequence[Link],
    heights: Mapping[str, float],
    *,
    lefts: Sequence[float],
    widths: Sequence[float],
) -> dict[str, Box]:
    middles = spaced(order, pairs, heights, space=_SPACE)
    return {
        node: Box(left, round(middles[node] - heights[node] / 2, 1), width, heights[node])
        for column, left, width in zip(order, lefts, widths, strict=True)
        for node in column
    }


# doors: where arrows leave and enter boxes


@dataclass(frozen=True, order=True)
class Door:
    """One place at the side of a box; links that come or go by the same lane use the same door."""

    node: str
    side: str
    neighbour: str
    end: str


def _doors(chain: _Chain, boxes: Mapping[str, Box] | None) -> Iterator[Door]:
    """The door out of its source and the one into its target; before boxes have places, a column's are on either."""
    if chain.source == chain.target:
        return
    yield Door(chain.source, _side(chain, boxes, out=True), chain.stops[1], "out")
    yield Door(chain.target, _side(chain, boxes, out=False), chain.before, "in")


def _side(chain: _Chain, boxes: Mapping[str, Box] | None, *, out: bool) -> str:
    """Forward links leave right and enter left, backward ones the other way; in a column down is right, up is left."""
    if not chain.same_column:
        return "right" if chain.forward == out else "left"
    if boxes is None:
        return "either"
    return "right" if boxes[chain.source].top < boxes[chain.target].top else "left"


def _ports(chains: Sequence[_Chain], boxes: Mapping[str, Box]) -> dict[Door, float]:
    """The height of each door: spread over the side, ordered like the other ends."""
    sides: dict[tuple[str, str], set[Door]] = defaultdict(set)
    for chain in chains:
        for door in _doors(chain, boxes):
            sides[door.node, door.side].add(door)
    return {
        door: _spread(boxes[door.node], index, len(doors))
        for doors in sides.values()
        for index, door in enumerate(sorted(doors, key=lambda door: (boxes[door.neighbour].middle, door)))
    }


def _spread(box: Box, index: int, number: int) -> float:
    return box.top + 5 + (box.height - 10) * ((index + 0.5) / number)


# curves


def _curve(chain: _Chain, boxes: Mapping[str, Box], ports: Mapping[Door, float]) -> list[list[Point]]:
    """The pieces of a curve: one, or one between every two lanes."""
    source, target = boxes[chain.source], boxes[chain.target]
    if chain.source == chain.target:
        return [_loop(source)]
    leave, enter = (ports[door] for door in _doors(chain, boxes))
    if chain.same_column:
        return [_bow(source, target, leave, enter)]
    return _through(source, target, [boxes[lane] for lane in chain.lanes], leave, enter, forward=chain.forward)


def _own(chain: _Chain, pieces: Sequence[Sequence[Point]], shared: AbstractSet[str]) -> tuple[int, int]:
    """The whole curve, or, where it joins a shared lane, what is on its own side of that lane."""
    length = sum(len(piece) for piece in pieces)
    if not any(lane in shared for lane in chain.lanes):
        return 0, length
    return (length - len(pieces[-1]), length) if chain.by_source else (0, len(pieces[0]))


def _samples(a: Point, b: Point) -> int:
    """So many that a pointer on the curve is never far from a point of it."""
    return round(min(_MOST_SAMPLES, max(_FEWEST_SAMPLES, (abs(b[0] - a[0]) + abs(b[1] - a[1])) / _SAMPLE_EVERY)))


def _loop(box: Box) -> list[Point]:
    x, y = box.right - 30, box.top
    return cubic((x, y), (x - 4, y - 18), (x + 22, y - 18), (x + 18, y), samples=_FEWEST_SAMPLES)


def _bow(source: Box, target: Box, leave: float, enter: float) -> list[Point]:
    """An arc beside the column, wider for boxes further apart."""
    down = source.top < target.top
    x = source.right if down else source.left
    bulge = min(46.0, 20 + 0.09 * abs(enter - leave)) * (1 if down else -1)
    samples = _samples((x, leave), (x + 2 * bulge, enter))
    return cubic((x, leave), (x + bulge * 1.3, leave), (x + bulge * 1.3, enter), (x, enter), samples=samples)


def _through(
    source: Box, target: Box, lanes: Sequence[Box], leave: float, enter: float, *, forward: bool
) -> list[list[Point]]:
    """From side to side over the lanes between, level across each lane."""
    pieces: list[list[Point]] = []
    at: Point = (source.right if forward else source.left, leave)
    for lane in lanes:
        near, far = (lane.left, lane.right) if forward else (lane.right, lane.left)
        pieces.append(level(at, (near, lane.middle), samples=_samples(at, (near, lane.middle))))
        at = (far, lane.middle)
    end = (target.left if forward else target.right, enter)
    return [*pieces, level(at, end, samples=_samples(at, end))]
