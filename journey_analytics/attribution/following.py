"""What followed each touch, with the weight that stands for those whose follow-up was cut off at T."""

from typing import Final

import polars as pl

from journey_analytics.attribution.paths import CONVERTED, LOST, OPEN, Paths
from journey_analytics.dropoff import cumulative_incidence

WEIGHT_UNIT: Final = 2**20
"""A weight of 1 in whole units: sums of whole numbers are the same in any order."""

TO_CONVERSION: Final = -1
TO_LOSS: Final = -2


def followed(paths: Paths) -> pl.DataFrame:
    """One row per touch whose next state is known: `journey`, `touchpoint`, `next`, `weight`.

    `next` is the next touch's value, `TO_CONVERSION` or `TO_LOSS`. The last touch of an open journey has no next state
    yet: it is censored at T. Leaving it out would not do: a conversion follows within minutes, a loss is known only
    after the inactivity limit, so that among what is known by T conversions are too many. Therefore `weight`, 1 over
    the estimated share of the value's touches that were watched so long: the weighted shares of next states are the
    Aalen–Johansen estimates of where a touch of this value leads. Without open journeys every weight is 1.
    """
    touches = paths.touches.join(
        paths.journeys.select("journey", "outcome", "resolved_us"), on="journey", how="left", maintain_order="left"
    )
    is_inner = (pl.col("journey") == pl.col("journey").shift(-1)).fill_null(value=False)
    end = pl.col("outcome").replace_strict(
        {CONVERTED: TO_CONVERSION, LOST: TO_LOSS}, default=None, return_dtype=pl.Int64
    )
    after = touches.select(
        "journey",
        "touchpoint",
        next=pl.when(is_inner).then(pl.col("touchpoint").shift(-1)).otherwise(end),
        duration_us=pl.when(is_inner).then(pl.col("at_us").shift(-1)).otherwise("resolved_us") - pl.col("at_us"),
    )
    return _weighted(after.with_columns(rank=pl.int_range(pl.len())))


def _weighted(after: pl.DataFrame) -> pl.DataFrame:
    """In the order of the touches. To the estimator every known next state is the event."""
    is_open = pl.col("next").is_null()
    entrants = after.with_columns(
        outcome=pl.when(is_open).then(pl.lit(OPEN)).otherwise(pl.lit("advanced")),
        of_value=pl.len().over("touchpoint"),
    ).sort("duration_us", is_open, "rank")
    events = cumulative_incidence(entrants, group=("touchpoint",))
    return events.sort("rank").select("journey", "touchpoint", "next", weight=pl.col("step") * pl.col("of_value"))


def resolved_weights(follows: pl.DataFrame) -> pl.DataFrame:
    """One row per converted or lost journey with a touch: `journey`, `weight_units`.

    The weight is the product of those of its touches: 1 over the estimated chance that a journey like it is resolved by
    T. Touch by touch it follows a mix of values that changes with time, which the time since the journey's beginning
    alone does not.
    """
    is_end = (pl.col("next") < 0).any()
    # A sum of logarithms in the order of the touches; whole units hide what the order could change.
    weight = pl.col("weight").log().sum().exp()
    by_journey = follows.group_by("journey", maintain_order=True).agg(is_resolved=is_end, weight=weight)
    return by_journey.filter("is_resolved").select("journey", weight_units=in_units("weight"))


def in_units(column: str) -> pl.Expr:
    """A weight as a whole number of `WEIGHT_UNIT`."""
    return (pl.col(column) * WEIGHT_UNIT).round().cast(pl.Int64)
