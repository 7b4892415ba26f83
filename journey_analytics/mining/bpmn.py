"""A process tree as BPMN 2.0 XML with its diagram, laid out block by block: no Graphviz, the same bytes every time."""

from dataclasses import dataclass, field
from itertools import pairwise
from xml.etree import ElementTree as Xml

from journey_analytics.mining.tree import LOOP, PARALLEL, SEQUENCE, Tree

_NAMESPACES = {
    "bpmn": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "bpmndi": "http://www.omg.org/spec/BPMN/20100524/DI",
    "dc": "http://www.omg.org/spec/DD/20100524/DC",
    "di": "http://www.omg.org/spec/DD/20100524/DI",
}
_SIZES = {"task": (130, 60), "gateway": (50, 50), "event": (36, 36), "silent": (40, 40)}
_GAP_X, _GAP_Y = 40, 30


@dataclass(frozen=True)
class Node:
    """One drawn element: `kind` is its BPMN name, `x`, `y` its upper left corner in pixels."""

    key: str
    kind: str
    name: str
    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> tuple[float, float]:
        """Its middle in pixels."""
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True)
class Flow:
    """An arrow between two elements, drawn along the horizontal line `lane`."""

    source: str
    target: str
    lane: float


@dataclass(frozen=True)
class Block:
    """A laid-out part of the tree: where flows enter and leave it, and the box it fills. A silent one has no node."""

    first: str | None
    last: str | None


@dataclass
class Drawing:
    """A diagram under construction; keys count up in the order of the calls."""

    nodes: list[Node] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)

    def node(self, kind: str, name: str, *, x: float, middle: float) -> Node:
        """Add an element whose left side is at `x` and whose middle is at the height `middle`."""
        width, height = _SIZES[_shape(kind)]
        key = f"node_{len(self.nodes) + 1}"
        made = Node(key, kind, name, x, middle - height / 2, width, height)
        self.nodes.append(made)
        return made

    def flow(self, source: str | None, target: str | None, *, lane: float) -> None:
        """Add an arrow along a horizontal line; to or from nothing there is none."""
        if source is not None and target is not None:
            self.flows.append(Flow(source, target, lane))


def bpmn_xml(tree: Tree) -> str:
    """The model of a tree as a BPMN 2.0 document with layout; choices and loops are exclusive gateways."""
    drawing = Drawing()
    width, height = _extent(tree)
    middle = height / 2 + _GAP_Y
    start = drawing.node("startEvent", "start", x=_GAP_X, middle=middle)
    body = _draw(tree, drawing, x=start.x + start.width + _GAP_X, middle=middle)
    end = drawing.node("endEvent", "end", x=start.x + start.width + width + 2 * _GAP_X, middle=middle)
    _chain(drawing, [Block(start.key, start.key), body, Block(end.key, end.key)], lane=middle)
    return document(drawing)


def _shape(kind: str) -> str:
    return "gateway" if kind.endswith("Gateway") else "event" if kind.endswith("Event") else "task"


def _extent(tree: Tree) -> tuple[float, float]:
    """Width and height that a part of the tree fills."""
    if not tree.operator:
        return _SIZES["silent" if tree.is_silent else "task"]
    extents = [_extent(part) for part in tree.parts]
    if tree.operator == SEQUENCE:
        return sum(w for w, _ in extents) + _GAP_X * (len(extents) - 1), max(h for _, h in extents)
    gateways = 2 * (_SIZES["gateway"][0] + _GAP_X)
    return max(w for w, _ in extents) + gateways, sum(h for _, h in extents) + _GAP_Y * (len(extents) - 1)


def _draw(tree: Tree, drawing: Drawing, *, x: float, middle: float) -> Block:
    if tree.is_silent:
        return Block(None, None)
    if tree.activity is not None:
        task = drawing.node("task", tree.activity, x=x, middle=middle)
        return Block(task.key, task.key)
    if tree.operator == SEQUENCE:
        return _draw_sequence(tree, drawing, x=x, middle=middle)
    return _draw_branches(tree, drawing, x=x, middle=middle)


def _draw_sequence(tree: Tree, drawing: Drawing, *, x: float, middle: float) -> Block:
    blocks = []
    for part in tree.parts:
        blocks.append(_draw(part, drawing, x=x, middle=middle))
        x += _extent(part)[0] + _GAP_X
    return _chain(drawing, blocks, lane=middle)


