"""False-discovery rates against statsmodels, p-values against the standard library's normal distribution."""

import math
import random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from journey_analytics.discovery import p_of_z, q_values

P_VALUES = st.lists(st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.01, 0.05, 1.0])), min_size=1, max_size=40)


def q_of(values, **groups):
    frame = pl.DataFrame({"p": values, **groups}, schema_overrides={"p": pl.Float64})
    return frame.select(q_values(pl.col("p"), over=tuple(groups)))["p"].to_list()


@settings(deadline=None, max_examples=200)
@given(P_VALUES)
def test_q_values_are_those_of_statsmodels(values):
    assert q_of(values) == pytest.approx(multipletests(values, method="fdr_bh")[1].tolist(), abs=1e-12)


def test_what_was_not_tested_is_null_and_not_counted():
    assert q_of([None, 0.01, float("nan"), 0.04]) == [None, pytest.approx(0.02), None, pytest.approx(0.04)]
    assert q_of([None, None]) == [None, None]
    assert q_of([]) == []


def test_a_group_is_a_list_of_its_own():
    values, group = [0.01, 0.03, 0.02, None, 0.5], ["a", "b", "a", "a", "b"]
    together = q_of(values, group=group)
    assert together == [pytest.approx(0.02), pytest.approx(0.06), pytest.approx(0.02), None, pytest.approx(0.5)]


def test_the_order_of_the_rows_changes_nothing():
    values = [random.Random(3).random() ** 3 for _ in range(50)] + [0.2, 0.2, 0.2]
    shuffled = random.Random(4).sample(values, len(values))
    assert dict(zip(values, q_of(values), strict=True)) == dict(zip(shuffled, q_of(shuffled), strict=True))


@pytest.mark.parametrize(
    ("z", "p"),
    [
        (0.0, 1.0),
        (1.959963984540054, 0.05),
        (-1.959963984540054, 0.05),
        # Abramowitz & Stegun 26.2, and R: 2 * pnorm(-37).
        (5.0, 5.733031437583869e-07),
        (37.0, 1.1451142445107796e-299),
    ],
)
def test_p_of_z_is_accurate_into_the_tails(z, p):
    assert pl.select(p_of_z(pl.lit(z))).item() == pytest.approx(p, rel=1e-7)


def test_p_of_nothing_is_null():
    assert pl.DataFrame({"z": [None, math.nan]}).select(p_of_z(pl.col("z")))["z"].to_list() == [None, None]
