"""What lifting a segment to the level of comparable ones would bring: the target, the gain and its interval. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from journey_analytics.opportunity.pooling import drawn, pooled, with_noise

TARGET_QUANTILE: Final = 0.75
MONTH_DAYS: Final = 365.25 / 12
SEGMENT: Final = ("stage", "segment")
BARRIER: Final = (*SEGMENT, "segment_value")

_LOW, _HIGH = 0.025, 0.975


@dataclass(frozen=True)
class Purchase:
    """What a purchase is worth: its mean `amount`, the mean's standard error, in one `currency`.

    `other_currency_count` purchases in other currencies are left out.
    """

    amount: float
    standard_error: float
    currency: str
    other_currency_count: int = 0


@dataclass(frozen=True)
class Parts:
    """What gains are made of; frames have a row per barrier (`stage`, `segment`, `segment_value`).

    Attributes:
        advance: `share` that advances, its `variance` (both null where not told) and `is_comparable` (may set targets).
        goal: the same of purchasing once the next stage is reached; only of stages where that is not certain.
        entrants: `recent_count`, those who entered within the last `days`.
        days: the length of that span.
        purchase: what one is worth; None where no purchase has an amount.
    """

    advance: pl.DataFrame
    goal: pl.DataFrame
    entrants: pl.DataFrame
    days: float
    purchase: Purchase | None


def gains(parts: Parts, *, open_ended: Sequence[str]) -> pl.DataFrame:
    """One row per barrier of `parts.advance`: present and target share, and what the difference is worth per month.

    gain = entrants per month × max(0, target − present) × goal share (× amount). Present, target and goal shares are
    pooled (see `pooling`): what noise alone explains is out of them. The target is the upper quartile of the *other*
    comparable values of the same column at the same stage; each counts once (their sizes are in the pooling already),
    and between two of them it is linear (type 7 of Hyndman & Fan 1996). Where a part is missing the gain is null.

    The 95 % interval is that of joint draws of all parts: shares from the pooled model, the entrants' rate as a Poisson
    count (on the square root scale), the mean amount as normal. It holds the estimate. What is drawn depends on names
    alone.

    Args:
        parts: what gains are made of.
        open_ended: stages from which a purchase is not yet certain once the next one is reached.
    """
    present = pooled(parts.advance, by=SEGMENT).rename({"pooled_share": "present"})
    goal = pooled(parts.goal, by=SEGMENT).select(*BARRIER, goal="pooled_share")
    rows = with_level(present, of="present", by=SEGMENT).join(parts.entrants, on=[*BARRIER], how="left")
    rated = _with_goal(rows, goal, open_ended=open_ended).with_columns(
        rate=pl.col("recent_count").fill_null(0) / parts.days * MONTH_DAYS
    )
    customers = pl.col("rate") * (pl.col("level") - pl.col("present")).clip(0.0) * pl.col("goal")
    amount = None if parts.purchase is None else parts.purchase.amount
    named = rated.with_columns(customers=customers).with_columns(
        amount=pl.col("customers") * pl.lit(amount, pl.Float64)
    )
    intervals = _intervals(_draws(parts, open_ended=open_ended))
    return named.join(intervals, on=[*BARRIER], how="left").with_columns(
        *(pl.min_horizontal(f"{name}_low", name).alias(f"{name}_low") for name in _BOUNDED),
        *(pl.max_horizontal(f"{name}_high", name).alias(f"{name}_high") for name in _BOUNDED),
    )


_BOUNDED: Final = ("present", "customers", "amount")


def with_level(rows: pl.DataFrame, *, of: str, by: Sequence[str]) -> pl.DataFrame:
    """Add `level`, the upper quartile of `of` over the *other* comparable rows of the group, and their `other_count`.

    `level` is null where there is no other. The rows come sorted by group; ties by `segment_value`.
    """
    usable = rows.with_columns(is_usable=pl.col("is_comparable") & pl.col(of).is_not_null())
    counted = pl.col("is_usable").sum().over(by).cast(pl.Int64) - pl.col("is_usable").cast(pl.Int64)
    placed = usable.sort(*by, ~pl.col("is_usable"), of, "segment_value").with_columns(
        other_count=counted, rank=pl.int_range(pl.len()).over(by)
    )
    place = TARGET_QUANTILE * (pl.col("other_count") - 1).clip(0)
    low, high = (_other(at.cast(pl.Int64), of=of, by=by) for at in (place.floor(), place.ceil()))
    level = low + (place - place.floor()) * (high - low)
    return placed.with_columns(level=pl.when(pl.col("other_count") > 0).then(level)).drop("rank", "is_usable")


def _other(place: pl.Expr, *, of: str, by: Sequence[str]) -> pl.Expr:
    """The value at a place (from 0) among the others of a sorted group: those from the row itself on move up by one."""
    passed = place + (pl.col("is_usable") & (place >= pl.col("rank"))).cast(pl.Int64)
    return pl.col(of).gather(passed.clip(0, pl.len() - 1)).over(by)


def _with_goal(rows: pl.DataFrame, goal: pl.DataFrame, *, open_ended: Sequence[str]) -> pl.DataFrame:
    keys = [key for key in (*BARRIER, "draw") if key in goal.columns]
    joined = rows.join(goal, on=keys, how="left", maintain_order="left")
    return joined.with_columns(goal=pl.when(pl.col("stage").is_in(open_ended)).then("goal").otherwise(1.0))


def _draws(parts: Parts, *, open_ended: Sequence[str]) -> pl.DataFrame:
    """Gains as they may be: `present`, `customers` and `amount` per barrier and draw."""
    present = drawn(parts.advance, by=SEGMENT, purpose="advance").rename({"drawn_share": "present"})
    level = with_level(present, of="present", by=[*SEGMENT, "draw"])
    goal = drawn(parts.goal, by=SEGMENT, purpose="goal").select(*BARRIER, "draw", goal="drawn_share")
    entrants = with_noise(parts.entrants.select(*BARRIER, "recent_count"), by=BARRIER, purposes=["entrants"])
    rows = level.join(entrants, on=[*BARRIER, "draw"])
    whole = _with_goal(rows, goal, open_ended=open_ended).join(_amounts(parts.purchase), on="draw")
    rate = (pl.col("recent_count").sqrt() + pl.col("entrants") / 2).clip(0.0) ** 2 / parts.days * MONTH_DAYS
    customers = rate * (pl.col("level") - pl.col("present")).clip(0.0) * pl.col("goal")
    return whole.with_columns(customers=customers).with_columns(amount=pl.col("customers") * pl.col("drawn_amount"))


def _intervals(draws: pl.DataFrame) -> pl.DataFrame:
    """The 2.5 and 97.5 % points of the present share, of customers and of money over the draws."""
    return draws.group_by(*BARRIER).agg(
        *(pl.col(name).quantile(_LOW, "linear").alias(f"{name}_low") for name in _BOUNDED),
        *(pl.col(name).quantile(_HIGH, "linear").alias(f"{name}_high") for name in _BOUNDED),
    )


def _amounts(purchase: Purchase | None) -> pl.DataFrame:
    """The mean amount as it may be, a row per draw; null where there is none."""
    one = pl.DataFrame({"what": ["purchase"]})
    mean, error = (None, None) if purchase is None else (purchase.amount, purchase.standard_error)
    drawn_amount = pl.lit(mean, pl.Float64) + pl.lit(error, pl.Float64) * pl.col("amount")
    noise = with_noise(one, by=["what"], purposes=["amount"])
    return noise.select("draw", drawn_amount=drawn_amount.clip(0.0))
