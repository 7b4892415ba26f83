"""What distinguishes a persona, and which journey is typical of it. Pure: counts of profiles in, frames out."""

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from journey_analytics.intervals import difference_high, difference_low
from journey_analytics.personas.features import FEATURES
from journey_analytics.personas.tables import TRAIT_SCHEMA

MOST_TRAITS: Final = 5
POINTS_AT_LEAST: Final = 5.0
"""Percentage points by which a value must be more frequent than elsewhere to be told."""

_UNKNOWN: Final = "unknown"
_TOLD_BY_PAST: Final = {"previous_channel": "none", "recency": "never"}
"""Values that follow from what is told as `past`."""


def traits_of(profiles: pl.DataFrame) -> pl.DataFrame:
    """The values by which each persona differs most from all others, at most `MOST_TRAITS`, one per feature.

    Args:
        profiles: `persona`, the columns of `FEATURES` and `journey_count`, in any order; several rows may be alike.

    Returns:
        The columns of `TRAIT_SCHEMA` by persona and place: shares of the persona's journeys (`here`) and of those of
        all others (`elsewhere`), and their difference with a 95 % interval (Newcombe 1998) that takes journeys to be
        independent. Only values that are more frequent here, by at least `POINTS_AT_LEAST` and surely so; the largest
        difference first, ties in the order of `FEATURES`, then by value. What is `unknown` distinguishes nobody;
    that there was no journey or purchase before is told by `past` alone.
    """
    counts = _value_counts(profiles)
    here, elsewhere = pl.col("here_count") / pl.col("here_n"), pl.col("elsewhere_count") / pl.col("elsewhere_n")
    shares = counts.filter(pl.col("elsewhere_n") > 0).with_columns(here_share=here, elsewhere_share=elsewhere)
    compared = [pl.col(name) for name in ("here_share", "here_n", "elsewhere_share", "elsewhere_n")]
    told = shares.with_columns(
        difference_points=100 * (pl.col("here_share") - pl.col("elsewhere_share")),
        difference_low_points=100 * difference_low(*compared),
        difference_high_points=100 * difference_high(*compared),
    ).filter(pl.col("difference_points") >= POINTS_AT_LEAST, pl.col("difference_low_points") > 0)
    follows = pl.col("value") == pl.col("feature").replace_strict(_TOLD_BY_PAST, default=_UNKNOWN)
    return _placed(told.filter(~follows, pl.col("value") != _UNKNOWN))


def _value_counts(profiles: pl.DataFrame) -> pl.DataFrame:
    """How many journeys of each persona have each value, and of how many; the same of all other personas."""
    values = profiles.unpivot(on=list(FEATURES), index=["persona", "journey_count"], variable_name="feature")
    count = pl.col("journey_count")
    there = values.group_by("persona", "feature", "value").agg(here_count=count.sum())
    sizes = profiles.group_by("persona").agg(here_n=count.sum())
    total, everywhere = profiles["journey_count"].sum(), values.group_by("feature", "value").agg(all_count=count.sum())
    return (
        there.join(sizes, on="persona")
        .join(everywhere, on=["feature", "value"])
        .with_columns(
            elsewhere_count=pl.col("all_count") - pl.col("here_count"), elsewhere_n=pl.lit(total) - pl.col("here_n")
        )
    )


def _placed(told: pl.DataFrame) -> pl.DataFrame:
    order = pl.col("feature").replace_strict(FEATURES, list(range(len(FEATURES))), return_dtype=pl.Int64)
    in_order = told.with_columns(feature_place=order, size=pl.col("difference_points").round(9)).sort(
        "persona", "size", "feature_place", "value", descending=[False, True, False, False]
    )
    one_each = in_order.unique(["persona", "feature"], keep="first", maintain_order=True)
    placed = one_each.with_columns(place=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("persona"))
    return placed.filter(pl.col("place") <= MOST_TRAITS).select(pl.col(n).cast(t) for n, t in TRAIT_SCHEMA.items())


def typical_profiles(profiles: pl.DataFrame, *, weights: Mapping[str, float]) -> pl.DataFrame:
    """Of each persona the profile that is nearest to its centre: the medoid under the distance of the clusters.

    The sum of squared distances from one journey to all others of its group is smallest where the weighted sum of the
    shares of its values is largest. Of profiles alike in that the first one by its values.

    Args:
        profiles: as for `traits_of`.
        weights: of the features.

    Returns:
        `persona` and the columns of `FEATURES`, one row per persona, by persona.
    """
    grouped = profiles.group_by("persona", *FEATURES).agg(pl.col("journey_count").sum())
    count, size = pl.col("journey_count"), pl.col("journey_count").sum().over("persona")
    nearness = pl.sum_horizontal(weight * count.sum().over("persona", name) / size for name, weight in weights.items())
    ranked = grouped.with_columns(nearness=nearness.round(9)).sort(
        "persona", "nearness", *FEATURES, descending=[False, True, *[False] * len(FEATURES)]
    )
    return ranked.unique("persona", keep="first", maintain_order=True).select("persona", *FEATURES)


def traits_by_persona(traits: pl.DataFrame) -> Mapping[str, Sequence[Mapping[str, object]]]:
    """The rows of each persona in their order."""
    found: dict[str, list[Mapping[str, object]]] = {}
    for row in traits.sort("persona", "place").iter_rows(named=True):
        found.setdefault(row["persona"], []).append(row)
    return found