def _chain(drawing: Drawing, blocks: list[Block], *, lane: float) -> Block:
    """Connect blocks one after the other; silent ones are passed over."""
    seen = [block for block in blocks if block.first is not None]
    for before, after in pairwise(seen):
        drawing.flow(before.last, after.first, lane=lane)
    return Block(seen[0].first, seen[-1].last) if seen else Block(None, None)


def _draw_branches(tree: Tree, drawing: Drawing, *, x: float, middle: float) -> Block:
    """A choice or a parallel part between two gateways, or a loop: its first part forwards, the others back."""
    width, height = _extent(tree)
    kind = "parallelGateway" if tree.operator == PARALLEL else "exclusiveGateway"
    split = drawing.node(kind, "", x=x, middle=middle)
    top = middle - height / 2
    join = drawing.node(kind, "", x=x + width - split.width, middle=middle)
    for place, part in enumerate(tree.parts):
        part_width, part_height = _extent(part)
        lane = top + part_height / 2
        branch = _draw(part, drawing, x=x + (width - part_width) / 2, middle=lane)
        begin, finish = (join, split) if tree.operator == LOOP and place > 0 else (split, join)
        drawing.flow(begin.key, branch.first or finish.key, lane=lane)
        drawing.flow(branch.last, finish.key, lane=lane)
        top += part_height + _GAP_Y
    return Block(split.key, join.key)


def document(drawing: Drawing) -> str:
    """A diagram as a BPMN 2.0 document."""
    for prefix, uri in _NAMESPACES.items():
        Xml.register_namespace(prefix, uri)
    root = Xml.Element(_name("bpmn", "definitions"), {"id": "journey_model", "targetNamespace": "journey"})
    process = Xml.SubElement(root, _name("bpmn", "process"), {"id": "process", "isExecutable": "false"})
    plane = _plane(root)
    for node in drawing.nodes:
        attributes = {"id": node.key} | ({"name": node.name} if node.name else {})
        Xml.SubElement(process, _name("bpmn", node.kind), attributes)
        _shape_of(plane, node)
    places = {node.key: node for node in drawing.nodes}
    for number, flow in enumerate(drawing.flows, start=1):
        ends = {"id": f"flow_{number}", "sourceRef": flow.source, "targetRef": flow.target}
        Xml.SubElement(process, _name("bpmn", "sequenceFlow"), ends)
        _edge_of(plane, f"flow_{number}", _waypoints(places[flow.source], places[flow.target], lane=flow.lane))
    Xml.indent(root)
    return Xml.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _name(prefix: str, local: str) -> str:
    return f"{{{_NAMESPACES[prefix]}}}{local}"


def _plane(root: Xml.Element) -> Xml.Element:
    diagram = Xml.SubElement(root, _name("bpmndi", "BPMNDiagram"), {"id": "diagram"})
    return Xml.SubElement(diagram, _name("bpmndi", "BPMNPlane"), {"id": "plane", "bpmnElement": "process"})


def _shape_of(plane: Xml.Element, node: Node) -> None:
    shape = Xml.SubElement(plane, _name("bpmndi", "BPMNShape"), {"id": f"{node.key}_shape", "bpmnElement": node.key})
    box = {"x": node.x, "y": node.y, "width": node.width, "height": node.height}
    Xml.SubElement(shape, _name("dc", "Bounds"), {key: f"{value:g}" for key, value in box.items()})


def _edge_of(plane: Xml.Element, key: str, waypoints: list[tuple[float, float]]) -> None:
    edge = Xml.SubElement(plane, _name("bpmndi", "BPMNEdge"), {"id": f"{key}_edge", "bpmnElement": key})
    for x, y in waypoints:
        Xml.SubElement(edge, _name("di", "waypoint"), {"x": f"{x:g}", "y": f"{y:g}"})


def _waypoints(source: Node, target: Node, *, lane: float) -> list[tuple[float, float]]:
    """From the source up or down to the lane, along it, then to the target; leftwards on a loop's way back."""
    is_back = target.x < source.x
    leaving = _to_lane(source, lane=lane, on_right=not is_back)
    return leaving + _to_lane(target, lane=lane, on_right=is_back)[::-1]


def _to_lane(node: Node, *, lane: float, on_right: bool) -> list[tuple[float, float]]:
    """From the node's border to the lane; a lane that runs through the node is reached from its side."""
    x, y = node.centre
    side = node.x + (node.width if on_right else 0)
    if y == lane:
        return [(side, y)]
    if abs(lane - y) < node.height / 2:
        step = side + (_GAP_X / 4 if on_right else -_GAP_X / 4)
        return [(side, y), (step, y), (step, lane)]
    return [(x, node.y if lane < y else node.y + node.height), (x, lane)]
