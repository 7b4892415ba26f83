"""What a plan allows after what happened: its net as a deterministic automaton over planned touchpoints.

Pure, and without any library. A state stands for all markings of the net that the same touchpoints lead to.
"""

from collections.abc import Iterable
from typing import Final

from journey_analytics.mining.markings import Marking, Markings, TooFreeError
from journey_analytics.mining.petri import Net

MAX_MARKINGS: Final = 2_000
"""Markings that one state may stand for; a net that reaches more at once is too free to be walked through."""


class Walk:
    """Walks through a net by the labels of its transitions.

    A state is a number; the first one, of the initial marking, is `Walk.START`. Every state is made when it is first
    asked for, and has the same number in every run.
    """

    START: Final = 0

    def __init__(self, net: Net) -> None:
        """Read the net.

        Raises:
            TooFreeError: silent steps alone lead to too many markings.
        """
        self._markings = Markings(net)
        self._states: list[frozenset[Marking]] = []
        self._numbers: dict[frozenset[Marking], int] = {}
        self._next: dict[int, dict[str, int]] = {}
        self._state([self._markings.start])

    def following(self, state: int) -> dict[str, int]:
        """The planned touchpoints that may come next, by name, each with the state that it leads to.

        Raises:
            TooFreeError: one of them leads to too many markings.
        """
        if state not in self._next:
            found: dict[str, list[Marking]] = {}
            for marking in self._states[state]:
                for label, after in self._markings.after(marking):
                    if label is not None:
                        found.setdefault(label, []).append(after)
            self._next[state] = {label: self._state(markings) for label, markings in sorted(found.items())}
        return self._next[state]

    def can_end(self, state: int) -> bool:
        """Whether the plan may be over there."""
        return self._markings.end in self._states[state]

    def states(self, *, most: int) -> list[int]:
        """Every state that can be reached.

        Raises:
            TooFreeError: they are more than `most`.
        """
        found = [self.START]
        for state in found:
            found += sorted(set(self.following(state).values()) - set(found))
            if len(found) > most:
                raise TooFreeError
        return found

    def _state(self, markings: Iterable[Marking]) -> int:
        """The number of the state of these markings and those that silent steps lead to."""
        closed = self._closed(markings)
        if closed not in self._numbers:
            self._numbers[closed] = len(self._states)
            self._states.append(closed)
        return self._numbers[closed]

    def _closed(self, markings: Iterable[Marking]) -> frozenset[Marking]:
        found = set(markings)
        waiting = list(found)
        while waiting:
            for label, after in self._markings.after(waiting.pop()):
                if label is None and after not in found:
                    found.add(after)
                    waiting.append(after)
            if len(found) > MAX_MARKINGS:
                raise TooFreeError
        return frozenset(found)
