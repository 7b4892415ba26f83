"""Each value's share of the conversions under the models of chains and coalitions, for the data and every replicate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Final

import polars as pl

from journey_analytics.attribution.following import (
    TO_CONVERSION,
    TO_LOSS,
    WEIGHT_UNIT,
    in_units,
    resolved_weights,
)
from journey_analytics.attribution.markov import removal_effects
from journey_analytics.attribution.paths import Paths, fold
from journey_analytics.attribution.resampling import REPLICATES, Tallies, resamples
from journey_analytics.attribution.shapley import PLAYERS, coalition_rates, shapley_values

_ROWS_AT_ONCE: Final = 2**20


@dataclass(frozen=True)
class Shares:
    """Of the values of `paths`. `by_resample[0]` are the data's, then each replicate's: they sum to 1, or are all 0."""

    paths: Paths
    by_resample: list[list[float]]


def markov_shares(paths: Paths, follows: pl.DataFrame) -> Shares:
    """Removal effects, made to sum to 1.

    Journeys without a touch are left out: in a chain they would go from the start to an end and lower every removal
    effect in the same proportion.

    Args:
        paths: see `paths`.
        follows: see `followed`.
    """
    buckets = paths.journeys.select("journey", "bucket")
    steps = Tallies(
        follows.join(buckets, on="journey").with_columns(units=in_units("weight")),
        key=("touchpoint", "next"),
        unit=pl.col("units").sum(),
    )
    first = paths.touches.unique("journey", keep="first", maintain_order=True).join(buckets, on="journey")
    starts = Tallies(first, key=("touchpoint",), unit=pl.len())
    by_step, by_start = steps.resampled(), starts.resampled()
    return Shares(
        paths, [_chain_shares(by_step, by_start, size=len(paths.names), number=n) for n in range(1 + REPLICATES)]
    )


def _chain_shares(
    steps: Mapping[tuple[int, ...], Sequence[int]],
    starts: Mapping[tuple[int, ...], Sequence[int]],
    *,
    size: int,
    number: int,
) -> list[float]:
    """Of one resample. The two ends are negative numbers: they fall into the last two places of a row."""
    counts = [[0.0] * (size + 2) for _ in range(size)]
    for (value, following), sums in steps.items():
        counts[value][following] = sums[number] / WEIGHT_UNIT
    begun = [0.0] * size
    for (value,), sums in starts.items():
        begun[value] = float(sums[number])
    effects = removal_effects(
        [row[:size] for row in counts],
        starts=begun,
        conversions=[row[TO_CONVERSION] for row in counts],
        losses=[row[TO_LOSS] for row in counts],
    )
    return in_proportion(effects)


def in_proportion(values: Sequence[float]) -> list[float]:
    """The values divided by their sum; all 0 where that is 0."""
    total = fsum(values)
    return [value / total if total else 0.0 for value in values]


def shapley_shares(paths: Paths, follows: pl.DataFrame) -> Shares:
    """Shapley values of the conversion rate, made to sum to 1; beyond `PLAYERS` values the rarest become 'other'.

    The rate of a coalition is over converted and lost journeys, weighted by `resolved_weights`: open journeys are
    not failures, and without the weights quick conversions would be too many among the journeys of the last weeks.

    Args:
        paths: see `paths`.
        follows: see `followed`.
    """
    folded = fold(paths, maximum=PLAYERS)
    sets = _weighted_sets(folded, follows)
    at_once = max(1, _ROWS_AT_ONCE // max(sets.height, 2 ** len(folded.names)))
    numbered = list(enumerate(resamples()))
    parts = [numbered[begin : begin + at_once] for begin in range(0, len(numbered), at_once)]
    return Shares(
        folded, [shares for part in parts for shares in _coalition_shares(sets, part, players=len(folded.names))]
    )


def _weighted_sets(paths: Paths, follows: pl.DataFrame) -> pl.DataFrame:
    """One row per set of values and bucket: `members` (bit i: value i), `reached`, `converted` (whole units)."""
    bits = pl.col("touchpoint").replace_strict({i: 1 << i for i in range(PLAYERS)}, return_dtype=pl.Int64)
    members = paths.touches.select("journey", bit=bits).unique().group_by("journey").agg(members=pl.col("bit").sum())
    weighted = members.join(resolved_weights(follows), on="journey").join(paths.journeys, on="journey")
    won = pl.when(pl.col("outcome") == "converted").then("weight_units").otherwise(0)
    return (
        weighted.group_by("members", "bucket")
        .agg(reached=pl.col("weight_units").sum(), converted=won.sum())
        .sort("members", "bucket")
    )


def _coalition_shares(
    sets: pl.DataFrame, resampled: Sequence[tuple[int, Sequence[int]]], *, players: int
) -> list[list[float]]:
    """Of some resamples, each with its number; one game each."""
    first, size = resampled[0][0], 2**players
    games = [
        pl.DataFrame({"game": number - first, "times": times}).with_row_index("bucket") for number, times in resampled
    ]
    taken = sets.join(pl.concat(games).with_columns(pl.col("bucket").cast(pl.Int64)), on="bucket")
    sums = taken.group_by(place=pl.col("game") * size + pl.col("members")).agg(
        pl.col(name).dot("times") for name in ("reached", "converted")
    )
    nothing = pl.zeros(len(resampled) * size, dtype=pl.Int64, eager=True)
    counts = [nothing.clone().scatter(sums["place"], sums[name]) for name in ("reached", "converted")]
    rates = coalition_rates(*counts, players=players)
    return [in_proportion(values) for values in shapley_values(rates, players=players)]
