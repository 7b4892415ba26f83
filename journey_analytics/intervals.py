"""Intervals of shares, as Polars expressions. Every published share carries one of them."""

import polars as pl

Z_95 = 1.959963984540054
"""Two-sided 95 % point of the standard normal."""


def wilson_low(share: pl.Expr, count: pl.Expr) -> pl.Expr:
    """Lower end of Wilson's 95 % score interval of a share (0–1) of `count` trials; null where the count is 0 or null.

    The count may be fractional: an effective one. Source: Wilson 1927, JASA 22:209.
    """
    return _bounded(_centre(share, count) - _half_width(share, count), count)


def wilson_high(share: pl.Expr, count: pl.Expr) -> pl.Expr:
    """Upper end of Wilson's 95 % score interval; see `wilson_low`."""
    return _bounded(_centre(share, count) + _half_width(share, count), count)


def _centre(share: pl.Expr, count: pl.Expr) -> pl.Expr:
    return (share + Z_95**2 / (2 * count)) / (1 + Z_95**2 / count)


def _half_width(share: pl.Expr, count: pl.Expr) -> pl.Expr:
    spread = share * (1 - share) / count + Z_95**2 / (4 * count**2)
    return Z_95 * spread.sqrt() / (1 + Z_95**2 / count)


def _bounded(end: pl.Expr, count: pl.Expr) -> pl.Expr:
    return pl.when(count > 0).then(end.clip(0.0, 1.0))
