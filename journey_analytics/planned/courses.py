"""Where journeys came to in a plan, and where they deviated from it. Pure.

Outcomes are compared among journeys that came to the same place: a deviation late in the plan is seen only of those
who got there, and whoever left at once has neither the deviation nor a purchase.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from journey_analytics.contract import START
from journey_analytics.mining.moves import Move

Orders = Mapping[str, int | None]
"""By planned label the order of its rows; None where it has none of its own."""


@dataclass(frozen=True)
class Course:
    """One variant's way through a plan; a place is a planned label, or START before the first one.

    Attributes:
        came: places that it came to before the purchase.
        came_ever: those that it came to at all; START is always among them.
        after: unplanned labels with the last place before each.
        after_before_purchase: of them those before the purchase.
        shown: unplanned labels with each place after the first arrival at which they came: before the next planned step
            of another order, and before the purchase.
        reached: unplanned labels before the purchase, with the places that it had come to when they first came.
        passed: planned labels passed over, with the place that was reached next, before the purchase.
        missing: every planned label passed over, whatever came next.
        done: planned labels done, with the place that was reached next, before the purchase.
    """

    came: frozenset[str]
    came_ever: frozenset[str]
    after: frozenset[tuple[str, str]]
    after_before_purchase: frozenset[tuple[str, str]]
    shown: frozenset[tuple[str, str]]
    reached: Mapping[str, frozenset[str]]
    passed: Mapping[str, str]
    missing: frozenset[str]
    done: Mapping[str, str]


@dataclass
class _Walker:
    """What is known of a journey on its way."""

    orders: Orders
    is_left_censored: bool
    came: set[str] = field(default_factory=set)
    came_ever: set[str] = field(default_factory=lambda: {START})
    after: set[tuple[str, str]] = field(default_factory=set)
    after_before_purchase: set[tuple[str, str]] = field(default_factory=set)
    shown: set[tuple[str, str]] = field(default_factory=set)
    reached: dict[str, frozenset[str]] = field(default_factory=dict)
    passed: dict[str, str] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    done: dict[str, str] = field(default_factory=dict)
    last: str = START
    open: set[str] = field(default_factory=set)
    waiting: dict[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Every journey stands at the start, but one whose start may be missing is not known to."""
        if not self.is_left_censored:
            self.came.add(START)
            self.open.add(START)

    def deviate(self, label: str, *, is_before: bool) -> None:
        """Something unplanned came."""
        self.after.add((label, self.last))
        if is_before:
            self.after_before_purchase.add((label, self.last))
            self.reached.setdefault(label, frozenset(self.came))
            self.shown |= {(label, place) for place in self.open}

    def pass_over(self, label: str) -> None:
        """A planned touchpoint was left out."""
        self.missing.add(label)
        self.waiting.setdefault(label, True)

    def arrive(self, label: str, *, is_before: bool) -> None:
        """A planned touchpoint came."""
        if is_before:
            self._reach(label)
        self.open = {place for place in self.open if self._is_beside(place, label)}
        if label not in self.came_ever and is_before:
            self.open.add(label)
            self.came.add(label)
        is_first_seen = self.is_left_censored and self.last == START
        if not is_first_seen and label not in self.passed and label not in self.done:
            self.waiting.setdefault(label, False)
        self.came_ever.add(label)
        self.last = label

    def _reach(self, label: str) -> None:
        """What was passed over or done in an earlier order was so when this place was reached."""
        for known in [known for known in self.waiting if not self._is_beside(known, label)]:
            told = self.passed if self.waiting.pop(known) else self.done
            told[known] = label

    def _is_beside(self, place: str, label: str) -> bool:
        """Whether two places are one, or of one order: reaching the one is not going on from the other."""
        order = self.orders.get(place)
        return place == label or (order is not None and order == self.orders.get(label))


_UNLIMITED: Final = 1 << 60


def course(moves: Sequence[Move], *, orders: Orders, is_left_censored: bool, before: int | None) -> Course:
    """The way of one variant.

    Args:
        moves: of its alignment, what is out of sight left out.
        orders: of the plan's labels.
        is_left_censored: whether its beginning may be missing: then it is not known to have come to the start.
        before: its steps before the purchase; None without one.
    """
    walker = _Walker(orders, is_left_censored)
    step, limit = 0, _UNLIMITED if before is None else before
    for move in moves:
        label = move.activity or ""
        if move.kind == "model":
            walker.pass_over(label)
            continue
        tell = walker.arrive if move.kind == "sync" else walker.deviate
        tell(label, is_before=step < limit)
        step += 1
    return _told(walker)


def _told(walker: _Walker) -> Course:
    return Course(
        came=frozenset(walker.came),
        came_ever=frozenset(walker.came_ever),
        after=frozenset(walker.after),
        after_before_purchase=frozenset(walker.after_before_purchase),
        shown=frozenset(walker.shown),
        reached=walker.reached,
        passed=walker.passed,
        missing=frozenset(walker.missing),
        done=walker.done,
    )
