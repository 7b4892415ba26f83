"""Resampling of groups of customers: whole customers stay together, and the groups never depend on the run."""

from collections.abc import Sequence
from functools import cache
from random import Random
from typing import Final

import polars as pl

BUCKETS: Final = 200
"""Groups of customers, by the digits of their id."""

REPLICATES: Final = 200
_SEED: Final = 20_260_101
_TAIL: Final = 0.025


@cache
def resamples() -> tuple[list[int], ...]:
    """How often each group is taken: the data as they are, then every replicate (as many groups, with replacement)."""
    random = Random(_SEED)
    return ([1] * BUCKETS, *(_drawn(random) for _ in range(REPLICATES)))


def _drawn(random: Random) -> list[int]:
    times = [0] * BUCKETS
    for bucket in random.choices(range(BUCKETS), k=BUCKETS):
        times[bucket] += 1
    return times


class Tallies:
    """Sums of whole numbers by key and bucket, and what they come to in every resample.

    Attributes:
        keys: in order.
    """

    def __init__(self, frame: pl.DataFrame, *, key: Sequence[str], unit: pl.Expr) -> None:
        """Sum `unit` (a sum of whole numbers) over the rows of each key and `bucket`; the key's columns are numbers."""
        summed = frame.group_by(*key, "bucket").agg(unit.cast(pl.Int64).alias("unit_sum")).sort(*key, "bucket")
        self.keys: list[tuple[int, ...]] = list(dict.fromkeys(row[:-2] for row in summed.iter_rows()))
        row_of = {found: row for row, found in enumerate(self.keys)}
        places = [row_of[row[:-2]] * BUCKETS + row[-2] for row in summed.iter_rows()]
        empty = pl.zeros(len(self.keys) * BUCKETS, dtype=pl.Int64, eager=True)
        self._units = empty.scatter(places, summed["unit_sum"]) if places else empty

    def resampled(self) -> dict[tuple[int, ...], list[int]]:
        """For each key its sums over the data and every replicate."""
        times, bucket = _laid_out()
        units = [self._units[row * BUCKETS : (row + 1) * BUCKETS] for row in range(len(self.keys))]
        shape = (1 + REPLICATES, BUCKETS)
        sums = ((found.gather(bucket) * times).reshape(shape).arr.sum().to_list() for found in units)
        return dict(zip(self.keys, sums, strict=True))

    def in_units(self, unit: int) -> dict[tuple[int, ...], list[float]]:
        """The same, divided by `unit`."""
        return {key: [total / unit for total in sums] for key, sums in self.resampled().items()}


@cache
def _laid_out() -> tuple[pl.Series, pl.Series]:
    """All resamples one after the other, and the bucket that each number is of."""
    times = [taken for resample in resamples() for taken in resample]
    return pl.Series(times, dtype=pl.Int64), pl.Series([*range(BUCKETS)] * (1 + REPLICATES), dtype=pl.UInt32)


def interval(values: Sequence[float]) -> tuple[float, float]:
    """The 95 % percentile interval of the replicates (all but the first), widened to hold the first where it must.

    The p-quantile is the p(B + 1)-th value in order, between two values in proportion (Davison & Hinkley 1997, 2.4).
    """
    first, *replicates = values
    ordered = sorted(replicates)
    return min(_quantile(ordered, _TAIL), first), max(_quantile(ordered, 1 - _TAIL), first)


def _quantile(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) + 1) - 1
    below = min(max(int(place), 0), len(ordered) - 2)
    return ordered[below] + (place - below) * (ordered[below + 1] - ordered[below])
