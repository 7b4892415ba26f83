"""Removal effects of a first-order Markov chain of touches, solved exactly in plain Python: always the same bits."""

from collections.abc import Sequence
from math import fsum
from operator import mul

Matrix = list[list[float]]


def removal_effects(
    flows: Sequence[Sequence[float]],
    *,
    starts: Sequence[float],
    conversions: Sequence[float],
    losses: Sequence[float],
) -> list[float]:
    """The share of conversions that would be missing if journeys ended where they reach a value.

    With the transition probabilities Q among values and r into the conversion, the start distribution s and the
    fundamental matrix N = (I − Q)⁻¹: a journey ever visits i with probability (sN)ᵢ / Nᵢᵢ, converts from there with
    (Nr)ᵢ, and converts at all with sNr. The removal effect of i, 1 − P(conversion without i) / P(conversion), is
    (sN)ᵢ / Nᵢᵢ · (Nr)ᵢ / sNr. Repeats of a value change nothing.

    Args:
        flows: how often value i was followed by value j, `flows[i][j]`.
        starts: journeys that begin with each value.
        conversions: how often each value was followed by the conversion.
        losses: how often each value was followed by the end without one.

    Returns:
        One effect per value, 0 to 1; all 0 where nothing converts. A value that no known journey ever left towards an
        end counts as leading nowhere.

    Source: Anderl, Becker, von Wangenheim & Schumann 2016, Int. J. Research in Marketing 33:457; Kemeny & Snell 1960.
    """
    ends = [won + lost for won, lost in zip(conversions, losses, strict=True)]
    totals = [fsum([*row, end]) for row, end in zip(flows, ends, strict=True)]
    leading = _leading_to_an_end(flows, ends)
    chain = [
        [count / total for count in row] if live else [0.0] * len(row)
        for row, total, live in zip(flows, totals, leading, strict=True)
    ]
    wins = [count / total if live else 0.0 for count, total, live in zip(conversions, totals, leading, strict=True)]
    fundamental = inverse([[(i == j) - share for j, share in enumerate(row)] for i, row in enumerate(chain)])
    from_start = [_product(starts, column) for column in zip(*fundamental, strict=True)]
    from_value = [_product(row, wins) for row in fundamental]
    everything = _product(from_start, wins)
    return [
        visits / fundamental[i][i] * won / everything if everything else 0.0
        for i, (visits, won) in enumerate(zip(from_start, from_value, strict=True))
    ]


def _product(left: Sequence[float], right: Sequence[float]) -> float:
    return fsum(map(mul, left, right))


def _leading_to_an_end(flows: Sequence[Sequence[float]], ends: Sequence[float]) -> list[bool]:
    """Which values can reach an end; among the others journeys would go round for ever and N not exist."""
    found = [end > 0 for end in ends]
    is_new = True
    while is_new:
        leads = [any(count > 0 and known for count, known in zip(row, found, strict=True)) for row in flows]
        wider = [known or leading for known, leading in zip(found, leads, strict=True)]
        is_new, found = wider != found, wider
    return found


def inverse(matrix: Matrix) -> Matrix:
    """By Gauss–Jordan elimination in place, with partial pivoting; among equal pivots the first row.

    Raises:
        ZeroDivisionError: for a singular matrix.
    """
    size = len(matrix)
    rows = [list(row) for row in matrix]
    swaps = []
    for column in range(size):
        best = max(range(column, size), key=lambda row: abs(rows[row][column]))
        rows[column], rows[best] = rows[best], rows[column]
        swaps.append(best)
        _eliminate(rows, column)
    # Rows that changed places in the matrix are columns that changed places in its inverse.
    for column in reversed(range(size)):
        for row in rows:
            row[column], row[swaps[column]] = row[swaps[column]], row[column]
    return rows


def _eliminate(rows: Matrix, column: int) -> None:
    """The column itself is known to become a unit vector: its place takes up the inverse."""
    pivot = rows[column][column]
    rows[column][column] = 1.0
    pivot_row = rows[column] = [value / pivot for value in rows[column]]
    for number, row in enumerate(rows):
        factor = row[column]
        if number != column and factor:
            row[column] = 0.0
            rows[number] = [value - factor * above for value, above in zip(row, pivot_row, strict=True)]
