"""A process tree of our own: what a model is written, kept, judged and drawn as. Nothing here needs pm4py.

Parts whose order means nothing are kept sorted, so that one model has one text, whatever found it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

SEQUENCE, CHOICE, PARALLEL, LOOP = "->", "X", "+", "*"
OPERATORS = (SEQUENCE, CHOICE, PARALLEL, LOOP)
FLOWER_PART = 0.5
SMALLEST_FLOWER = 3
"""A free choice, repeated at will, among more than FLOWER_PART of a model's activities makes it a flower."""

MAX_DEPTH = 100
"""A tree nested deeper is refused: no designed journey is, and Python could not walk it."""

_LEAST_LOOP = 2
_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<operator>->|[X+*O])(?=\s*\()
    |(?P<mark>[(),])
    |(?P<silent>tau\b|τ)
    |'(?P<single>(?:[^'\\]|\\.)*)'
    |"(?P<double>(?:[^"\\]|\\.)*)"
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(r"['\\]")
_WITH_BACKSLASH = r"\\\g<0>"


@dataclass(frozen=True)
class Tree:
    """An activity, a silent step (neither activity nor operator), or an operator over parts.

    The first part of a loop is done, then the model ends or does another of the parts and starts again.
    """

    activity: str | None = None
    operator: str | None = None
    parts: tuple["Tree", ...] = ()

    def __str__(self) -> str:
        """The notation that process-mining tools share: `->( 'a', X( tau, 'b' ) )`; a quote or backslash is escaped."""
        if self.operator:
            return f"{self.operator}( {', '.join(map(str, self.parts))} )"
        return "tau" if self.activity is None else f"'{_ESCAPED.sub(_WITH_BACKSLASH, self.activity)}'"

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


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


def parse_tree(text: str) -> Tree:
    """A process tree from its text, the opposite of `str(tree)`.

    Args:
        text: operators `->` (in this order), `X` (one of), `+` (all, in any order) and `*` (the first, then as often as
            needed another and the first again) before their parts in parentheses; an activity in quotes, a quote in it
            after a backslash; `tau` for a silent step. Spaces and line ends mean nothing.

    Raises:
        ValueError: the text is no such tree; the message gives the character (from 1) and what was expected there.
    """
    reader = _Reader(text)
    tree = reader.tree(depth=0)
    reader.expect("end", "the end of the text")
    return tree


class _Reader:
    """Reads the tokens of one text from left to right."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._token = next(self._tokens)

    def tree(self, *, depth: int) -> Tree:
        """The tree that begins here."""
        if depth > MAX_DEPTH:
            raise _fault(self._token, f"at most {MAX_DEPTH} operators within each other")
        token = self._next()
        if token.kind == "operator":
            return self._operator(token, depth=depth)
        if token.kind == "activity" and token.text.strip():
            return Tree(activity=token.text)
        if token.kind == "silent":
            return Tree()
        raise _fault(token, "an operator (-> X + *) with its parts in parentheses, an activity in quotes, or tau")

    def expect(self, text: str, what: str) -> None:
        """Pass over a mark that has to be here."""
        token = self._next()
        if token.text != text or token.kind not in ("mark", "end"):
            raise _fault(token, what)

    def _operator(self, token: _Token, *, depth: int) -> Tree:
        if token.text not in OPERATORS:
            raise _fault(token, f"one of the operators {' '.join(OPERATORS)} (the inclusive O is not known here)")
        parts = self._parts(depth=depth + 1)
        if token.text == LOOP and len(parts) < _LEAST_LOOP:
            raise _fault(token, "a loop of at least two parts (what is done, and what leads back; tau for nothing)")
        return operator_tree(token.text, parts)

    def _parts(self, *, depth: int) -> list[Tree]:
        self.expect("(", "(")
        parts = [self.tree(depth=depth)]
        while self._token.kind == "mark" and self._token.text == ",":
            self._next()
            parts.append(self.tree(depth=depth))
        self.expect(")", ", or )")
        return parts

    def _next(self) -> _Token:
        token = self._token
        self._token = next(self._tokens, token)
        return token


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            yield _Token("other", text[at : at + 20], at)
            return
        kind = found.lastgroup or ""
        if kind in ("single", "double"):
            yield _Token("activity", re.sub(r"\\(.)", r"\1", found[kind], flags=re.DOTALL), at)
        elif kind != "space":
            yield _Token(kind, found[kind], at)
        at = found.end()
    yield _Token("end", "end", at)


def _fault(token: _Token, expected: str) -> ValueError:
    found = "the text ends" if token.kind == "end" else f"found {token.text!r}"
    return ValueError(f"at character {token.at + 1}: expected {expected}, but {found}")
