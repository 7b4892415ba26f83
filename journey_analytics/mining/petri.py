"""A Petri net as a plain dict, in the form that r4pm aligns, and the one order in which its parts stand.

`places` and `transitions` by key, a transition's `label` (None: a silent step), `arcs`, `initial_marking` (tokens by
place) and `final_markings`. Keys and order depend on the net alone, never on the names or the order of a file: what is
computed from a net is the same in every run.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID

Net = dict[str, Any]

_KINDS = {"places": 1, "transitions": 2}


class NetBuilder:
    """A net under construction; keys count up in the order of the calls."""

    def __init__(self) -> None:
        self.net: Net = {"places": {}, "transitions": {}, "arcs": [], "initial_marking": {}, "final_markings": [{}]}

    def place(self, *, initial: int = 0, final: int = 0) -> str:
        """A new place with its tokens at the start and at the end; returns its key."""
        key = self._key("places")
        self.net["places"][key] = {"id": key}
        for marking, tokens in ((self.net["initial_marking"], initial), (self.net["final_markings"][0], final)):
            if tokens:
                marking[key] = tokens
        return key

    def transition(self, label: str | None, *, sources: Sequence[str] = (), targets: Sequence[str] = ()) -> str:
        """A new step that takes a token of every source and puts one on every target; returns its key."""
        key = self._key("transitions")
        self.net["transitions"][key] = {"id": key, "label": label}
        for place in sources:
            self.arc(place, key)
        for place in targets:
            self.arc(key, place)
        return key

    def arc(self, source: str, target: str, *, weight: int = 1) -> None:
        """An arc between a place and a transition, in either direction."""
        kind = "PlaceTransition" if source in self.net["places"] else "TransitionPlace"
        self.net["arcs"].append({"from_to": {"type": kind, "nodes": [source, target]}, "weight": weight})

    def _key(self, kind: str) -> str:
        return str(UUID(int=(_KINDS[kind] << 64) + len(self.net[kind]) + 1))


def arcs(net: Net) -> Iterator[tuple[str, str, int]]:
    """Source, target and weight of every arc."""
    for arc in net["arcs"]:
        source, target = arc["from_to"]["nodes"]
        yield source, target, arc.get("weight", 1)


def labels(net: Net) -> set[str]:
    """Every activity that a net knows."""
    return {found["label"] for found in net["transitions"].values() if found["label"] is not None}


def in_canonical_order(net: Net) -> Net:
    """The same net with keys and an order of its own, whatever its nodes were called and in which order they came.

    Nodes are told apart by what they are and what is around them; see `refined`.
    """
    colours = _refined(net)
    builder, renamed = NetBuilder(), {}
    initial, final = net["initial_marking"], net["final_markings"][0]
    for key in sorted(net["places"], key=colours.__getitem__):
        renamed[key] = builder.place(initial=initial.get(key, 0), final=final.get(key, 0))
    steps = net["transitions"]
    for key in sorted(steps, key=lambda key: (steps[key]["label"] or "", colours[key])):
        renamed[key] = builder.transition(steps[key]["label"])
    for source, target, weight in sorted((renamed[s], renamed[t], weight) for s, t, weight in arcs(net)):
        builder.arc(source, target, weight=weight)
    return builder.net


def _refined(net: Net) -> dict[str, str]:
    initial, final = net["initial_marking"], net["final_markings"][0]
    places = {key: f"place {initial.get(key, 0)} {final.get(key, 0)}" for key in net["places"]}
    steps = {key: f"step {found['label']!r}" for key, found in net["transitions"].items()}
    return refined(places | steps, [(source, target, str(weight)) for source, target, weight in arcs(net)])


def refined(kinds: Mapping[str, str], edges: Sequence[tuple[str, str, str]]) -> dict[str, str]:
    """A colour per node of a graph, each its own: what it is, and what is around it.

    Where that does not tell nodes apart (as in two equal branches), one of them is marked and what is around it looked
    at again; they are interchangeable in all graphs but ones made to be hard, so which one it is makes no difference.

    Args:
        kinds: what each node is, whatever it is called.
        edges: source, target and what the edge is.

    Returns:
        By node, the same text for the same place in the graph under any names and in any order.
    """
    colours = _stable({key: _hashed(kind) for key, kind in kinds.items()}, edges)
    while len(set(colours.values())) < len(colours):
        counts = Counter(colours.values())
        shared = min(colour for colour, count in counts.items() if count > 1)
        marked = next(key for key, colour in colours.items() if colour == shared)
        colours = _stable(colours | {marked: _hashed(shared, "marked")}, edges)
    return colours


def _stable(colours: dict[str, str], edges: Sequence[tuple[str, str, str]]) -> dict[str, str]:
    """Colours mixed with those around them, until no more nodes are told apart."""
    before = 0
    while before < (before := len(set(colours.values()))):
        around: dict[str, list[str]] = {key: [] for key in colours}
        for source, target, kind in edges:
            around[source].append(f">{kind} {colours[target]}")
            around[target].append(f"<{kind} {colours[source]}")
        colours = {key: _hashed(colours[key], *sorted(around[key])) for key in colours}
    return colours


def _hashed(*parts: str) -> str:
    return sha256("\x1f".join(parts).encode()).hexdigest()
