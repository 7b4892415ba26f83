"""Of all the cheapest alignments of a trace to a net too free for an automaton, always the same one.

An aligner says what the cheapest costs. Which of several it returns is chance (its hash tables are salted), and with it
whether b or c counts as the step that is missing from a choice. Here a depth-first search that knows the cost tries the
moves of every state in one fixed order and returns the first alignment that costs no more.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any, Final

from journey_analytics.mining.markings import Marking, Markings, TooFreeError, activities_ahead, distances
from journey_analytics.mining.moves import Move
from journey_analytics.mining.petri import Net

MAX_STATES: Final = 100_000
"""A trace whose search meets more states is given up: it bounds the memory and the time, to a second or so."""

_Found = tuple[Marking, int, int, Any, Any]
"""A state of the search: where the net and the trace stand, what may still be paid, and the move and state before."""


class FirstWays:
    """Searches through one net; what its markings lead to is remembered between them."""

    def __init__(self, net: Net) -> None:
        """Read the net and, where its markings can be listed, what is ahead of each: it spares most of the states."""
        self._markings = Markings(net)
        try:
            listed = self._markings.reachable()
        except TooFreeError:
            listed = []
        self._left = distances(self._markings, listed)
        self._ahead = activities_ahead(self._markings, listed, is_next_only=False)

    def moves(self, trace: Sequence[str], *, cost: int) -> tuple[Move, ...] | None:
        """The moves of the first alignment found that costs at most `cost`, silent ones left out.

        At every state it tries, in this order: what is planned and was done; silent steps; what was done though not
        planned; what was planned though not done (the last by name). None where no alignment is that cheap, or the
        search met more than MAX_STATES states.
        """
        strange: dict[frozenset[str], list[int]] = {}
        best: dict[tuple[Marking, int], int] = {}
        stack: list[_Found] = [(self._markings.start, 0, cost, None, None)]
        while stack and len(best) <= MAX_STATES:
            found = stack.pop()
            marking, at, budget, _, _ = found
            if best.get((marking, at), -1) >= budget or budget < self._least(marking, at, trace, strange):
                continue
            best[marking, at] = budget
            if at == len(trace) and marking == self._markings.end:
                return tuple(_moves(found))[::-1]
            stack.extend(self._next(found, trace[at] if at < len(trace) else None))
        return None

    def _least(self, marking: Marking, at: int, trace: Sequence[str], strange: dict[frozenset[str], list[int]]) -> int:
        """What the rest costs at least: touchpoints that cannot come any more, and planned ones for which none is left.

        `strange` remembers for one trace how many of the last touchpoints are not among some activities.
        """
        ahead = self._ahead.get(marking, self._markings.labels)
        if ahead not in strange:
            strange[ahead] = list(accumulate((name not in ahead for name in reversed(trace)), initial=0))[::-1]
        unmatched = strange[ahead][at]
        return unmatched + max(0, self._left.get(marking, 0) - (len(trace) - at - unmatched))

    def _next(self, found: _Found, activity: str | None) -> list[_Found]:
        """Where to go on from a state, the last to be tried first: a stack turns the order around."""
        marking, at, budget, _, _ = found
        after = self._markings.after(marking)[::-1]
        going: list[_Found] = []
        if budget:
            going = [(to, at, budget - 1, ("model", label), found) for label, to in after if label is not None]
            if activity is not None:
                going.append((marking, at + 1, budget - 1, ("log", activity), found))
        going += [(to, at, budget, None, found) for label, to in after if label is None]
        if activity is not None:
            going += [(to, at + 1, budget, ("sync", label), found) for label, to in after if label == activity]
        return going


def _moves(found: _Found | None) -> Iterator[Move]:
    """The visible moves on the way to a state, last first."""
    while found is not None:
        *_, move, found = found
        if move is not None:
            yield Move(*move)
