"""Discovered models as files that other tools read, the same bytes every time."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as Xml

from journey_analytics.contract import END_NODES, START
from journey_analytics.errors import ConfigurationError
from journey_analytics.mining.bpmn import bpmn_xml
from journey_analytics.mining.bpmn_graph import graph_xml
from journey_analytics.mining.discovery import ProcessModel
from journey_analytics.mining.pnml import pnml_text
from journey_analytics.mining.tree import CHOICE, LOOP, PARALLEL, SEQUENCE, Tree
from journey_analytics.mining.variant_log import Link

MODEL_FILES: Final = (".bpmn", ".pnml", ".ptml", ".ptree")
DFG: Final = ".dfg"
"""A file of counts, of all journeys: it needs no model."""

_PTML_NAMES: Final = {SEQUENCE: "sequence", CHOICE: "xor", PARALLEL: "and", LOOP: "xorLoop"}


def check_file(path: Path) -> None:
    """Check that the end of a file's name says what to write.

    Raises:
        ConfigurationError: it is another one.
    """
    if path.suffix.lower() not in (*MODEL_FILES, DFG):
        raise ConfigurationError(f"--out {path}: expected a name that ends in {', '.join((*MODEL_FILES, DFG))}")


def model_text(model: ProcessModel, path: Path) -> str:
    """The model as the contents of a file of the kind that its name says.

    Raises:
        ConfigurationError: a model of this kind has no such form, such as a tree of a net.
    """
    suffix = path.suffix.lower()
    if suffix == ".pnml":
        return pnml_text(model.net)
    text = bpmn_text(model) if suffix == ".bpmn" else None
    if model.tree is not None and text is None:
        text = ptml_text(model.tree) if suffix == ".ptml" else f"{model.tree}\n"
    if text is None:
        raise ConfigurationError(f"--out {path}: a model of kind {model.kind} is not of that form; write a .pnml file")
    return text


def bpmn_text(model: ProcessModel) -> str | None:
    """The model as BPMN 2.0 with its diagram; None for a kind that is a mere net."""
    if model.tree is not None:
        return bpmn_xml(model.tree)
    return graph_xml(model.graph) if model.graph is not None else None


def ptml_text(tree: Tree) -> str:
    """A process tree as PTML; a loop gets the silent third part, its exit, that the format asks for."""
    root = Xml.Element("ptml")
    found = Xml.SubElement(root, "processTree", {"id": "tree", "name": "journey", "root": "n1"})
    edges: list[tuple[str, str]] = []
    _add_node(found, tree, edges)
    for number, (source, target) in enumerate(edges, start=1):
        ends = {"id": f"e{number}", "sourceId": source, "targetId": target}
        Xml.SubElement(found, "parentsNode", ends)
    Xml.indent(root)
    return Xml.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _add_node(parent: Xml.Element, tree: Tree, edges: list[tuple[str, str]]) -> str:
    """Add a tree's node and, below it, its parts; returns the node's id."""
    key = f"n{len(parent) + 1}"
    name = "" if tree.activity is None else tree.activity
    kind = _PTML_NAMES.get(tree.operator or "", "automaticTask" if tree.is_silent else "manualTask")
    Xml.SubElement(parent, kind, {"id": key, "name": name})
    for part in _ptml_parts(tree):
        edges.append((key, ""))
        place = len(edges) - 1
        edges[place] = (key, _add_node(parent, part, edges))
    return key


def _ptml_parts(tree: Tree) -> Sequence[Tree]:
    """Two ways back of a loop become one choice of them."""
    if tree.operator != LOOP:
        return tree.parts
    back = tree.parts[1] if len(tree.parts) == len(("do", "redo")) else Tree(operator=CHOICE, parts=tree.parts[1:])
    return (tree.parts[0], back, Tree())


def dfg_text(links: Sequence[Link]) -> str:
    """Directly-follows counts in the format of process-mining tools: activities, starts, ends, then the pairs.

    Raises:
        ConfigurationError: an activity has a line end in its name, which the format cannot hold.
    """
    ends = set(END_NODES.values())
    names = sorted({link.activity for link in links} - {START})
    if any(len(name.splitlines()) > 1 for name in names):
        raise ConfigurationError("an activity's name has a line end: a .dfg file cannot hold it")
    number = {name: place for place, name in enumerate(names)}
    starts = [(number[link.next_activity], link.follow_count) for link in links if link.activity == START]
    closing: dict[int, int] = {}
    for link in links:
        if link.next_activity in ends and link.activity != START:
            closing[number[link.activity]] = closing.get(number[link.activity], 0) + link.follow_count
    pairs = [
        f"{number[link.activity]}>{number[link.next_activity]}x{link.follow_count}"
        for link in links
        if link.activity != START and link.next_activity not in ends
    ]
    counted = [[f"{place}x{count}" for place, count in sorted(found)] for found in (starts, closing.items())]
    parts = [[str(len(part)), *part] for part in (names, *counted)]
    return "\n".join([line for part in parts for line in part] + pairs) + "\n"
