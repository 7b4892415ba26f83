"""Barriers of one stage that are partly, or wholly, the same journeys as a better one. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import polars as pl

from journey_analytics.contract import UNKNOWN

COMPARED: Final = 30
"""So many of the first barriers of a stage are compared with those before them."""

SAME_SHARE: Final = 0.95
"""Two barriers are one when this much of the journeys of either are of both."""

Barrier = tuple[str, str]
"""A segment column and its value."""

_SCHEMA: Final = {
    "stage": pl.String, "segment": pl.String, "segment_value": pl.String, "overlap_segment": pl.String,
    "overlap_value": pl.String, "overlap_share": pl.Float64, "is_same": pl.Boolean,
}  # fmt: skip


def overlaps(visits: pl.DataFrame, ranking: Sequence[tuple[str, str, str]]) -> pl.DataFrame:
    """Of each barrier, the better one of its stage that shares most of its entrants.

    Args:
        visits: `stage` and a column per segment; a null is 'unknown'.
        ranking: (stage, segment, segment_value), best first.

    Returns:
        At most one row per barrier: `overlap_segment` and `overlap_value` name the better one, `overlap_share` is of
        this barrier's entrants, `is_same` tells that both are the same journeys. A barrier that is the same as a
        better one is not compared with further ones. Ties: the better one.
    """
    stages = dict.fromkeys(stage for stage, _, _ in ranking)
    rows = [
        (stage, *row)
        for stage in stages
        for row in _of_stage(
            visits.filter(pl.col("stage") == stage),
            [(segment, value) for at, segment, value in ranking if at == stage][:COMPARED],
        )
    ]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def _of_stage(entrants: pl.DataFrame, barriers: Sequence[Barrier]) -> Iterator[tuple[str, str, str, str, float, bool]]:
    counts = _counts(entrants, barriers)
    kept: list[int] = []
    for place, barrier in enumerate(barriers):
        found = [(_same(counts, place, better), counts[place, better], better) for better in kept]
        is_same, common, better = max(found, key=lambda one: (one[0], one[1], -one[2]), default=(False, 0, 0))
        if common:
            yield *barrier, *barriers[better], common / counts[place, place], is_same
        if not is_same:
            kept.append(place)


def _same(counts: Mapping[tuple[int, int], int], place: int, better: int) -> bool:
    common = counts[place, better]
    return common >= SAME_SHARE * (counts[place, place] + counts[better, better] - common)


def _counts(entrants: pl.DataFrame, barriers: Sequence[Barrier]) -> dict[tuple[int, int], int]:
    """Entrants of each barrier (n, n) and of each two of them (later, earlier)."""
    member = entrants.select(_is_in(barrier).alias(f"{place}") for place, barrier in enumerate(barriers))
    pairs = [(later, first) for later in range(len(barriers)) for first in range(later + 1)]
    both = [(pl.col(f"{later}") & pl.col(f"{first}")).sum().alias(f"{later} {first}") for later, first in pairs]
    return dict(zip(pairs, member.select(both).row(0), strict=True))


def _is_in(barrier: Barrier) -> pl.Expr:
    segment, value = barrier
    return pl.col(segment).cast(pl.String).fill_null(UNKNOWN) == value
