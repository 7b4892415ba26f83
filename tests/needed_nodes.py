"""The part of a run that a test looks at."""

from collections.abc import Collection, Sequence

from journey_analytics import build

Node = build.Model | build.Step


def needed(nodes: Sequence[Node], wanted: Collection[str]) -> list[Node]:
    """Of nodes in order, those that the wanted tables come from."""
    asked, kept = set(wanted), list[Node]()
    for node in reversed(nodes):
        if asked & (node.makes if isinstance(node, build.Step) else {node.name}):
            kept.append(node)
            asked |= node.reads
    return kept[::-1]
