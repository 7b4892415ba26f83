"""Shapley values of touchpoint values, exact: every coalition of at most 15 is looked at."""

from functools import cache
from math import comb
from typing import Final

import polars as pl

PLAYERS: Final = 15
"""More values than this: the 14 with most journeys, and 'other' for the rest."""


def coalition_rates(reached: pl.Series, converted: pl.Series, *, players: int) -> pl.Series:
    """The conversion rate of each coalition S: of the journeys whose values all lie within S, the share that converted.

    Args:
        reached: (weighted) journeys by their exact set of values, at the set's number: bit i is value i.
        converted: those of them that converted.
        players: n; both series have 2^n entries per game, one game after the other.

    Returns:
        v(S) at S's number; 0 where no journey lies within S.
    """
    number = pl.int_range(pl.len())
    games = pl.DataFrame({"reached": reached, "converted": converted})
    for bit in range(players):
        # A sum over all subsets, a bit at a time: a set with the bit adds what the set without it has.
        without = pl.col("reached", "converted").gather(number - (number // 2**bit % 2) * 2**bit)
        games = games.with_columns(pl.col("reached", "converted") + without * (number // 2**bit % 2))
    rate = pl.when(pl.col("reached") > 0).then(pl.col("converted") / pl.col("reached")).otherwise(0.0)
    return games.select(rate=rate).to_series()


def shapley_values(rates: pl.Series, *, players: int) -> list[list[float]]:
    """Each player's average contribution v(S ∪ i) − v(S) over all orders in which the players could come.

    Args:
        rates: v(S) at S's number, with v of the empty set at 0; one game after the other.
        players: n.

    Returns:
        For each game n values that sum to v(all) − v(none). A value is negative where its company lowers v.

    Source: Shapley 1953, in Contributions to the Theory of Games II.
    """
    games = len(rates) // 2**players
    member = pl.select(pl.int_range(len(rates), dtype=pl.UInt32) % 2**players).to_series()
    by_player = [
        (rates * weights.gather(member)).reshape((games, 2**players)).arr.sum().to_list()
        for weights in _marginal_weights(players)
    ]
    return [[of_player[game] for of_player in by_player] for game in range(games)]


@cache
def _marginal_weights(players: int) -> tuple[pl.Series, ...]:
    """For each player: how often v(S) counts, as the set after the player came (plus) or before (minus)."""
    before = [1 / (players * comb(players - 1, size)) for size in range(players)]
    sizes = [number.bit_count() for number in range(2**players)]
    return tuple(
        pl.Series([before[size - 1] if number >> bit & 1 else -before[size] for number, size in enumerate(sizes)])
        for bit in range(players)
    )
