"""Shares of many segments at once, each drawn towards the others as far as noise explains the differences. Pure.

Some of the highest of many noisy shares are high by chance, so a target taken from them would promise too much (the
winner's curse). Each share p with sampling variance s² is taken as a true share θ plus noise, θ ~ N(μ, τ²) over the
segments of one column. The spread τ is not plugged in but averaged over, as with few segments it is hardly known: μ is
integrated out, τ runs over a grid with a half-Cauchy prior.

Source: Gelman et al. 2013, Bayesian Data Analysis 3, sections 5.4 and 5.5 (the computation); Gelman 2006, Bayesian
Analysis 1:515 (the prior). Why not the plug-in (empirical Bayes by the method of moments): where segments truly differ
by little it takes them for equal, and its intervals hold the small true gains in half of the cases only.
"""

from collections.abc import Sequence
from itertools import pairwise
from random import Random
from typing import Final

import polars as pl

from journey_analytics.intervals import Z_95

DRAWS: Final = 500
PRIOR_SCALE: Final = 0.1
"""Half of the prior lies on spreads (standard deviations of the true shares) up to this."""

_LARGEST_SPREAD: Final = 0.6
_SMALLEST_SPREAD: Final = 0.002
_STEPS: Final = 40


def with_variance(shares: pl.DataFrame) -> pl.DataFrame:
    """Add `variance`, the sampling variance of `share`, from its Wilson interval `low_share` to `high_share`.

    The interval is solved for its count n (with x = z²/n and half width h: (¼ − h²) x² + (p(1−p) − 2h²) x = h²), and
    the variance is p̃(1−p̃)/n at p̃ = (np + 2)/(n + 4), which has a width where nobody or everybody advanced (Agresti &
    Coull 1998). Null where the share is null.
    """
    half = (pl.col("high_share") - pl.col("low_share")) / 2
    spread = pl.col("share") * (1 - pl.col("share"))
    a, b = 0.25 - half**2, spread - 2 * half**2
    x = (-b + (b**2 + 4 * a * half**2).sqrt()) / (2 * a)
    n = Z_95**2 / x
    central = (n * pl.col("share") + 2) / (n + 4)
    return shares.with_columns(variance=central * (1 - central) / n)


def pooled(shares: pl.DataFrame, *, by: Sequence[str]) -> pl.DataFrame:
    """Add `pooled_share`, the expected true share given all comparable ones of its group; null for a group without any.

    Args:
        shares: `share`, `variance` and `is_comparable` (whether the row tells how the group's shares vary).
        by: the columns of a group.
    """
    expected = (
        _towards(shares, _fits(shares, by=by), by=by)
        .group_by(*by, "segment_value", maintain_order=True)
        .agg(pooled_share=(pl.col("probability") * pl.col("centre")).sum())
    )
    return shares.join(expected, on=[*by, "segment_value"], how="left", maintain_order="left")


def drawn(shares: pl.DataFrame, *, by: Sequence[str], purpose: str) -> pl.DataFrame:
    """What the true shares may be: `DRAWS` rows per row of `shares` with a share, numbered by `draw`: `drawn_share`.

    The draws of one number belong together: they share the spread and the mean of their group. They depend on names
    alone, never on the order of rows.

    Args:
        shares: as in `pooled`.
        by: the columns of a group.
        purpose: draws for different purposes are independent.
    """
    rows = shares.select(*by, "segment_value", "share", "variance", "is_comparable").drop_nulls("share")
    noise = with_noise(rows, by=[*by, "segment_value"], purposes=[purpose])
    chosen = _chosen(_fits(shares, by=by), by=by, purpose=purpose)
    joined = noise.join(chosen, on=[*by, "draw"])
    weight = pl.col("spread") ** 2 / (pl.col("spread") ** 2 + pl.col("variance"))
    centre = weight * pl.col("share") + (1 - weight) * pl.col("drawn_mean")
    true = centre + (weight * pl.col("variance")).sqrt() * pl.col(purpose)
    return joined.select(*by, "segment_value", "is_comparable", "draw", drawn_share=true.clip(0.0, 1.0))


def with_noise(rows: pl.DataFrame, *, by: Sequence[str], purposes: Sequence[str]) -> pl.DataFrame:
    """Each row `DRAWS` times, numbered by `draw`, with a standard normal number per purpose; the names are the seed."""
    names = rows.select(by).rows()
    numbers = [pl.Series(purpose, [_normals(purpose, *name) for name in names], dtype=_LIST) for purpose in purposes]
    draws = pl.Series("draw", [list(range(DRAWS))] * rows.height, dtype=pl.List(pl.Int64))
    return rows.with_columns(draws, *numbers).explode("draw", *purposes)


