"""The way through a plan that is nearest to what a journey did, of which either end may be out of sight.

Pure. The plan is an automaton, so this is the edit distance to a regular language, without replacing (Wagner 1974, CACM
17:265), found for all journeys together: what matters of a beginning is how much dearer each state of the plan is than
the cheapest one, and few such patterns occur. Each step from one of them to the next is worked out once.
"""

from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from typing import Final

from journey_analytics.mining.moves import Move, Sight
from journey_analytics.mining.walk import Walk

MAX_STATES: Final = 400
"""States of a plan beyond which its patterns are too many; six touchpoints in any order make 64."""

DEVIATION: Final = 1_000_000
"""What one deviation costs; one touchpoint more that nobody planned weighs less than any deviation, and breaks ties."""

MAX_REMEMBERED: Final = 4_000_000
"""Costs by state that are remembered at once; then all is forgotten and begun anew: it bounds the memory."""

_FAR: Final = 1 << 60

Pattern = tuple[int, ...]
"""By state, how much dearer it is to be there than in the cheapest one."""


class NearestWays:
    """Ways through one plan, for as many journeys as are asked for; what is worked out for one is kept for all."""

    def __init__(self, walk: Walk) -> None:
        """List the states of the plan.

        Raises:
            TooFreeError: there are more than MAX_STATES.
        """
        self._states = walk.states(most=MAX_STATES)
        self._edges = [sorted(walk.following(state).items()) for state in range(len(self._states))]
        self._ends = [state for state in range(len(self._states)) if walk.can_end(state)]
        self._labels = {label for edges in self._edges for label, _ in edges}
        self._forget()

    def _forget(self) -> None:
        """Begin with nothing but what stands before the first step."""
        self._patterns: list[Pattern] = []
        self._numbers: dict[Pattern, int] = {}
        self._after: dict[tuple[int, str | None], tuple[int, int]] = {}
        self._back: dict[tuple[int, str | None, int], tuple[int, tuple[Move, ...]]] = {}
        count = len(self._states)
        self._begins, _ = self._numbered([0 if state == Walk.START else _FAR for state in range(count)])
        self._joins, _ = self._numbered([0] * count)

    def cost(self, steps: Sequence[str]) -> int | None:
        """Deviations of a journey that has to be whole: what aligners call its cost; None where no way ends."""
        self._make_room()
        patterns, paid = self._course(steps, self._begins)
        ends = [self._patterns[patterns[-1]][state] for state in self._ends]
        least = min(ends, default=_FAR)
        return None if least >= _FAR else (paid + least) // DEVIATION

    def moves(self, steps: Sequence[str], sight: Sight) -> tuple[Move, ...]:
        """The way with the fewest deviations, as moves: what is out of sight is in none.

        Of several ways the one that leaves fewest touchpoints unplanned. Then touchpoints are matched as early, and
        missed as late as can be; ties are broken by the order of states and names, never by chance.
        """
        self._make_room()
        first = self._joins if sight.is_left_censored else self._begins
        patterns, _ = self._course(steps, first)
        ends = range(len(self._states)) if sight.is_cut_short else self._ends
        last = self._patterns[patterns[-1]]
        state = min(ends, key=lambda end: (last[end], end))
        found: list[Move] = []
        for place in range(len(steps) - 1, -1, -1):
            state, moves = self._stepped_back(patterns[place], self._label(steps[place]), state)
            found += [move if move.activity is not None else Move("log", steps[place]) for move in moves]
        found += self._passed_back(patterns[0], first, state)
        return tuple(reversed(found))

    def _make_room(self) -> None:
        if len(self._patterns) * len(self._states) > MAX_REMEMBERED:
            self._forget()

    def _label(self, step: str) -> str | None:
        return step if step in self._labels else None

    def _course(self, steps: Sequence[str], first: int) -> tuple[list[int], int]:
        """The pattern before each step and after the last, and what was paid for the cheapest state at the end."""
        patterns, paid = [first], 0
        for step in steps:
            key = (patterns[-1], self._label(step))
            if key not in self._after:
                self._after[key] = self._stepped(*key)
            pattern, more = self._after[key]
            patterns.append(pattern)
            paid += more
        return patterns, paid

    def _stepped(self, pattern: int, label: str | None) -> tuple[int, int]:
        before = self._patterns[pattern]
        costs = [cost + DEVIATION + 1 if cost < _FAR else _FAR for cost in before]
        for state, edges in enumerate(self._edges):
            for name, after in edges if label is not None else ():
                if name == label:
                    costs[after] = min(costs[after], before[state])
        return self._numbered(costs)

    def _numbered(self, costs: list[int]) -> tuple[int, int]:
        """The number of the pattern of these costs, and what its cheapest state costs."""
        relaxed = self._relaxed(costs)
        least = min(relaxed)
        pattern = tuple(cost - least if cost < _FAR else _FAR for cost in relaxed)
        if pattern not in self._numbers:
            self._numbers[pattern] = len(self._patterns)
            self._patterns.append(pattern)
        return self._numbers[pattern], least

    def _relaxed(self, costs: list[int]) -> list[int]:
        """The costs when planned touchpoints may be passed over (Dijkstra 1959)."""
        waiting = [(cost, state) for state, cost in enumerate(costs) if cost < _FAR]
        heapify(waiting)
        while waiting:
            cost, state = heappop(waiting)
            if cost == costs[state]:
                for _, after in self._edges[state]:
                    if cost + DEVIATION < costs[after]:
                        costs[after] = cost + DEVIATION
                        heappush(waiting, (costs[after], after))
        return costs

    def _stepped_back(self, pattern: int, label: str | None, state: int) -> tuple[int, tuple[Move, ...]]:
        """Where the journey stood in the plan before a step that led to `state`, and the moves since, last first.

        A log move of a step that the plan does not know stands without its name: it is shared by all of them.
        """
        key = (pattern, label, state)
        if key not in self._back:
            self._back[key] = self._worked_back(*key)
        return self._back[key]

    def _worked_back(self, pattern: int, label: str | None, state: int) -> tuple[int, tuple[Move, ...]]:
        before, (number, more) = self._patterns[pattern], self._after[pattern, label]
        after = self._patterns[number]
        moves: list[Move] = []
        while True:
            cost = after[state] + more
            passed = self._passed(after, state)
            if passed is not None:
                state, name = passed
                moves.append(Move("model", name))
            elif before[state] + DEVIATION + 1 == cost:
                return state, (*moves, Move("log", label))
            else:
                source = next(s for s, edges in enumerate(self._edges) if before[s] == cost and (label, state) in edges)
                return source, (*moves, Move("sync", label))

    def _passed(self, costs: Pattern, state: int) -> tuple[int, str] | None:
        """The state from which a passed-over touchpoint is the cheapest way here, with its name."""
        for source, edges in enumerate(self._edges):
            for name, after in edges:
                if after == state and costs[source] + DEVIATION == costs[state]:
                    return source, name
        return None

    def _passed_back(self, pattern: int, first: int, state: int) -> list[Move]:
        """What was passed over before the first step, last first."""
        moves: list[Move] = []
        costs = self._patterns[pattern]
        while first == self._begins and (passed := self._passed(costs, state)) is not None:
            state, name = passed
            moves.append(Move("model", name))
        return moves
