"""Shares with their intervals for the arrows of the map, and how two groups of journeys differ in them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from journey_analytics.intervals import difference_high, difference_low, wilson_high, wilson_low
from journey_analytics.report.figures.map_graph import ENDS, MapGraph
from journey_analytics.report.wording import SMALL_SAMPLE


@dataclass(frozen=True)
class Share:
    """A share 0–1 of `n` with Wilson's 95 % interval; all null where n is 0."""

    n: int
    share: float | None
    low: float | None
    high: float | None

    @property
    def is_small(self) -> bool:
        """Whether n is below 30: marked, never coloured."""
        return self.n < SMALL_SAMPLE


@dataclass(frozen=True)
class Difference:
    """One share in two groups: `points` = 100 × (first − second), with its 95 % interval; null where an n is 0.

    Null as well, with both shares, where `is_too_recent`: how journeys of a group end is not known yet.
    """

    first: Share
    second: Share
    points: float | None
    low_points: float | None
    high_points: float | None
    is_too_recent: bool = False

    @property
    def is_small(self) -> bool:
        """Whether one of the groups has fewer than 30."""
        return self.first.is_small or self.second.is_small

    @property
    def is_clear(self) -> bool:
        """Whether both groups are large enough and the interval leaves out no difference."""
        if self.low_points is None or self.high_points is None or self.is_small:
            return False
        return self.low_points > 0 or self.high_points < 0


def shares(parts: Sequence[int], bases: Sequence[int]) -> list[Share]:
    """Each part of its base, in the given order."""
    share, n = pl.col("part") / pl.col("n"), pl.col("n")
    frame = pl.DataFrame({"part": parts, "n": bases}, schema={"part": pl.Int64, "n": pl.Int64})
    counted = frame.select(
        n="n", share=pl.when(n > 0).then(share), low=wilson_low(share, n), high=wilson_high(share, n)
    )
    return [Share(**row) for row in counted.iter_rows(named=True)]


def differences(graph: MapGraph, versus: MapGraph, *, ends_known: bool = True) -> list[Difference]:
    """For every arrow: of 100 times at its source, how many more in `graph` than in `versus` go on this way.

    The base is what leaves the source (for START: journeys), over all links, drawn or not; so the differences at a box
    add up to 0. The interval takes every time at the source for independent, also those of one journey: it is a little
    too narrow where a journey comes by often. Arrows to the ends are null unless `ends_known` and both groups have
    settled journeys: a purchase is known at once, a loss only after a silence. Source: Newcombe 1998, Statistics in
    Medicine 17:873, method 10.
    """
    return all_differences([(graph, versus, ends_known)])[0]


def all_differences(pairs: Sequence[tuple[MapGraph, MapGraph, bool]]) -> list[list[Difference]]:
    """`differences` of several pairs of graphs, each with its `ends_known`, counted at once."""
    found = _counted([row for graph, versus, _ in pairs for row in _sides(graph, versus)])
    each = iter(found)
    return [_told(graph, versus, [next(each) for _ in graph.edges], ends) for graph, versus, ends in pairs]


def _sides(graph: MapGraph, versus: MapGraph) -> Iterator[tuple[int, int, int, int]]:
    for one, two in zip(graph.edges, versus.edges, strict=True):
        yield one.count, graph.leaving.get(one.source, 0), two.count, versus.leaving.get(one.source, 0)


def _counted(rows: Sequence[tuple[int, int, int, int]]) -> list[Difference]:
    schema = {"part": pl.Int64, "n": pl.Int64, "other_part": pl.Int64, "other_n": pl.Int64}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    n, other_n = pl.col("n"), pl.col("other_n")
    share = pl.when(n > 0).then(pl.col("part") / n)
    other = pl.when(other_n > 0).then(pl.col("other_part") / other_n)
    counted = frame.select(
        n,
        share.alias("share"),
        wilson_low(share, n).alias("low"),
        wilson_high(share, n).alias("high"),
        other_n,
        other.alias("other"),
        wilson_low(other, other_n).alias("other_low"),
        wilson_high(other, other_n).alias("other_high"),
        points=100 * (share - other),
        low_points=100 * difference_low(share, n, other, other_n),
        high_points=100 * difference_high(share, n, other, other_n),
    )
    return [Difference(Share(*row[:4]), Share(*row[4:8]), *row[8:]) for row in counted.iter_rows()]


def _told(graph: MapGraph, versus: MapGraph, found: list[Difference], ends_known: bool) -> list[Difference]:
    """With the arrows to the ends null where nobody can know them yet."""
    if ends_known and graph.settled_count and versus.settled_count:
        return found
    return [_unknown(one) if edge.target in ENDS else one for edge, one in zip(graph.edges, found, strict=True)]


def _unknown(one: Difference) -> Difference:
    first, second = (Share(side.n, None, None, None) for side in (one.first, one.second))
    return Difference(first, second, None, None, None, is_too_recent=True)
