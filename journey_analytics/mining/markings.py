"""The markings of a Petri net, and the steps that lead from one to another. Pure, and without any library."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from journey_analytics.mining.petri import Net, arcs

Marking = tuple[int, ...]
"""Tokens by place, in the order of the net's places."""

MAX_LISTED = 20_000
"""The markings of a net are not listed where they are more."""

MAX_REMEMBERED = 200_000
"""Markings of which it is remembered at once what they lead to: it bounds the memory."""

After = list[tuple[str | None, Marking]]


class TooFreeError(Exception):
    """The net reaches more markings or states than can be listed: it is unbounded, or far too much is in any order."""


@dataclass(frozen=True)
class _Step:
    """A transition: its label (None: silent), the tokens it needs and the change it makes, by place number."""

    label: str | None
    needs: tuple[tuple[int, int], ...]
    change: tuple[tuple[int, int], ...]

    def can_fire(self, marking: Marking) -> bool:
        return all(marking[place] >= tokens for place, tokens in self.needs)

    def fired(self, marking: Marking) -> Marking:
        after = list(marking)
        for place, tokens in self.change:
            after[place] += tokens
        return tuple(after)


class Markings:
    """The markings of one net; what each leads to is worked out when it is first asked for, and remembered."""

    def __init__(self, net: Net) -> None:
        """Read the net."""
        number = {key: place for place, key in enumerate(net["places"])}
        self._steps = _steps(net, number)
        self.labels = frozenset(step.label for step in self._steps if step.label is not None)
        self._near = _by_place(self._steps, len(number))
        self.start: Marking = tuple(net["initial_marking"].get(key, 0) for key in number)
        self.end: Marking = tuple(net["final_markings"][0].get(key, 0) for key in number)
        self._after: dict[Marking, After] = {}

    def after(self, marking: Marking) -> After:
        """What can happen next: labels with the markings they lead to; silent steps first, then by name."""
        known = self._after.get(marking)
        if known is None:
            if len(self._after) > MAX_REMEMBERED:
                self._after.clear()
            near = self._near[-1] + [at for place, tokens in enumerate(marking) if tokens for at in self._near[place]]
            steps = [self._steps[at] for at in sorted(near)]
            known = [(step.label, step.fired(marking)) for step in steps if step.can_fire(marking)]
            self._after[marking] = known
        return known

    def reachable(self) -> list[Marking]:
        """Every marking that can be reached from the start, which is the first.

        Raises:
            TooFreeError: they are more than MAX_LISTED.
        """
        found = {self.start: None}
        waiting = [self.start]
        while waiting:
            for _, after in self.after(waiting.pop()):
                if after not in found:
                    found[after] = None
                    waiting.append(after)
            if len(found) > MAX_LISTED:
                raise TooFreeError
        return list(found)


def activities_ahead(
    markings: Markings, listed: Sequence[Marking], *, is_next_only: bool
) -> dict[Marking, frozenset[str]]:
    """By marking the activities that may come from there on.

    They are handed back from each marking to those before until none changes; to walk on from each would take its
    square.

    Args:
        markings: of the net.
        listed: all that can be reached.
        is_next_only: only those that may come next, with silent steps before them; else those after them too.
    """
    ahead = {marking: frozenset(name for name, _ in markings.after(marking) if name is not None) for marking in listed}
    before: dict[Marking, list[Marking]] = {marking: [] for marking in listed}
    for marking in listed:
        for label, after in markings.after(marking):
            if label is None or not is_next_only:
                before[after].append(marking)
    waiting = deque(reversed(listed))
    while waiting:
        marking = waiting.popleft()
        for earlier in before[marking]:
            if not ahead[marking] <= ahead[earlier]:
                ahead[earlier] |= ahead[marking]
                waiting.append(earlier)
    return ahead


def distances(markings: Markings, listed: Sequence[Marking]) -> dict[Marking, int]:
    """The least number of activities from each marking to the end; those from where none leads there are left out."""
    before: dict[Marking, list[tuple[int, Marking]]] = {marking: [] for marking in listed}
    for marking in listed:
        for label, after in markings.after(marking):
            before[after].append((int(label is not None), marking))
    left: dict[Marking, int] = {}
    waiting = deque([(0, markings.end)] if markings.end in before else [])
    while waiting:
        distance, marking = waiting.popleft()
        if left.setdefault(marking, distance) == distance:
            for more, earlier in before.pop(marking, ()):
                (waiting.append if more else waiting.appendleft)((distance + more, earlier))
    return left


def _by_place(steps: list[_Step], places: int) -> list[list[int]]:
    """By place the numbers of the steps that need it first; as the last list those that need nothing."""
    found: list[list[int]] = [[] for _ in range(places + 1)]
    for at, step in enumerate(steps):
        found[step.needs[0][0] if step.needs else -1].append(at)
    return found


def _steps(net: Net, number: dict[str, int]) -> list[_Step]:
    needs: dict[str, dict[int, int]] = {key: {} for key in net["transitions"]}
    change: dict[str, dict[int, int]] = {key: {} for key in net["transitions"]}
    for source, target, weight in arcs(net):
        if source in number:
            step, place, tokens = target, number[source], -weight
            needs[step][place] = needs[step].get(place, 0) + weight
        else:
            step, place, tokens = source, number[target], weight
        change[step][place] = change[step].get(place, 0) + tokens
    made = [
        _Step(found["label"], tuple(needs[key].items()), tuple(change[key].items()))
        for key, found in net["transitions"].items()
    ]
    return sorted(made, key=lambda step: step.label or "")
