"""Wilson's interval against its closed form, and at the ends of the scale."""

import math

import polars as pl
import pytest

from journey_analytics.intervals import Z_95, wilson_high, wilson_low

SHARE, COUNT = pl.col("share"), pl.col("count")


def interval(*rows: tuple[float | None, float | None]) -> list[tuple[float | None, float | None]]:
    frame = pl.DataFrame(rows, schema={"share": pl.Float64, "count": pl.Float64}, orient="row")
    return frame.select(low=wilson_low(SHARE, COUNT), high=wilson_high(SHARE, COUNT)).rows()


def test_it_is_the_closed_form():
    share, count = 0.3, 40.0
    centre = (share + Z_95**2 / (2 * count)) / (1 + Z_95**2 / count)
    half = Z_95 / (1 + Z_95**2 / count) * math.sqrt(share * (1 - share) / count + Z_95**2 / (4 * count**2))
    assert interval((share, count)) == [pytest.approx((centre - half, centre + half))]


def test_it_holds_its_share_at_both_ends_whatever_the_rounding():
    rows = [(share, count / 7) for share in (0.0, 1e-17, 1 - 1e-16, 1.0) for count in range(1, 5_000)]
    told = interval(*rows)
    assert all(0 <= low <= share <= high <= 1 for (share, _), (low, high) in zip(rows, told, strict=True))
    assert {low for (share, _), (low, _) in zip(rows, told, strict=True) if share == 0} == {0.0}
    assert {high for (share, _), (_, high) in zip(rows, told, strict=True) if share == 1} == {1.0}


def test_without_a_count_there_is_none():
    assert interval((0.5, 0.0), (0.5, None), (None, 10.0), (math.nan, 0.0)) == [(None, None)] * 4
