"""The shares of links, with their intervals, and two selections side by side. Pure: frames in, frames out."""

from typing import Final

import polars as pl

from journey_analytics.intervals import difference_high, difference_low, wilson_high, wilson_low

LINK: Final = ("activity", "next_activity")


def with_shares(found: pl.DataFrame, *, minimum_count: int) -> pl.DataFrame:
    """Add the conversion share of the journeys of each row, with its interval.

    `closed_count` = converted + dropped; `conversion_share` = converted ÷ closed, null where nothing is closed;
    `conversion_low_share`, `conversion_high_share` its 95 % Wilson interval; `is_ranked` at `minimum_count` closed ones
    or more. Open journeys are in neither.
    """
    closed = pl.col("converted_count") + pl.col("dropped_count")
    share = pl.when(closed > 0).then(pl.col("converted_count") / closed)
    return found.with_columns(
        closed_count=closed,
        conversion_share=share,
        conversion_low_share=wilson_low(share, closed),
        conversion_high_share=wilson_high(share, closed),
        is_ranked=(closed > 0) & (closed >= minimum_count),
    )


def compared(one: pl.DataFrame, other: pl.DataFrame, *, of: int, versus: int, minimum_count: int) -> pl.DataFrame:
    """Links of two selections side by side, the largest difference of the shares of journeys first, ties by name.

    Args:
        one: links of the first selection.
        other: links of the second one.
        of: its journeys, those with any link: the denominator of `journey_share`.
        versus: those of the second one, of `versus_journey_share`.
        minimum_count: `is_ranked` where both selections have so many journeys and one of them so many with the link.

    Returns:
        activity, next_activity; journey_count, follow_count, journey_share (journeys with the link ÷ all of the
        selection), median_seconds, p90_seconds; the same of the second one as `versus_…`; difference_points (share less
        the other one, in percentage points) with its 95 % interval (Newcombe; for selections without a journey in
        common), null where one is empty; is_ranked.
    """
    columns = ("journey_count", "follow_count", "median_seconds", "p90_seconds")
    left = one.select(*LINK, *columns)
    right = other.select(*LINK, *(pl.col(name).alias(f"versus_{name}") for name in columns))
    both = left.join(right, on=LINK, how="full", coalesce=True).with_columns(
        pl.col("^(versus_)?(journey|follow)_count$").fill_null(0)
    )
    return _with_difference(both, of, versus, minimum_count).sort(
        [pl.col("difference_points").abs(), *map(pl.col, LINK)], descending=[True, False, False], nulls_last=True
    )


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