_LIST: Final = pl.List(pl.Float64)


def _normals(*names: object) -> list[float]:
    random = _named_random(*names)
    return [random.gauss(0.0, 1.0) for _ in range(DRAWS)]


def _named_random(*names: object) -> Random:
    return Random("\x1f".join(map(str, names)))


def _grid() -> pl.DataFrame:
    """Spreads from none to the largest, with the prior's weight of each: its density times the width of its cell."""
    ratio = (_LARGEST_SPREAD / _SMALLEST_SPREAD) ** (1 / (_STEPS - 1))
    points = [0.0, *(_SMALLEST_SPREAD * ratio**step for step in range(_STEPS))]
    edges = [0.0, *((low + high) / 2 for low, high in pairwise(points)), _LARGEST_SPREAD]
    widths = [high - low for low, high in pairwise(edges)]
    prior = [width / (1 + (point / PRIOR_SCALE) ** 2) for point, width in zip(points, widths, strict=True)]
    return pl.DataFrame({"spread": points, "prior": prior})


def _fits(shares: pl.DataFrame, *, by: Sequence[str]) -> pl.DataFrame:
    """Per group and spread: its `probability`, and the `mean` of the true shares given it, with its variance."""
    told = shares.filter(pl.col("is_comparable") & pl.col("share").is_not_null()).sort(*by, "segment_value")
    crossed = told.join(_grid(), how="cross", maintain_order="left_right")
    weight = 1 / (pl.col("variance") + pl.col("spread") ** 2)
    mean = (weight * pl.col("share")).sum() / weight.sum()
    misfit = (weight * pl.col("share") ** 2).sum() - mean**2 * weight.sum()
    likelihood = (weight.log().sum() - weight.sum().log() - misfit) / 2
    fits = crossed.group_by(*by, "spread", maintain_order=True).agg(
        mean=mean, mean_variance=1 / weight.sum(), log=likelihood + pl.col("prior").first().log()
    )
    odds = (pl.col("log") - pl.col("log").max().over(by)).exp()
    return fits.with_columns(odds=odds).with_columns(probability=pl.col("odds") / pl.col("odds").sum().over(by))


def _towards(shares: pl.DataFrame, fits: pl.DataFrame, *, by: Sequence[str]) -> pl.DataFrame:
    told = shares.select(*by, "segment_value", "share", "variance").drop_nulls("share")
    joined = told.join(fits, on=[*by], how="inner", maintain_order="left_right")
    weight = pl.col("spread") ** 2 / (pl.col("spread") ** 2 + pl.col("variance"))
    return joined.with_columns(centre=weight * pl.col("share") + (1 - weight) * pl.col("mean"))


def _chosen(fits: pl.DataFrame, *, by: Sequence[str], purpose: str) -> pl.DataFrame:
    """Per group and draw a spread and a mean: spreads spaced evenly by their probability, means at random given it."""
    until = pl.col("probability").cum_sum().over(by)
    is_last = pl.col("spread") == pl.col("spread").max().over(by)
    reach = fits.with_columns(until=pl.when(is_last).then(1.0).otherwise(until)).sort("until")
    groups = fits.select(by).unique()
    mean = f"{purpose} mean"
    asked = with_noise(groups, by=by, purposes=[mean]).join(_turns(groups, by=by, purpose=purpose), on=[*by, "draw"])
    found = asked.sort("until").join_asof(reach, on="until", by=[*by], strategy="forward", check_sortedness=False)
    drawn_mean = pl.col("mean") + pl.col("mean_variance").sqrt() * pl.col(mean)
    return found.select(*by, "draw", "spread", drawn_mean=drawn_mean)


def _turns(groups: pl.DataFrame, *, by: Sequence[str], purpose: str) -> pl.DataFrame:
    """Of every group, evenly spaced shares from 0 to 1, one per draw, in an order of its own (`until`)."""
    spaced = [(draw + 0.5) / DRAWS for draw in range(DRAWS)]
    orders = [_named_random(purpose, "turn", *name).sample(spaced, DRAWS) for name in groups.rows()]
    draws = pl.Series("draw", [list(range(DRAWS))] * groups.height, dtype=pl.List(pl.Int64))
    return groups.with_columns(draws, pl.Series("until", orders, dtype=_LIST)).explode("draw", "until")
