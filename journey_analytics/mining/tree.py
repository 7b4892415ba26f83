"""A process tree of our own: what a discovered model is kept, judged and drawn as. Nothing here needs pm4py.

Parts whose order means nothing are kept sorted, so that one model has one text, whatever found it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

SEQUENCE, CHOICE, PARALLEL, LOOP = "->", "X", "+", "*"
OPERATORS = (SEQUENCE, CHOICE, PARALLEL, LOOP)
FLOWER_PART = 0.5
SMALLEST_FLOWER = 3
"""A free choice, repeated at will, among more than FLOWER_PART of a model's activities makes it a flower."""


@dataclass(frozen=True)
class Tree:
    """An activity, a silent step (neither activity nor operator), or an operator over parts.

    The first part of a loop is done, then the model ends or does another of the parts and starts again.
    """

    activity: str | None = None
    operator: str | None = None
    parts: tuple["Tree", ...] = ()

    def __str__(self) -> str:
        """The notation that process-mining tools share: `->( 'a', X( tau, 'b' ) )`."""
        if self.operator:
            return f"{self.operator}( {', '.join(map(str, self.parts))} )"
        return "tau" if self.activity is None else f"'{self.activity}'"

    @property
    def is_silent(self) -> bool:
        """Whether it is a silent step."""
        return self.activity is None and self.operator is None


def operator_tree(operator: str, parts: list[Tree]) -> Tree:
    """An operator over parts, sorted by their text where order means nothing.

    Raises:
        ValueError: for an operator that is not one of OPERATORS.
    """
    if operator not in OPERATORS:
        raise ValueError(f"unknown process tree operator {operator!r}; known: {' '.join(OPERATORS)}")
    kept = {SEQUENCE: parts, LOOP: [*parts[:1], *_in_order(parts[1:])]}.get(operator) or _in_order(parts)
    return Tree(operator=operator, parts=tuple(kept))


def _in_order(parts: list[Tree]) -> list[Tree]:
    return sorted(parts, key=lambda part: (not part.is_silent, str(part)))


def activities(tree: Tree) -> set[str]:
    """Every activity of a tree."""
    return {node.activity for node in _nodes(tree) if node.activity is not None}


def is_flower(tree: Tree) -> bool:
    """Whether some loop of the tree is a free choice among more than FLOWER_PART of the tree's activities.

    Such as `*( tau, X( 'a', 'b', 'c' ) )`: any order, any number, so it says nothing about the path. A loop over one or
    two activities is a plain repetition.
    """
    choices = [len(_free_choice(node)) for node in _nodes(tree) if node.operator == LOOP]
    return any(size >= SMALLEST_FLOWER and size > FLOWER_PART * len(activities(tree)) for size in choices)


def _nodes(tree: Tree) -> Iterator[Tree]:
    yield tree
    for part in tree.parts:
        yield from _nodes(part)


def _free_choice(loop: Tree) -> set[str]:
    """The activities that a loop offers again and again, whatever came before: leaves of its parts and choices."""
    return {node.activity for part in loop.parts for node in _alternatives(part) if node.activity is not None}


def _alternatives(tree: Tree) -> Iterator[Tree]:
    if tree.operator in (CHOICE, LOOP):
        for part in tree.parts:
            yield from _alternatives(part)
    else:
        yield tree
