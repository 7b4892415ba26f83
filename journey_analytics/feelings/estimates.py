"""Mean feelings with their interval, from sums per group. Pure: frame in, frame out."""

from typing import Final

import polars as pl

from journey_analytics.disclosure import with_hidden
from journey_analytics.intervals import Z_95, wilson_high, wilson_low

UNIT: Final = 10_000
"""Feelings are summed as whole ten-thousandths: exact in any order."""
SMALLEST_GROUP: Final = 5
"""Customers (or values) below which nothing is told of a group."""
MEASURED, INFERRED = "measured", "inferred"
KINDS: Final = (MEASURED, INFERRED)
FRICTION: Final = "friction"
ALL: Final = "all"
MEASURES: Final = ("all", "csat", "nps", "rating", "text", FRICTION)

SCHEMA: Final = {
    "persona": pl.String,
    "stage": pl.String,
    "kind": pl.String,
    "measure": pl.String,
    "n": pl.Int64,
    "customer_count": pl.Int64,
    "mean": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "is_shown": pl.Boolean,
    "is_suppressed": pl.Boolean,
    "freshest_at": pl.Datetime("us"),
}
"""The columns of `mart.feeling`."""

_TOLD: Final = ("n", "customer_count", "mean", "low", "high", "freshest_at")
_ROUNDING: Final = 1e-9
"""Of the sum of squares, what is taken for none: a difference of large numbers is not exactly nothing."""
_SCALE_ENDS: Final = {MEASURED: (-1.0, 1.0), INFERRED: (0.0, 1.0)}


def feelings(sums: pl.DataFrame, *, minimum_count: int) -> pl.DataFrame:
    """One row per group with its mean, a 95 % interval that customers are drawn for, and whether it may be shown.

    A mean is over values, so who gave more counts more; its interval is over customers, whose values go together. It is
    Wilson's at the effective sample size: as many yes-or-no answers as would be as uncertain as this mean is by the
    spread of the customers' sums (linearised, a ratio's), and corrected for few customers by Student's t. So it stays
    within the scale and has a width where all values are alike. Sources: Korn & Graubard 1998, Survey Methodology
    24:193; Wilson 1927.

    Args:
        sums: per group (`persona`, `stage`, `kind`, `measure`) whole numbers in `UNIT`s: `n` values, `customer_count`,
            `total`, and over customers `square_sum` (Σ s²), `product_sum` (Σ s·n), `count_square_sum` (Σ n²), where s
            is a customer's sum and n how many values; `freshest_at`, the latest.
        minimum_count: values below which a mean is not shown.

    Returns:
        The columns of `SCHEMA`, by persona, stage, kind and measure. Measured feelings lie from −1 to +1, inferred
        friction from 0 to 1. Of a group of fewer than `SMALLEST_GROUP` customers everything but its names is null;
        so it is of the next smallest part of a whole of which that group would be the only one not told.
    """
    told = (
        sums.pipe(_with_means)
        .pipe(_with_effective_count)
        .with_columns(low=_unscaled("low"), high=_unscaled("high"))
        .with_columns(is_suppressed=pl.col("customer_count") < SMALLEST_GROUP)
        .pipe(with_hidden, list(SCHEMA)[:4], wholes=("persona", "stage", "measure"), count="n")
        .with_columns(is_shown=(pl.col("n") >= minimum_count) & ~pl.col("is_suppressed"))
        .with_columns(pl.when(~pl.col("is_suppressed")).then(pl.col(name)).alias(name) for name in _TOLD)
    )
    return told.select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items()).sort(list(SCHEMA)[:4])


def _end(place: int) -> pl.Expr:
    return pl.col("kind").replace_strict({kind: ends[place] for kind, ends in _SCALE_ENDS.items()}, default=0.0)


def _with_means(sums: pl.DataFrame) -> pl.DataFrame:
    """The mean, where on its scale it lies (0–1), and the variance of that place over customers."""
    mean, customers, width = pl.col("mean"), pl.col("customer_count"), _end(1) - _end(0)
    squares = pl.col("square_sum") / UNIT**2 - 2 * mean * pl.col("product_sum") / UNIT
    spread = squares + mean**2 * pl.col("count_square_sum")
    spread = pl.when(spread > _ROUNDING * pl.col("square_sum") / UNIT**2).then(spread).otherwise(0.0)
    variance = customers / (customers - 1) * spread / pl.col("n") ** 2 / width**2
    return sums.with_columns(mean=pl.col("total") / UNIT / pl.col("n")).with_columns(
        place=((mean - _end(0)) / width).clip(0.0, 1.0),
        variance=pl.when(customers > 1).then(variance),
    )


def _with_effective_count(means: pl.DataFrame) -> pl.DataFrame:
    """The interval of the place; without any spread each customer counts as one answer."""
    place, variance, customers = pl.col("place"), pl.col("variance"), pl.col("customer_count")
    student = Z_95 / student_95(customers - 1)
    effective = pl.when(variance > 0).then(place * (1 - place) / variance * student**2).otherwise(customers * 1.0)
    count = pl.when(effective > 0).then(effective).otherwise(customers * 1.0)
    return means.with_columns(low=wilson_low(place, count), high=wilson_high(place, count))


def student_95(freedom: pl.Expr) -> pl.Expr:
    """The two-sided 95 % point of Student's t, to within 2 % from 3 degrees of freedom on.

    Source: the Cornish–Fisher expansion, Abramowitz & Stegun 26.7.5.
    """
    z, f = Z_95, freedom.clip(1) * 1.0
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / f + second / f**2 + third / f**3


def _unscaled(end: str) -> pl.Expr:
    """An end of the interval on the kind's own scale; never on the other side of the mean, which rounding could do."""
    found = _end(0) + pl.col(end) * (_end(1) - _end(0))
    return pl.min_horizontal(found, "mean") if end == "low" else pl.max_horizontal(found, "mean")
