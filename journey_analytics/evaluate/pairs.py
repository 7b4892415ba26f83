"""Agreement of two groupings of the same rows, counted over pairs of rows.

A pair is two different rows of one group. Pairs are never listed: a group of n rows has n·(n−1)/2 of them, and the
pairs that two groupings share are those of their contingency table's cells.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Agreement:
    """Precision, recall and F1. A ratio is None when its denominator is zero: there was nothing to judge.

    Attributes:
        predicted_count: what was predicted; the denominator of `precision`.
        true_count: what is true; the denominator of `recall`.
        common_count: what is both; the numerator of both.
        precision: share of the predicted that is true, 0–1.
        recall: share of the true that was predicted, 0–1.
        f1: harmonic mean of both, 0–1.
    """

    predicted_count: int
    true_count: int
    common_count: int
    precision: float | None
    recall: float | None
    f1: float | None


def pair_score(rows: pl.DataFrame, *, predicted: str, true: str) -> Agreement:
    """Score one grouping against another, both given as a column of group ids without nulls."""
    return agreement(
        predicted_count=pair_count(rows, by=[predicted]),
        true_count=pair_count(rows, by=[true]),
        common_count=pair_count(rows, by=[predicted, true]),
    )


def pair_count(rows: pl.DataFrame, *, by: Sequence[str]) -> int:
    """Pairs of rows that are equal in all columns `by`: Σ n·(n−1)/2 over the groups of n rows."""
    size = pl.col("len").cast(pl.Int64)
    return int(rows.group_by(by).len().select((size * (size - 1) // 2).sum()).item())


def agreement(*, predicted_count: int, true_count: int, common_count: int) -> Agreement:
    """Precision, recall and F1 from three counts."""
    return Agreement(
        predicted_count=predicted_count,
        true_count=true_count,
        common_count=common_count,
        precision=ratio(common_count, predicted_count),
        recall=ratio(common_count, true_count),
        f1=ratio(2 * common_count, predicted_count + true_count),
    )


def ratio(part: float, whole: float) -> float | None:
    """`part` / `whole`, or None when there is no whole."""
    return part / whole if whole else None
