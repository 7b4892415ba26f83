"""The models that share a conversion by a rule: first, last, linear, position, time decay, and two more."""

from collections.abc import Mapping
from typing import Final

import polars as pl

UNIT: Final = 2**36
"""A conversion in whole units: sums of whole numbers are the same in any order."""

HALF_LIFE_DAYS: Final = 7
END_SHARE: Final = 0.4
DIRECT: Final = "direct"

_DAY_US: Final = 86_400_000_000
_RANK: Final = pl.col("rank")
_COUNT: Final = pl.col("count")
_IS_LAST: Final = pl.col("rank") == pl.col("count") - 1


def rule_credits(touches: pl.DataFrame, *, direct: int | None) -> pl.DataFrame:
    """The credit of each touch of converted journeys under each rule.

    Args:
        touches: `journey`, `touchpoint`, `at_us`, `resolved_us` (the conversion), `amount` (whole units), in order.
        direct: the number of the channel 'direct', null where there is none: the rule `last_non_direct` is left out.

    Returns:
        The touches with, per rule, `<rule>` (units of `UNIT`) and `<rule>_amount` (the unit of `amount`): whole
        numbers that sum to one conversion and to its amount in each journey. What rounding leaves is the last touch's,
        at most half a unit per touch.

        - `first`, `last`: all to one touch.
        - `linear`: the same to each touch.
        - `position`: 40 % to the first, 40 % to the last, 20 % shared by those between; two touches half each, one all.
        - `time_decay`: 2^(−t/7 days), t from the touch to the conversion, made to sum to 1.
        - `shapley_count`: the same to each *value* in the journey, however often (its touches share it): the Shapley
          value of v(S) = conversions of journeys whose values lie within S (Zhao, Mahboobi & Bagheri 2018,
          arXiv:1804.05327, the simplified method).
        - `last_non_direct`: the last touch that is not direct; where all are, the last.
    """
    placed = touches.with_columns(
        rank=pl.int_range(pl.len()).over("journey"),
        count=pl.len().cast(pl.Int64).over("journey"),
        decay=_decay(),
        occurrences=pl.len().over("journey", "touchpoint"),
    ).with_columns(
        decay_sum=pl.col("decay").sum().over("journey"),
        values=pl.col("touchpoint").n_unique().over("journey"),
        chosen=_last_non_direct(direct),
    )
    return placed.select("journey", "touchpoint", *_credits(_shares(direct)))


def rule_names(*, direct: int | None) -> tuple[str, ...]:
    """The rules that `rule_credits` has columns for."""
    return tuple(_shares(direct))


def _shares(direct: int | None) -> Mapping[str, pl.Expr]:
    """Each rule's share of the conversion for a touch, 0 to 1."""
    shares = {
        "first": (_RANK == 0).cast(pl.Float64),
        "last": _IS_LAST.cast(pl.Float64),
        "linear": 1 / _COUNT,
        "position": _position(),
        "time_decay": pl.col("decay") / pl.col("decay_sum"),
        "shapley_count": 1 / (pl.col("values") * pl.col("occurrences")),
    }
    return shares if direct is None else shares | {"last_non_direct": (pl.col("chosen") == _RANK).cast(pl.Float64)}


def _position() -> pl.Expr:
    is_end = (_RANK == 0) | _IS_LAST
    between = _COUNT - 2
    shared = pl.when(is_end).then(END_SHARE).otherwise((1 - 2 * END_SHARE) / between)
    return pl.when(between > 0).then(shared).otherwise(1 / _COUNT)


def _decay() -> pl.Expr:
    """Relative to the journey's last touch: the same shares, and no long look-back takes every weight to zero."""
    before_last = pl.col("at_us").last().over("journey") - pl.col("at_us")
    return 2.0 ** (-before_last / (HALF_LIFE_DAYS * _DAY_US))


def _last_non_direct(direct: int | None) -> pl.Expr:
    """The rank of the touch that gets all."""
    rank = pl.int_range(pl.len()).over("journey")
    other = pl.when(pl.col("touchpoint") != (-1 if direct is None else direct)).then(rank)
    return pl.coalesce(other.max().over("journey"), pl.len().over("journey") - 1)


def _credits(shares: Mapping[str, pl.Expr]) -> list[pl.Expr]:
    units = [_split(share, pl.lit(UNIT, dtype=pl.Int64)).alias(rule) for rule, share in shares.items()]
    return [*units, *(_split(share, pl.col("amount")).alias(f"{rule}_amount") for rule, share in shares.items())]


def _split(share: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """Whole numbers by share that sum to `whole` in each journey: the last touch gets what the others leave."""
    part = (share * whole).round().cast(pl.Int64)
    before = part.cum_sum() - part
    others = before - pl.when(_RANK == 0).then(before).forward_fill()
    return pl.when(_IS_LAST).then(whole - others).otherwise(part)
