"""Who is compared with whom: stays alike in what was known when they entered, in cells that are not too thin."""

from collections.abc import Sequence

import polars as pl

CELL_MINIMUM = 50
"""Stays that a cell needs; what has fewer gives up the factor that tells least, until it has."""

_REST = "(rest)"
_ROW = pl.int_range(pl.len(), dtype=pl.Int64)


def factors_by_weight(stays: pl.DataFrame, factors: Sequence[str]) -> list[str]:
    """The factors, the one that tells most about being lost first: χ² minus its degrees of freedom, ties by name.

    Only stays whose window is over at T tell. What is asked of a driver is not looked at here.
    """
    told = stays.filter("is_over")
    return sorted(factors, key=lambda factor: (-_weight(told, factor), factor))


def _weight(told: pl.DataFrame, factor: str) -> float:
    share = told["is_lost"].mean()
    if not isinstance(share, float) or not 0 < share < 1:
        return 0.0
    values = told.group_by(factor).agg(n=pl.len(), lost=pl.col("is_lost").mean()).sort(factor)
    squares = values.select((pl.col("n") * (pl.col("lost") - share) ** 2).sum()).item()
    return round(float(squares) / (share * (1 - share)) - (values.height - 1), 6)


def cells(stays: pl.DataFrame, factors: Sequence[str], *, minimum: int = CELL_MINIMUM) -> pl.Series:
    """The cell of each stay, a whole number: its values of the factors, or of as many as leave enough in the cell.

    Values with fewer than `minimum` stays are one value, the rest. Then the stays of every cell with fewer than
    `minimum` give up the last factor and are cells together, and so on down to one cell of all that are left. Thin
    cells bias nothing, they only have nobody to be compared with.

    Args:
        stays: a column of text per factor.
        factors: in the order in which they are kept, see `factors_by_weight`.
        minimum: stays a cell needs.
    """
    merged = stays.with_columns(_with_rest(factor, minimum) for factor in factors).select(*factors, row=_ROW)
    left, parts = merged, []
    for depth in range(len(factors), 0, -1):
        named = left.with_columns(cell=_name(factors[:depth]))
        is_enough = pl.len().over("cell") >= minimum
        parts.append(named.filter(is_enough).select("row", "cell"))
        left = named.filter(~is_enough).drop("cell")
    parts.append(left.select("row", cell=pl.lit("")))
    return pl.concat(parts).sort("row")["cell"].rank("dense").cast(pl.Int64).alias("cell")


def _with_rest(factor: str, minimum: int) -> pl.Expr:
    value = pl.col(factor).cast(pl.String).fill_null("unknown")
    return pl.when(pl.len().over(value) >= minimum).then(value).otherwise(pl.lit(_REST)).alias(factor)


def _name(factors: Sequence[str]) -> pl.Expr:
    """With the depth in front: a cell that gave up a factor is another one than that of the factors it kept."""
    return pl.concat_str([pl.lit(str(len(factors))), *factors], separator="\x1f")


def with_places(rows: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """These columns of the rows in strata with somebody exposed, and the number of the `stratum` among these, `place`.

    The others have nobody to be compared with. Fast where the rows are in the order of their strata.
    """
    exposed = rows.filter("is_exposed")["stratum"].unique().sort()
    place = exposed.search_sorted(rows["stratum"], side="left").cast(pl.Int64)
    nearest = exposed.extend_constant(None, 1).gather(place)
    placed = rows.lazy().select(*columns, place.alias("place"), is_told=nearest == rows["stratum"])
    return placed.filter("is_told").drop("is_told").collect()
