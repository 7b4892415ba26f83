"""Which known activity a name resembles: its words, with synonyms made alike and rare words counting more."""

import math
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

LEAST: Final = 0.3
"""Below it two names have nothing in common but an everyday word."""

_WORD: Final = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class Resemblance:
    """The known activity that a name resembles most, and how much: 0 nothing, 1 the same words."""

    activity: str
    resemblance: float


def resemblances(
    names: Collection[str], known: Sequence[str], *, meanings: Mapping[str, str | None]
) -> dict[str, Resemblance]:
    """For each name the known activity with the most similar words; no entry below `LEAST`.

    The similarity is the weight of the words they share over the weight of all their words (Jaccard's index). A word
    weighs log(1 + N / n), n being how many of the N known activities have it; one that none has weighs as if one had.

    Args:
        names: in snake_case; numbers count for nothing.
        known: in order of preference: the earlier one wins a tie. A name never resembles itself.
        meanings: what a word stands for, in one word (basket → cart) or several; null: the word says nothing.
    """
    described = {name: _words(name, meanings) for name in known}
    uses = Counter(word for words in described.values() for word in words)
    weights = {word: math.log1p(len(described) / count) for word, count in uses.items()}
    rare = math.log1p(len(described))
    found = {}
    for name in names:
        words = _words(name, meanings)
        others = {other: theirs for other, theirs in described.items() if other != name}
        ranked = [Resemblance(o, round(_similarity(words, theirs, weights, rare), 4)) for o, theirs in others.items()]
        best = max(ranked, key=lambda pair: pair.resemblance, default=None)
        if best and best.resemblance >= LEAST:
            found[name] = best
    return found


def _words(name: str, meanings: Mapping[str, str | None]) -> frozenset[str]:
    meant = (meanings.get(word, word) or "" for word in _WORD.findall(name.lower()))
    return frozenset(word for meaning in meant for word in _WORD.findall(meaning))


def _similarity(mine: frozenset[str], theirs: frozenset[str], weights: Mapping[str, float], rare: float) -> float:
    # Sorted: a sum of floats depends on its order, and a set has none.
    total = sum(weights.get(word, rare) for word in sorted(mine | theirs))
    return sum(weights.get(word, rare) for word in sorted(mine & theirs)) / total if total else 0.0
