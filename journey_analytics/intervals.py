"""Intervals of shares, as Polars expressions. Every published share carries one of them."""

import polars as pl

Z_95 = 1.959963984540054
"""Two-sided 95 % point of the standard normal."""


def wilson_low(share: pl.Expr, count: pl.Expr) -> pl.Expr:
    """Lower end of Wilson's 95 % score interval of a share (0–1) of `count` trials; null where the count is 0 or null.

    Never above the share itself, which rounding would leave outside where it is nearly 0 or 1. The count may be
    fractional: an effective one. Source: Wilson 1927, JASA 22:209.
    """
    end = (_centre(share, count) - _half_width(share, count)).clip(0.0, 1.0)
    return pl.when(count > 0).then(pl.min_horizontal(end, share))


def wilson_high(share: pl.Expr, count: pl.Expr) -> pl.Expr:
    """Upper end of Wilson's 95 % score interval, never below the share itself; see `wilson_low`."""
    end = (_centre(share, count) + _half_width(share, count)).clip(0.0, 1.0)
    return pl.when(count > 0).then(pl.max_horizontal(end, share))


def _centre(share: pl.Expr, count: pl.Expr) -> pl.Expr:
    return (share + Z_95**2 / (2 * count)) / (1 + Z_95**2 / count)


def _half_width(share: pl.Expr, count: pl.Expr) -> pl.Expr:
    spread = share * (1 - share) / count + Z_95**2 / (4 * count**2)
    return Z_95 * spread.sqrt() / (1 + Z_95**2 / count)


def difference_low(share: pl.Expr, count: pl.Expr, other: pl.Expr, other_count: pl.Expr) -> pl.Expr:
    """Lower end of the 95 % interval of `share` − `other` of two independent groups; null where one of them is empty.

    From the Wilson intervals of both. Source: Newcombe 1998, Statistics in Medicine 17:873, method 10.
    """
    below = (share - wilson_low(share, count)) ** 2 + (wilson_high(other, other_count) - other) ** 2
    return share - other - below.sqrt()


def difference_high(share: pl.Expr, count: pl.Expr, other: pl.Expr, other_count: pl.Expr) -> pl.Expr:
    """Upper end of the 95 % interval of `share` − `other`; see `difference_low`."""
    return -difference_low(other, other_count, share, count)
