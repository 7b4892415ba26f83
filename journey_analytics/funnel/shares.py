"""How many of all entries reach a step, with an interval, while some are still on their way. Pure: frame in, frame out.

The clock of every curve runs from the entry, because the window does: “reached step k within the window” is one
Aalen–Johansen curve, censored at T, and a step share is the ratio of two of them. A clock that began anew at each step
would mix entrants with different rests of the window, and those who were slow before count too little near T.

The interval is that of the ratio (delta method) with each entry's *influence* on both curves, summed by customer: the
attempts of one person are no independent tries. Source: Jaeckel 1972 (infinitesimal jackknife); for curves of competing
risks e.g. Zhang & Fine 2011, Stat. Med. 30:1933.
"""

import polars as pl

from journey_analytics.dropoff import cumulative_incidence
from journey_analytics.intervals import wilson_high, wilson_low

GROUP = "segment_value"
_CERTAIN = 1e-9


def incidence(timed: pl.DataFrame) -> pl.DataFrame:
    """What every entry adds to the share of its group that gets there, and its influence on that share.

    Args:
        timed: one row per entry: `entry` (a number of its own within the group), `segment_value`, `outcome` (advanced |
            dropped | open), `duration_us` since the entry (to getting there, to the end of the attempt, or to T) and
            `moment`, by which they are ordered: what has the same one happened at once, open ones last.

    Returns:
        `entry`, `segment_value`, `increment` (the increments of a group sum to the share that gets there) and
        `influence` (they sum to 0, their squares to the variance of that share), by group and entry.
    """
    is_open = pl.col("outcome") == "open"
    ordered = timed.sort("moment", is_open, "outcome", "duration_us", "entry")
    events = cumulative_incidence(ordered, group=[GROUP])
    own = pl.col("step") - pl.col("remaining") / pl.col("at_risk")
    told = events.select(
        "entry", GROUP, increment="step", own=own, running=(own / pl.col("at_risk")).cum_sum().over(GROUP)
    )
    running = pl.col("running").forward_fill().over(GROUP).fill_null(0.0)
    return (
        ordered.join(told, on=["entry", GROUP], how="left", maintain_order="left")
        .with_columns(influence=pl.col("own").fill_null(0.0) - running)
        .select("entry", GROUP, pl.col("increment").fill_null(0.0), "influence")
        .sort(GROUP, "entry")
    )


def shares(reached: pl.DataFrame, before: pl.DataFrame | None, customers: pl.DataFrame) -> pl.DataFrame:
    """The share of each group that gets there, of all entries or of those that got to the step before.

    Args:
        reached: `incidence` of getting to the step.
        before: `incidence` of getting to the one before; None: the share is of all entries.
        customers: `entry` and `customer_id`.

    Returns:
        `segment_value`, `share` (0–1; null where nobody got to the step before) and `variance`, by group. The ratio is
        cut at 1, which it can pass by a little where many are on their way.
    """
    both = reached.join(_before(reached, before), on=["entry", GROUP], how="left", maintain_order="left")
    told = both.group_by(GROUP, maintain_order=True).agg(
        numerator=pl.col("increment").sum(), denominator=_denominator(before)
    )
    ratio = pl.col("numerator") / pl.col("denominator")
    part = (pl.col("influence") - ratio * pl.col("influence_before")) / pl.col("denominator")
    by_customer = (
        both.join(told, on=GROUP, how="left", maintain_order="left")
        .join(customers, on="entry", how="left", maintain_order="left")
        .group_by(GROUP, "customer_id", maintain_order=True)
        .agg(part=part.sum())
    )
    variance = by_customer.group_by(GROUP, maintain_order=True).agg(variance=(pl.col("part") ** 2).sum())
    share = pl.when(pl.col("denominator") > 0).then(ratio.clip(0.0, 1.0))
    return told.join(variance, on=GROUP, how="left", maintain_order="left").select(GROUP, "variance", share=share)


def _before(reached: pl.DataFrame, before: pl.DataFrame | None) -> pl.DataFrame:
    if before is None:
        return reached.select("entry", GROUP, increment_before=pl.lit(None, pl.Float64), influence_before=pl.lit(0.0))
    return before.select("entry", GROUP, increment_before="increment", influence_before="influence")


def _denominator(before: pl.DataFrame | None) -> pl.Expr:
    return pl.lit(1.0) if before is None else pl.col("increment_before").sum()


def with_interval(
    counted: pl.DataFrame, *, share: str, variance: str, at_most: str, resolved: str, low: str, high: str
) -> pl.DataFrame:
    """Add Wilson's 95 % interval of a share at the effective count that its variance implies.

    As in `dropoff.stage_dropoff`: never more than the entrants (`at_most`); where all went one way, those whose end is
    known (`resolved`). So it stays in [0, 1] and has a width where nobody or everybody got there.
    """
    value = pl.col(share)
    is_certain = (value < _CERTAIN) | (value > 1 - _CERTAIN) | (pl.col(variance) < _CERTAIN**2)
    implied = pl.min_horizontal(value * (1 - value) / pl.col(variance), pl.col(at_most))
    count = pl.when(is_certain).then(pl.col(resolved)).otherwise(implied)
    return counted.with_columns(wilson_low(value, count).alias(low), wilson_high(value, count).alias(high))
