"""How many items of each stratum are judged. Pure."""

from heapq import heapify, heapreplace
from math import sqrt
from typing import Final

import polars as pl

FEW: Final = 3
"""The least sample of a stratum, where the count allows it."""

_FLOOR_SHARE: Final = 0.9
"""At most this share of a kind's items goes into the least samples."""

_LINK_SHARE: Final = 0.2
_CUT_SHARE: Final = 0.2


def allocation(strata: pl.DataFrame, *, count: int) -> pl.DataFrame:
    """Share `count` items out to the strata.

    A fifth goes to links, a fifth to journey cuts, the rest, with what those do not need, to touchpoints, which have
    the most strata. Within a kind see `stratum_samples`.

    Args:
        strata: kind, stratum, stratum_count.
        count: items to judge, of all kinds.

    Returns:
        The rows of `strata` with sample_count, which is 0 only where there are more strata than items.
    """
    links = _of_kind(strata, "link", count=round(count * _LINK_SHARE))
    cuts = _of_kind(strata, "journey_cut", count=round(count * _CUT_SHARE))
    used = sum([*links["sample_count"], *cuts["sample_count"]])
    return pl.concat([_of_kind(strata, "touchpoint", count=count - used), links, cuts])


def _of_kind(strata: pl.DataFrame, kind: str, *, count: int) -> pl.DataFrame:
    rows = strata.filter(pl.col("kind") == kind).sort("stratum")
    samples = stratum_samples(rows["stratum_count"].to_list(), count=count)
    return rows.with_columns(sample_count=pl.Series(samples, dtype=pl.Int64))


def stratum_samples(sizes: list[int], *, count: int) -> list[int]:
    """Sample sizes of strata: a few each, the rest in proportion to the square root of the size, never above the size.

    The square root lies between equal samples (the best for each stratum's own precision) and proportional ones (the
    best for the whole): a compromise known as power allocation (Bankier 1988, The American Statistician 42:174). The
    least sample is `FEW`, or less where nine tenths of `count` do not suffice for that; with fewer items than strata
    the largest strata get one each. Ties go to the earlier stratum.
    """
    least = min(FEW, max(1, int(_FLOOR_SHARE * count / max(1, len(sizes)))))
    samples = [0] * len(sizes)
    queue = [(_need(size, 0, least), place) for place, size in enumerate(sizes)]
    heapify(queue)
    for _ in range(min(count, sum(sizes))):
        place = queue[0][1]
        samples[place] += 1
        heapreplace(queue, (_need(sizes[place], samples[place], least), place))
    return samples


def _need(size: int, sample: int, least: int) -> tuple[int, float]:
    """Where the next item goes, smallest first: strata below the least, then by items per √size; full strata last."""
    if sample >= size:
        return 2, 0.0
    return (0, sample - sqrt(size) / (1 + sqrt(size))) if sample < least else (1, sample / sqrt(size))
