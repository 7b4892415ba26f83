"""The same in points: how many more of the exposed are lost than of comparable stays that are not."""

import math
from dataclasses import dataclass

import polars as pl

from journey_analytics.drivers.strata import with_places
from journey_analytics.intervals import Z_95

_MOST_LATER = 0.8


@dataclass(frozen=True)
class Points:
    """Shares lost (0–1), and their difference in percentage points with its 95 % interval."""

    exposed_share: float
    unexposed_share: float
    difference_points: float
    low_points: float
    high_points: float


def difference(moments: pl.DataFrame) -> Points | None:
    """Share lost of the exposed minus that of those who were like them when the exposure began, and unexposed.

    Each exposed stay is compared with all unexposed spells of its stratum that were still going on when the clock
    showed what it showed for the exposed one (sequential trials: Hernán et al. 2016, J Clin Epidemiol 79:70;
    standardised to the exposed). To leave out those of them that become exposed later would be to look into the future.
    They stay in, and the difference is divided by the share that is never exposed: what they lose more by it is taken
    to be the same (Bloom 1984, Evaluation Review 8:225). So no effect stays no effect. The interval is Wald's with the
    variance of the linearised difference summed by customer, who may be in it many times.

    Args:
        moments: `stratum`, `is_exposed`, `clock`, `is_lost`, `customer`, `is_later`: one row per exposed stay, `clock`
            as it became exposed; one per unexposed spell, `clock` as it ended, `is_later` if its stay becomes so.

    Returns:
        None where no exposed stay has anybody to be compared with, or nearly all of these become exposed later.
    """
    keyed = with_places(moments, "is_exposed", "clock", "is_lost", "customer", "is_later").select(
        "is_exposed",
        "clock",
        "customer",
        place=pl.col("place") * (pl.col("clock").max() + 1),
        lost=pl.col("is_lost").cast(pl.Float64),
        later=pl.col("is_later").cast(pl.Float64),
    )
    in_order = keyed.with_columns(key=pl.col("place") + pl.col("clock")).sort("key", maintain_order=True)
    exposed, unexposed = in_order.filter("is_exposed"), in_order.filter(~pl.col("is_exposed"))
    compared = exposed.with_columns(_comparable(exposed, unexposed)).filter(pl.col("n0") > 0)
    if compared.is_empty():
        return None
    compared = compared.with_columns(expected=pl.col("lost0") / pl.col("n0"))
    later = compared.select((pl.col("later0") / pl.col("n0")).mean()).item()
    if later > _MOST_LATER:
        return None
    share, expected = compared.select("lost", "expected").mean().row(0)
    error = _standard_error(compared, unexposed, excess=share - expected)
    low, middle, high = (_bounded((share - expected + z * error) / (1 - later), share) for z in (-Z_95, 0.0, Z_95))
    return Points(share, share - middle, 100 * middle, 100 * low, 100 * high)


def _bounded(difference: float, share: float) -> float:
    """So that the share of the unexposed, `share` minus it, lies within 0 and 1."""
    return min(max(difference, share - 1), share)


def _comparable(exposed: pl.DataFrame, unexposed: pl.DataFrame) -> list[pl.Series]:
    """Of each exposed stay: spells like it (`n0`), how many of these are lost in the end, and are exposed later."""
    first = unexposed["key"].search_sorted(exposed["key"], side="right").cast(pl.Int64)
    last = unexposed["place"].search_sorted(exposed["place"], side="right").cast(pl.Int64)
    counts = [_between(_running(unexposed[name]), first, last).alias(f"{name}0") for name in ("lost", "later")]
    return pl.select((last - first).alias("n0"), *counts).get_columns()


def _standard_error(compared: pl.DataFrame, unexposed: pl.DataFrame, *, excess: float) -> float:
    """Of the share lost minus the expected one: each row's part in it, summed by customer, squared, summed."""
    weight = 1 / compared["n0"]
    weights, expected = _running(weight), _running(weight * compared["expected"])
    first = compared["place"].search_sorted(unexposed["place"], side="left").cast(pl.Int64)
    last = compared["key"].search_sorted(unexposed["key"], side="left").cast(pl.Int64)
    served = pl.col("lost") * _between(weights, first, last)
    parts = pl.concat(
        [
            compared.select("customer", part=pl.col("lost") - pl.col("expected") - excess),
            unexposed.select("customer", part=_between(expected, first, last) - served),
        ]
    )
    by_customer = parts.group_by("customer").agg(pl.col("part").sum()).sort("customer")
    return math.sqrt(float(by_customer.select((pl.col("part") ** 2).sum()).item())) / compared.height


def _running(values: pl.Series) -> pl.Series:
    """The sum of all values before each place, and of all."""
    return pl.concat([pl.Series([0.0]), values.cast(pl.Float64).cum_sum()])


def _between(running: pl.Series, first: pl.Series, last: pl.Series) -> pl.Expr:
    """The sum of the values from one place up to before another."""
    return pl.lit(running).gather(pl.lit(last)) - pl.lit(running).gather(pl.lit(first))
