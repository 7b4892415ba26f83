"""How many more are lost with a deviation than without it, among journeys that came to the same place. Pure.

Source: Mantel & Haenszel 1959, JNCI 22:719 (weights n₁n₀ ÷ n of each place); Greenland & Robins 1985, Biometrics 41:55
(pooled difference of shares and its variance). A journey that came to several places counts in each; its terms are
added before they are squared (Liang & Zeger 1986, Biometrika 73:13), which is their variance where each counts once.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from journey_analytics.intervals import Z_95

Cell = tuple[frozenset[str], frozenset[str]]
"""Places that journeys came to, and those of them after which they show the deviation."""
Counts = tuple[int, int]
"""Journeys that bought, and that are lost."""
Cells = Mapping[Cell, Counts]


@dataclass(frozen=True)
class Outcome:
    """Of the journeys that came to places where the deviation was shown, and not by all.

    Attributes:
        with_count: journeys that show it.
        without_count: those that do so at none of these places.
        lost_with: share (0–1) lost at a place with it, pooled over places.
        lost_without: the same without it.
        low: lower end of the 95 % interval of `lost_with` − `lost_without`, −1 to 1.
        high: its upper end.
    """

    with_count: int
    without_count: int
    lost_with: float
    lost_without: float
    low: float
    high: float


@dataclass(frozen=True)
class _Place:
    """Journeys at one place: count and share lost, with the deviation and without it."""

    count: int
    share: float
    other_count: int
    other_share: float

    @property
    def weight(self) -> float:
        return self.count * self.other_count / (self.count + self.other_count)

    def term(self, *, is_lost: int, has_it: bool) -> float:
        """What one journey adds to the difference beyond what is expected of it."""
        if has_it:
            return self.weight / self.count * (is_lost - self.share)
        return -self.weight / self.other_count * (is_lost - self.other_share)


def outcome(cells: Cells) -> Outcome | None:
    """The pooled difference; None where no place has journeys of both kinds."""
    places = _places(cells)
    total = sum(place.weight for place in places.values())
    if not total:
        return None
    lost, other = (
        sum(place.weight * getattr(place, share) for place in places.values()) / total
        for share in ("share", "other_share")
    )
    with_it, without = _journeys(cells, places, has_it=True), _journeys(cells, places, has_it=False)
    variance = _variance(cells, places) / total**2 + _certain(with_it, lost) + _certain(without, other)
    half = Z_95 * variance**0.5
    return Outcome(
        sum(with_it), sum(without), lost, other, max(lost - other - half, -1.0), min(lost - other + half, 1.0)
    )


def _places(cells: Cells) -> dict[str, _Place]:
    """Every place with journeys of both kinds, by name."""
    counts: dict[str, list[int]] = {}
    for (came, shown), (bought, lost) in cells.items():
        for name in came:
            count = counts.setdefault(name, [0, 0, 0, 0])
            first = 0 if name in shown else 2
            count[first] += bought + lost
            count[first + 1] += lost
    return {
        name: _Place(count, lost / count, other, other_lost / other)
        for name, (count, lost, other, other_lost) in sorted(counts.items())
        if count and other
    }


def _journeys(cells: Cells, places: Mapping[str, _Place], *, has_it: bool) -> Counts:
    told = [
        count
        for (came, shown), count in cells.items()
        if came & places.keys() and bool(shown & places.keys()) == has_it
    ]
    return sum(bought for bought, _ in told), sum(lost for _, lost in told)


def _variance(cells: Cells, places: Mapping[str, _Place]) -> float:
    """The sum over journeys of their squared terms; in an order that does not depend on that of the cells."""
    squares = []
    for (came, shown), counts in cells.items():
        told = [(places[name], name in shown) for name in sorted(came & places.keys())]
        for is_lost, count in enumerate(counts):
            squares.append(count * sum(place.term(is_lost=is_lost, has_it=has_it) for place, has_it in told) ** 2)
    return sum(sorted(squares))


def _certain(journeys: Counts, share: float) -> float:
    """The variance of a share of 0 or 1, which has none of its own: that of one journey more of each outcome.

    Source: Agresti & Caffo 2000, The American Statistician 54:280.
    """
    count = sum(journeys)
    if 0 < share < 1 or not count:
        return 0.0
    central = (journeys[1] + 1) / (count + 2)
    return central * (1 - central) / (count + 2)
