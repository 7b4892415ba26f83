"""Is a share, or a number, of this period another one than in the earlier periods? Pure: tallies in, tests out.

A share is a ratio of sums over clusters (visits of a stage; the occurrences of an activity of one customer), compared
within strata (how long an entrant could be watched). Its variance is the binomial one, times the design effect of the
clusters (at least 1), times the dispersion: how much more than that the earlier periods vary among themselves.
Floats are summed in the order of period and stratum, so that the order of the input changes no bit.
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

from journey_analytics.change.periods import PRESENT
from journey_analytics.discovery import p_of_z
from journey_analytics.intervals import Z_95, difference_high, difference_low

TALLY: Final = ("n", "x", "xx", "xn", "nn")
"""Of a period and stratum: units, those with the outcome, and the sums of x², x·n and n² over clusters."""
MINIMUM_EXPECTED: Final = 10.0
"""With and without the outcome, units expected in this period under no change, below which nothing is tested: the
normal approximation would promise too much in the tails."""
_MINIMUM_EXPECTED_OF_ONE: Final = 5.0
"""The same in an earlier period, for it to tell how periods vary."""

_PRIOR_FREEDOM: Final = 2.0
_LINE: Final = 2
"""What a straight line takes of the degrees of freedom."""

_IS_PRESENT = pl.col("period") == PRESENT
_OF_CLUSTERS = pl.max_horizontal(pl.lit(1.0), "design_effect")
"""What the variance is multiplied by for clusters, in test and interval alike: customers who by chance look more alike
to each other than to themselves do not make a share surer than independent units would."""
_INFLATION = _OF_CLUSTERS * pl.col("dispersion")


def compared_shares(tallies: pl.DataFrame, *, key: Sequence[str], minimum_count: int) -> pl.DataFrame:
    """Each share now and before, standardised to the strata of this period, with interval and p-value.

    Args:
        tallies: one row per key, `period` and `stratum`, with the columns of `TALLY`.
        key: what a share is told by.
        minimum_count: units in this period, and in all earlier ones, below which nothing is tested.

    Returns:
        One row per key, sorted by it. `present_share` and `previous_share` are of the units (of those strata that
        earlier periods have too), the earlier one with the strata in the proportions of this period, so that
        `difference_points` is not what another mix of strata makes. `difference_low_points` and `_high_points`:
        95 % by the method of variance estimates recovery from two Wilson intervals at effective counts (Newcombe 1998,
        Stat Med 17:873, method 10). `p_value`: two-sided, of the score statistic; null where too little is expected.
        Both take a design effect below 1 as 1; an effective count is never more than the units, so where strata make
        the variance smaller still, the interval is the wider of the two. `design_effect`: null where all units, or
        none, have the outcome.
    """
    strata = _strata(tallies, key=key)
    varied = _dispersion(tallies, strata, key=key)
    rows = strata.group_by(*key, maintain_order=True).agg(*_SUMS).join(varied, on=key, nulls_equal=True)
    rows = rows.sort(*key).with_columns(pl.col("design_effect").fill_nan(None))
    rows = rows.with_columns(chi2=pl.col("chi2") / _OF_CLUSTERS)
    return (
        rows.with_columns(dispersion=pl.max_horizontal(pl.lit(1.0), _pooled_dispersion(), _own_dispersion()))
        .with_columns(present_share=pl.col("hits") / pl.col("units"), previous_share=pl.col("expected") / _UNITS)
        .with_columns(is_tested=_is_tested(minimum_count))
        .with_columns(p_value=pl.when("is_tested").then(p_of_z(_z_of_share())), **_newcombe())
        .sort(*key)
    )


def _strata(tallies: pl.DataFrame, *, key: Sequence[str]) -> pl.DataFrame:
    """Sums of this period and of the earlier ones in each stratum, with the shares before and pooled."""
    sums = tallies.group_by(*key, "stratum").agg(
        n_1=pl.col("n").filter(_IS_PRESENT).sum(),
        x_1=pl.col("x").filter(_IS_PRESENT).sum(),
        n_0=pl.col("n").filter(~_IS_PRESENT).sum(),
        x_0=pl.col("x").filter(~_IS_PRESENT).sum(),
        **{name: pl.col(name).sum() for name in ("xx", "xn", "nn")},
    )
    return (
        sums.with_columns(
            before=pl.when(pl.col("n_0") > 0).then(pl.col("x_0") / pl.col("n_0")),
            pooled=(pl.col("x_0") + pl.col("x_1")) / (pl.col("n_0") + pl.col("n_1")),
        )
        .with_columns(unit_variance=pl.col("pooled") * (1 - pl.col("pooled")))
        .sort(*key, "stratum")
    )


_COMPARABLE = pl.col("before").is_not_null() & (pl.col("n_1") > 0)
_UNITS = pl.col("units")
_RESIDUALS = pl.col("xx") - 2 * pl.col("pooled") * pl.col("xn") + pl.col("pooled") ** 2 * pl.col("nn")
"""The sum over clusters of (x − share · n)²."""
_SUMS = (
    pl.col("n_1").filter(_COMPARABLE).sum().alias("units"),
    pl.col("x_1").filter(_COMPARABLE).sum().alias("hits"),
    (pl.col("n_1") * pl.col("before")).filter(_COMPARABLE).sum().alias("expected"),
    (pl.col("n_1") * pl.col("pooled")).filter(_COMPARABLE).sum().alias("pooled_hits"),
    pl.col("n_0").sum().alias("previous_units"),
    (pl.col("n_1") * pl.col("unit_variance")).filter(_COMPARABLE).sum().alias("present_variance"),
    (pl.col("n_1") ** 2 / pl.col("n_0") * pl.col("unit_variance")).filter(_COMPARABLE).sum().alias("previous_variance"),
    (_RESIDUALS.sum() / ((pl.col("n_0") + pl.col("n_1")) * pl.col("unit_variance")).sum()).alias("design_effect"),
)
"""The variances are those of independent units; the design effect is what clusters make of them. It is told from all
periods together: told from this one alone, it would be smallest just where few hits happened to occur."""


def _dispersion(tallies: pl.DataFrame, strata: pl.DataFrame, *, key: Sequence[str]) -> pl.DataFrame:
    """How far the hits of each earlier period lie from what all of them together expect, in independent variances."""
    earlier = tallies.filter(~_IS_PRESENT).join(
        strata.select(*key, "stratum", "before"), on=[*key, "stratum"], nulls_equal=True
    )
    expected = pl.col("n") * pl.col("before")
    each = (
        earlier.sort(*key, "period", "stratum")
        .group_by(*key, "period", maintain_order=True)
        .agg(
            gap=(pl.col("x") - expected).sum(),
            variance=(expected * (1 - pl.col("before"))).sum(),
            expected=expected.sum(),
            n=pl.col("n").sum(),
        )
    )
    is_enough = pl.min_horizontal("expected", pl.col("n") - pl.col("expected")) >= _MINIMUM_EXPECTED_OF_ONE
    told = pl.when(is_enough & (pl.col("variance") > 0)).then(pl.col("gap") ** 2 / pl.col("variance"))
    return (
        each.with_columns(chi2=told)
        .sort(*key, "period")
        .group_by(*key, maintain_order=True)
        .agg(chi2=pl.col("chi2").sum(), freedom=(pl.col("chi2").count().cast(pl.Float64) - 1).clip(0.0))
    )


def _own_dispersion() -> pl.Expr:
    """Of the row's own earlier periods, drawn towards all rows' as if that were `_PRIOR_FREEDOM` periods more."""
    prior = pl.max_horizontal(pl.lit(1.0), _pooled_dispersion())
    return (pl.col("chi2") + _PRIOR_FREEDOM * prior) / (pl.col("freedom") + _PRIOR_FREEDOM)


def _pooled_dispersion() -> pl.Expr:
    """Of the row in the middle: steadier than the few periods of one row, and blind to the few rows that vary most.

    The median of χ² with f degrees of freedom is f · (1 − 2/(9f))³ (Wilson & Hilferty 1931, PNAS 17:684).
    """
    freedom = pl.when(pl.col("freedom") > 0).then(pl.col("freedom"))
    return (pl.col("chi2") / (freedom * (1 - 2 / (9 * freedom)) ** 3)).median()


def _is_tested(minimum_count: int) -> pl.Expr:
    enough = pl.min_horizontal("units", "previous_units") >= minimum_count
    expected = pl.min_horizontal("pooled_hits", _UNITS - pl.col("pooled_hits"))
    return enough & (expected >= MINIMUM_EXPECTED)


def _z_of_share() -> pl.Expr:
    variance = (pl.col("present_variance") + pl.col("previous_variance")) * _INFLATION
    return pl.when(variance > 0).then((pl.col("hits") - pl.col("expected")) / variance.sqrt())


def _newcombe() -> dict[str, pl.Expr]:
    now, before = pl.col("present_share"), pl.col("previous_share")
    count_now, count_before = (_effective_count(period) for period in ("present", "previous"))
    return {
        "difference_points": 100 * (now - before),
        "difference_low_points": 100 * difference_low(now, count_now, before, count_before),
        "difference_high_points": 100 * difference_high(now, count_now, before, count_before),
    }


def _effective_count(period: str) -> pl.Expr:
    """Of how many independent units a share would have this variance; where all went one way, all there are."""
    share = pl.col("pooled_hits") / _UNITS
    variance = pl.col(f"{period}_variance") * _INFLATION / _UNITS**2
    units = _UNITS if period == "present" else pl.col("previous_units")
    return pl.when(variance > 0).then(pl.min_horizontal(share * (1 - share) / variance, units)).otherwise(units)


def compared_counts(tallies: pl.DataFrame, *, key: Sequence[str], previous: int, minimum_count: int) -> pl.DataFrame:
    """Each number now against the earlier periods, as a Poisson number times the dispersion.

    Numbers grow and shrink, and a trend that goes on is no news. So a number is held against the mean of the earlier
    periods, and against the straight line through them, and the larger p-value counts.

    Args:
        tallies: one row per key and `period` with `n`; a period without any may be missing.
        key: what a number is told by.
        previous: how many earlier periods there are.
        minimum_count: expected in this period under no change, below which nothing is tested.

    Returns:
        One row per key, sorted by it. `difference_points` is the change in per cent of the earlier mean, its interval
        that of the ratio of two Poisson numbers on the logarithmic scale; null where nobody entered in one of them.
        The interval is against the mean alone: where a trend goes on it may leave out 0, and the p-value be large.
    """
    counts = tallies.group_by(*key).agg(
        units=pl.col("n").filter(_IS_PRESENT).sum(),
        previous_units=pl.col("n").filter(~_IS_PRESENT).sum(),
        squares=(pl.col("n").filter(~_IS_PRESENT).cast(pl.Float64) ** 2).sum(),
        moment=(pl.col("n") * (_middle(previous) - pl.col("period"))).filter(~_IS_PRESENT).sum(),
    )
    mean = pl.col("previous_units") / previous
    told = (mean >= _MINIMUM_EXPECTED_OF_ONE) & (previous > _LINE)
    around_line = pl.col("squares") - pl.col("previous_units") * mean - pl.col("moment") ** 2 / _spread(previous)
    rows = counts.with_columns(
        chi2=pl.when(told).then(around_line / mean).otherwise(0.0).clip(0.0),
        freedom=pl.when(told).then(pl.lit(float(previous - _LINE))).otherwise(0.0),
        even=(pl.col("units") + pl.col("previous_units")) / (previous + 1),
    )
    return (
        rows.with_columns(dispersion=pl.max_horizontal(pl.lit(1.0), _pooled_dispersion(), _own_dispersion()))
        .with_columns(is_tested=pl.col("even") >= max(minimum_count, MINIMUM_EXPECTED))
        .with_columns(p_value=pl.when("is_tested").then(_p_of_count(previous)), **_ratio(previous))
        .sort(*key)
    )


def _middle(previous: int) -> float:
    """The mean of the numbers of the earlier periods, 1 to `previous`: as far before this one they lie."""
    return (previous + 1) / 2


def _spread(previous: int) -> float:
    return sum((number - _middle(previous)) ** 2 for number in range(1, previous + 1))


def _p_of_count(previous: int) -> pl.Expr:
    """Against the mean, and against the least-squares line read off at this period; the larger p-value."""
    mean = pl.col("previous_units") / previous
    line = mean + _middle(previous) * pl.col("moment") / _spread(previous)
    one = pl.col("dispersion") * pl.col("even")
    of_mean = (pl.col("units") - mean) / (one * (1 + 1 / previous)).sqrt()
    of_line = (pl.col("units") - line) / (one * (1 + 1 / previous + _middle(previous) ** 2 / _spread(previous))).sqrt()
    larger = p_of_z(pl.min_horizontal(of_mean.abs(), of_line.abs()))
    return pl.when(of_mean * of_line > 0).then(larger).otherwise(1.0)


def _ratio(previous: int) -> dict[str, pl.Expr]:
    both = (pl.col("units") > 0) & (pl.col("previous_units") > 0)
    ratio = pl.col("units") * previous / pl.col("previous_units")
    spread = (Z_95 * (pl.col("dispersion") * (1 / pl.col("units") + 1 / pl.col("previous_units"))).sqrt()).exp()
    return {
        "difference_points": pl.when(pl.col("previous_units") > 0).then(100 * (ratio - 1)),
        "difference_low_points": pl.when(both).then(100 * (ratio / spread - 1)),
        "difference_high_points": pl.when(both).then(100 * (ratio * spread - 1)),
    }
