"""The shares of links, with their intervals, and two selections side by side. Pure: frames in, frames out."""

from typing import Final

import polars as pl

from journey_analytics.contract import END_NODES
from journey_analytics.intervals import difference_high, difference_low, wilson_high, wilson_low

LINK: Final = ("activity", "next_activity")


def with_shares(found: pl.DataFrame, *, minimum_count: int) -> pl.DataFrame:
    """Add the conversion share of the settled journeys of each row, with its interval.

    `conversion_share` = `settled_converted_count` ÷ `settled_count`: of the journeys that began early enough for their
    outcome to be known and are closed. Of later ones mainly those that bought are closed, so their share would be far
    too high. Null where there are none; `conversion_low_share`, `conversion_high_share` its 95 % Wilson interval;
    `is_ranked` at `minimum_count` of them or more.
    """
    n = pl.col("settled_count")
    share = pl.when(n > 0).then(pl.col("settled_converted_count") / n)
    return found.with_columns(
        conversion_share=share,
        conversion_low_share=wilson_low(share, n),
        conversion_high_share=wilson_high(share, n),
        is_ranked=(n > 0) & (n >= minimum_count),
    )


def compared(
    one: pl.DataFrame, other: pl.DataFrame, *, of: int, versus: int, minimum_count: int, ends_known: bool = True
) -> pl.DataFrame:
    """Links of two selections side by side, the largest difference of the shares of journeys first, ties by name.

    Args:
        one: links of the first selection.
        other: links of the second one.
        of: its journeys, those with any link: the denominator of `journey_share`.
        versus: those of the second one, of `versus_journey_share`.
        ends_known: whether it is known how the journeys of both end; else links to an end are not compared.
        minimum_count: `is_ranked` where both selections have so many journeys and one of them so many with the link.

    Returns:
        activity, next_activity; journey_count, follow_count, journey_share (journeys with the link ÷ all of the
        selection), median_seconds, p90_seconds; the same of the second one as `versus_…`; difference_points (share less
        the other one, in percentage points) with its 95 % interval (Newcombe; for selections without a journey in
        common), null where one is empty, and to an end that is not known; is_ranked.
    """
    columns = ("journey_count", "follow_count", "median_seconds", "p90_seconds")
    left = one.select(*LINK, *columns)
    right = other.select(*LINK, *(pl.col(name).alias(f"versus_{name}") for name in columns))
    both = left.join(right, on=LINK, how="full", coalesce=True).with_columns(
        pl.col("^(versus_)?(journey|follow)_count$").fill_null(0)
    )
    found = _with_difference(both, of, versus, minimum_count)
    return (found if ends_known else _without_ends(found)).sort(
        [pl.col("difference_points").abs(), *map(pl.col, LINK)], descending=[True, False, False], nulls_last=True
    )


def _without_ends(found: pl.DataFrame) -> pl.DataFrame:
    """A purchase is known at once, a loss only after a silence: young journeys seem to end otherwise than old ones."""
    is_end = pl.col("next_activity").is_in(list(END_NODES.values()))
    unknown = pl.when(~is_end).then(pl.col("^difference_.*points$"))
    return found.with_columns(unknown.name.keep(), is_ranked=pl.col("is_ranked") & ~is_end)


def _with_difference(both: pl.DataFrame, of: int, versus: int, minimum_count: int) -> pl.DataFrame:
    shares = [_share(name, base) for name, base in (("journey_count", of), ("versus_journey_count", versus))]
    counts = [pl.lit(of, dtype=pl.Int64), pl.lit(versus, dtype=pl.Int64)]
    pair = (shares[0], counts[0], shares[1], counts[1])
    most = pl.max_horizontal("journey_count", "versus_journey_count")
    return both.with_columns(
        journey_share=shares[0],
        versus_journey_share=shares[1],
        difference_points=100 * (shares[0] - shares[1]),
        difference_low_points=100 * difference_low(*pair),
        difference_high_points=100 * difference_high(*pair),
        is_ranked=(most >= minimum_count) & (min(of, versus) >= minimum_count),
    )


def _share(name: str, base: int) -> pl.Expr:
    return pl.col(name) / base if base else pl.lit(None, dtype=pl.Float64)
