"""The cards of the personas: size, conversion, stability, a typical journey. Pure: frames in, frame out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from journey_analytics.intervals import wilson_high, wilson_low
from journey_analytics.personas.tables import CARD_SCHEMA
from journey_analytics.personas.traits import traits_by_persona
from journey_analytics.personas.words import persona_title, trait_sentence

SHOWN_AT_LEAST: Final = 5
"""Fewer customers are shown nothing of but how many they are."""

_HIDDEN: Final = (
    "conversion_share", "conversion_low_share", "conversion_high_share", "converted_count", "settled_count",
    "medoid_journey_id", "medoid_activities",
)  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """Where personas come from (`data` or `rules`), why, and the silhouette of the clusters (null for rules)."""

    source: str
    note: str | None
    silhouette: float | None


def persona_cards(
    sizes: pl.DataFrame,
    *,
    clusters: pl.DataFrame,
    medoids: pl.DataFrame,
    traits: pl.DataFrame,
    choice: Choice,
    minimum_count: int,
) -> pl.DataFrame:
    """One row per persona, the largest first, ties by name: the columns of `CARD_SCHEMA`.

    Shares have Wilson's 95 % interval, which takes journeys to be independent; conversion is of settled journeys
    (DEFINITIONS: drop-off). A persona with fewer than `SHOWN_AT_LEAST` customers is suppressed: of it only the counts
    of journeys and customers are given. One with fewer settled journeys than `minimum_count` is not ranked.

    Args:
        sizes: `persona`, `journey_count`, `customer_count`, `settled_count`, `converted_count` (of the settled ones).
        clusters: `CLUSTER_SCHEMA`; no rows where personas are rules.
        medoids: `persona`, `medoid_journey_id`, `medoid_activities`.
        traits: `TRAIT_SCHEMA`.
        choice: of the whole.
        minimum_count: the setting of that name.
    """
    told = traits_by_persona(traits)
    journeys, settled = pl.col("journey_count"), pl.col("settled_count")
    share, conversion = pl.col("journey_share"), pl.col("conversion_share")
    joined = sizes.join(clusters, on="persona", how="left").join(medoids, on="persona", how="left")
    cards = (
        joined.sort("journey_count", "persona", descending=[True, False])
        .with_columns(
            place=pl.int_range(1, pl.len() + 1),
            base_count=journeys.sum(),
            journey_share=journeys / journeys.sum(),
            conversion_share=pl.when(settled > 0).then(pl.col("converted_count") / settled),
            is_suppressed=pl.col("customer_count") < SHOWN_AT_LEAST,
            is_ranked=settled >= minimum_count,
            title_parts=pl.col("parts").fill_null([]),
            source=pl.lit(choice.source),
            silhouette=pl.lit(choice.silhouette, pl.Float64),
            note=pl.lit(choice.note, pl.String),
        )
        .with_columns(
            journey_low_share=wilson_low(share, pl.col("base_count")),
            journey_high_share=wilson_high(share, pl.col("base_count")),
            conversion_low_share=wilson_low(conversion, settled),
            conversion_high_share=wilson_high(conversion, settled),
            title=pl.struct("persona", "title_parts").map_elements(_title, return_dtype=pl.String),
            distinguishes=pl.col("persona").map_elements(
                lambda persona: pl.Series([trait_sentence(row) for row in told.get(persona, ())], dtype=pl.String),
                return_dtype=pl.List(pl.String),
            ),
        )
    )
    return _suppressed(cards).select(pl.col(name).cast(kind) for name, kind in CARD_SCHEMA.items())


def _title(row: Mapping[str, object]) -> str:
    return persona_title(str(row["persona"]), [str(part) for part in row["title_parts"] or ()])  # type: ignore[union-attr]


def _suppressed(cards: pl.DataFrame) -> pl.DataFrame:
    is_hidden = pl.col("is_suppressed")
    return cards.with_columns(
        *(pl.when(~is_hidden).then(pl.col(name)).alias(name) for name in _HIDDEN),
        distinguishes=pl.when(is_hidden).then(pl.lit([], pl.List(pl.String))).otherwise("distinguishes"),
        is_ranked=pl.col("is_ranked") & ~is_hidden,
    )
