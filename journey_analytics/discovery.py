"""How many of the findings of a long list are chance: p-values and false-discovery rates, as Polars expressions."""

import math
from collections.abc import Sequence

import polars as pl

FALSE_DISCOVERY_RATE = 0.05
"""Of what a list names as found, the share that may be chance."""


def q_values(p: pl.Expr, *, over: Sequence[str] = ()) -> pl.Expr:
    """Step-up adjusted p-values: naming every row with q ≤ r keeps the expected share of false ones at or below r.

    q of the i-th smallest of m p-values is the smallest p(j) · m / j over all j ≥ i, at most 1. Ties get the same q;
    the order of the rows does not matter. Holds for independent and for positively dependent tests.
    Source: Benjamini & Hochberg 1995, J R Stat Soc B 57:289; dependence: Benjamini & Yekutieli 2001, Ann Stat 29:1165.

    Args:
        p: p-values, 0 to 1. A null or NaN was not tested: it stays null and is not counted in m.
        over: columns whose values are lists of their own; by default all rows are one list.
    """
    tested = p.cast(pl.Float64).fill_nan(None)
    smallest_first = tested.sort(nulls_last=True)
    step = smallest_first * tested.count() / pl.int_range(1, pl.len() + 1)
    q = step.reverse().cum_min().reverse().clip(upper_bound=1.0).gather(tested.rank("ordinal").cast(pl.Int64) - 1)
    return q.over(*over) if over else q


def p_of_z(z: pl.Expr) -> pl.Expr:
    """Two-sided p-value of a standard normal z: 2 · (1 − Φ(|z|)); null or NaN gives null.

    Accurate in the tails (no subtraction from 1): 0 only beyond |z| = 38.
    """
    return z.cast(pl.Float64).fill_nan(None).map_batches(_p_of_z, return_dtype=pl.Float64, is_elementwise=True)


def _p_of_z(z: pl.Series) -> pl.Series:
    p = [None if value is None else math.erfc(abs(value) / math.sqrt(2)) for value in z]
    return pl.Series(z.name, p, dtype=pl.Float64)
