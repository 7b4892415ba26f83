"""The columns of the tables that personas are kept in."""

from typing import Final

import polars as pl

PERSONA_SCHEMA: Final = pl.Schema({"journey_id": pl.String, "persona": pl.String})
"""`core.journey_persona`: one row per journey where personas come from data, else none."""

CHOICE_SCHEMA: Final = pl.Schema({"source": pl.String, "note": pl.String, "silhouette": pl.Float64})
"""`core.persona_choice`: one row, where personas come from and why."""

CLUSTER_SCHEMA: Final = pl.Schema({"persona": pl.String, "parts": pl.List(pl.String), "jaccard": pl.Float64})
"""`core.persona_cluster`: one row per cluster; `parts` are what it is named for (`feature=value`)."""

TRIAL_SCHEMA: Final = pl.Schema(
    {
        "cluster_count": pl.Int64,
        "lowest_jaccard": pl.Float64,
        "silhouette": pl.Float64,
        "reference_silhouette": pl.Float64,
        "is_stable": pl.Boolean,
        "is_separate": pl.Boolean,
        "is_chosen": pl.Boolean,
        "is_kept": pl.Boolean,
    }
)
"""`mart.persona_trial`: one row per number of clusters that was tried."""

CARD_SCHEMA: Final = pl.Schema(
    {
        "place": pl.Int64,
        "persona": pl.String,
        "title": pl.String,
        "title_parts": pl.List(pl.String),
        "source": pl.String,
        "journey_count": pl.Int64,
        "customer_count": pl.Int64,
        "base_count": pl.Int64,
        "journey_share": pl.Float64,
        "journey_low_share": pl.Float64,
        "journey_high_share": pl.Float64,
        "settled_count": pl.Int64,
        "converted_count": pl.Int64,
        "conversion_share": pl.Float64,
        "conversion_low_share": pl.Float64,
        "conversion_high_share": pl.Float64,
        "jaccard": pl.Float64,
        "silhouette": pl.Float64,
        "medoid_journey_id": pl.String,
        "medoid_activities": pl.List(pl.String),
        "distinguishes": pl.List(pl.String),
        "is_ranked": pl.Boolean,
        "is_suppressed": pl.Boolean,
        "note": pl.String,
    }
)
"""`mart.persona`: one row per persona."""

TRAIT_SCHEMA: Final = pl.Schema(
    {
        "persona": pl.String,
        "place": pl.Int64,
        "feature": pl.String,
        "value": pl.String,
        "here_count": pl.Int64,
        "here_share": pl.Float64,
        "elsewhere_share": pl.Float64,
        "difference_points": pl.Float64,
        "difference_low_points": pl.Float64,
        "difference_high_points": pl.Float64,
    }
)
"""`mart.persona_trait`: one row per persona and feature by which it differs from all others."""
