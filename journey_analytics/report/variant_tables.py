"""The tables behind variants and prefix trees, with the columns that the report needs of them."""

from collections.abc import Mapping

import polars as pl

_N = pl.Int64
_SHARE = pl.Float64
_Schema = Mapping[str, pl.DataType | type[pl.DataType]]

_OF_A_VARIANT: _Schema = {
    "journey_count": _N,
    "converted_count": _N,
    "dropped_count": _N,
    "open_count": _N,
    "passive_count": _N,
    "passive_dropped_count": _N,
    "passive_open_count": _N,
    "p25_duration_seconds": pl.Float64,
    "median_duration_seconds": pl.Float64,
    "p75_duration_seconds": pl.Float64,
    "p90_duration_seconds": pl.Float64,
    "amount": pl.Float64,
    "currency": pl.String,
    "journey_share_of_all": _SHARE,
}

VARIANT_TABLES: Mapping[str, _Schema] = {
    "mart.variant": {"variant_id": pl.String, "activities": pl.List(pl.String), **_OF_A_VARIANT},
    "mart.stage_variant": {"variant_id": pl.String, "stages": pl.List(pl.String), **_OF_A_VARIANT},
    "mart.variant_coverage": {
        "level": pl.String,
        "variant_count": _N,
        "covered_journey_count": _N,
        "covered_share": _SHARE,
        "reached_share": _SHARE,
        "all_variant_count": _N,
        "all_journey_count": _N,
    },
    "mart.path_tree": {
        "level": pl.String,
        "node_id": pl.String,
        "parent_id": pl.String,
        "depth": _N,
        "step": pl.String,
        "path": pl.List(pl.String),
        "is_rest": pl.Boolean,
        "journey_count": _N,
        "ended_converted_count": _N,
        "ended_dropped_count": _N,
        "ended_open_count": _N,
        "converted_count": _N,
        "dropped_count": _N,
        "open_count": _N,
        "settled_count": _N,
        "settled_converted_count": _N,
        "purchase_ahead_count": _N,
        "purchased_count": _N,
        "conversion_share": _SHARE,
        "conversion_low_share": _SHARE,
        "conversion_high_share": _SHARE,
        "is_ranked": pl.Boolean,
        "median_seconds": pl.Float64,
        "amount": pl.Float64,
        "currency": pl.String,
    },
}

LONG_VARIANT_TABLES: Mapping[str, tuple[str, int]] = {
    "mart.variant": ("variant_rank", 200),
    "mart.stage_variant": ("variant_rank", 200),
    # A node comes after its parent, so what is read is a tree again.
    "mart.path_tree": (
        "is_rest, row_number() over (partition by level order by is_rest, journey_count desc, depth, node_id), level",
        800,
    ),
}
"""The order that ranks their rows, and how many the report needs."""
