"""A process tree, as pm4py writes it, in plain words: a nested list that reads from top to bottom."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from journey_analytics.contract import STAGES
from journey_analytics.language import said
from journey_analytics.report.markup import Html, tag
from journey_analytics.report.wording import name, stage_title

_TOKEN = re.compile(r"\s*(->\(|X\(|\+\(|\*\(|O\(|\)|,|tau|'(?:[^'\\]|\\.)*')")
_WORDS = {
    "->(": "In this order",
    "X(": "One of",
    "+(": "All of these, in any order",
    "O(": "One or more of",
    "*(": "The first; then, as often as needed, the second and the first again",
}
_NOTHING = "tau"


@dataclass(frozen=True)
class _Tree:
    """An operator over children, or a label; `marks` are said behind it."""

    operator: str
    children: tuple["_Tree", ...] = ()
    label: str = ""
    marks: tuple[str, ...] = ()


class _NotATreeError(ValueError):
    """The text is not of the expected form."""


def outline(text: str) -> Html:
    """The tree as a nested list; text of another form as it is."""
    try:
        tokens = _tokens(text)
        tree = _parsed(_next(tokens), tokens)
        if next(tokens, None) is not None:
            raise _NotATreeError
        return tag("ul", tag("li", _shown(tree)), class_="tree")
    except (_NotATreeError, RecursionError):
        return tag("pre", text)


def _tokens(text: str) -> Iterator[str]:
    at = 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _NotATreeError
        yield match.group(1)
        at = match.end()


def _next(tokens: Iterator[str]) -> str:
    word = next(tokens, None)
    if word is None:
        raise _NotATreeError
    return word


def _parsed(word: str, tokens: Iterator[str]) -> _Tree:
    if word == _NOTHING:
        return _Tree(_NOTHING)
    if word.startswith("'"):
        return _Tree("", label=word[1:-1])
    if word not in _WORDS:
        raise _NotATreeError
    return _simplified(_Tree(word, children=tuple(_children(tokens))))


def _children(tokens: Iterator[str]) -> Iterator[_Tree]:
    closing = ","
    while closing == ",":
        yield _parsed(_next(tokens), tokens)
        closing = _next(tokens)
    if closing != ")":
        raise _NotATreeError


def _simplified(tree: _Tree) -> _Tree:
    """A choice with nothing is something optional; a loop back over nothing is something repeated."""
    some = tuple(child for child in tree.children if child.operator != _NOTHING)
    if len(some) == len(tree.children):
        return tree
    if tree.operator == "X(":
        kept = some[0] if len(some) == 1 else replace(tree, children=some)
        return replace(kept, marks=(*kept.marks, said("may be skipped")))
    if tree.operator == "*(" and tree.children[0].operator != _NOTHING:
        return replace(some[0], marks=(*some[0].marks, said("once or several times")))
    return tree


def _shown(tree: _Tree) -> Html:
    marks = tag("small", f" ({', '.join(tree.marks)})") if tree.marks else None
    if tree.operator == _NOTHING:
        return tag("em", said("nothing"))
    if not tree.operator:
        return tag("span", stage_title(tree.label) if tree.label in STAGES else name(tree.label), marks)
    children = [tag("li", _shown(child)) for child in tree.children]
    return tag("span", tag("small", said(_WORDS[tree.operator])), marks, tag("ul", *children))
