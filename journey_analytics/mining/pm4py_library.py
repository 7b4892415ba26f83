"""The door to pm4py: imported when it is needed, quietly, and what it hands over as ours."""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from journey_analytics.errors import ConfigurationError
from journey_analytics.mining.bpmn_graph import Graph, canonical_graph
from journey_analytics.mining.petri import Net, NetBuilder

NOT_INSTALLED = 'pm4py is not installed: pip install "journey-analytics[mining]"'


def is_available() -> bool:
    """Whether pm4py is installed; it is not imported to find out."""
    return find_spec("pm4py") is not None


def pm4py() -> Any:
    """The library.

    Raises:
        ConfigurationError: it is not installed; the message names the extra.
    """
    if not is_available():
        raise ConfigurationError(NOT_INSTALLED)
    sys._pm4py_welcome_shown = True  # type: ignore[attr-defined]  # or it prints a licence banner to stderr
    import pm4py as library

    return library


def net_from_pm4py(net: Any, initial: Any, final: Any) -> Net:
    """A pm4py net with its markings as ours; nodes in the order of their names."""
    builder = NetBuilder()
    keys: dict[Any, str] = {}
    for place in sorted(net.places, key=lambda place: str(place.name)):
        keys[place] = builder.place(initial=initial[place], final=final[place])
    for transition in sorted(net.transitions, key=lambda transition: str(transition.name)):
        label = (transition.label or "").strip()
        keys[transition] = builder.transition(label or None)
    for source, target, weight in sorted((keys[arc.source], keys[arc.target], arc.weight) for arc in net.arcs):
        builder.arc(source, target, weight=weight)
    return builder.net


def bpmn_net(path: Path) -> Net:
    """The net of a BPMN 2.0 file that is known to be XML.

    Raises:
        ConfigurationError: pm4py is not installed.
        ValueError: pm4py cannot make a net of it.
    """
    library = pm4py()
    try:
        return net_from_pm4py(*library.convert_to_petri_net(library.read_bpmn(str(path))))
    except Exception as error:  # whatever it stumbles over in a file that a person wrote
        raise ValueError(f"pm4py makes no Petri net of this BPMN: {error or type(error).__name__}") from error


def bpmn_graph(found: Any) -> Graph:
    """A BPMN object of pm4py as a graph in canonical order; only tasks keep their names."""
    nodes = {str(node.get_id()): _element(node) for node in found.get_nodes()}
    flows = [(str(flow.get_source().get_id()), str(flow.get_target().get_id())) for flow in found.get_flows()]
    return canonical_graph(nodes, flows)


def _element(node: Any) -> tuple[str, str]:
    kinds = [kind.__name__ for kind in type(node).__mro__]
    element = next((element for kind, element in _ELEMENTS.items() if kind in kinds), "task")
    return element, node.get_name() if element == "task" else ""


_ELEMENTS = {
    "StartEvent": "startEvent",
    "EndEvent": "endEvent",
    "ExclusiveGateway": "exclusiveGateway",
    "ParallelGateway": "parallelGateway",
    "InclusiveGateway": "inclusiveGateway",
}
