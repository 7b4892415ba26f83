"""The tables behind selections, with the columns that the report needs of them."""

from collections.abc import Mapping

import polars as pl

_N = pl.Int64
_KEY = {"segment": pl.String, "segment_value": pl.String}

SELECTION_TABLES: Mapping[str, Mapping[str, pl.DataType | type[pl.DataType]]] = {
    "mart.selection_headline": {
        **_KEY,
        **dict.fromkeys(
            (
                "journey_count", "converted_count", "dropped_count", "open_count", "left_censored_count",
                "customer_count", "identified_customer_count", "touchpoint_count", "purchase_count",
            ),
            _N,
        ),
        "amount": pl.Float64,
        "currency": pl.String,
    },
    "mart.selection_flow": {**_KEY, "from_stage": pl.String, "to_state": pl.String, "journey_count": _N},
    "mart.selection_variant": {
        **_KEY,
        "variant_id": pl.String,
        "stages": pl.List(pl.String),
        **dict.fromkeys(("journey_count", "converted_count", "dropped_count", "open_count"), _N),
        **dict.fromkeys(
            ("p25_duration_seconds", "median_duration_seconds", "p75_duration_seconds", "p90_duration_seconds"),
            pl.Float64,
        ),
        "amount": pl.Float64,
        "currency": pl.String,
        "journey_share_of_all": pl.Float64,
    },
}  # fmt: skip

LONG_SELECTION_TABLES: Mapping[str, tuple[str, int]] = {
    "mart.selection_variant": ("variant_rank, segment, segment_value", 2_000),
}
"""The order that ranks their rows, and how many the report needs."""
