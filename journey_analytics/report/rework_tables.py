"""The tables of process rules, rework, waiting and hand-overs, with the columns that the report needs of them."""

from collections.abc import Mapping

import polars as pl

_N = pl.Int64
_SHARE = pl.Float64
_POINTS = dict.fromkeys(("difference_points", "difference_low_points", "difference_high_points"), pl.Float64)

REWORK_TABLES: Mapping[str, Mapping[str, pl.DataType | type[pl.DataType]]] = {
    "mart.rule_conformance": {
        **dict.fromkeys(("rule_id", "kind", "scope", "description", "note", "dropoff_note"), pl.String),
        **dict.fromkeys(("activation_count", "fulfilled_count", "violated_count", "pending_count"), _N),
        **dict.fromkeys(("violated_share", "violated_low_share", "violated_high_share"), _SHARE),
        "violated_settled_count": _N,
        "violated_dropoff_share": _SHARE,
        "fulfilled_settled_count": _N,
        "fulfilled_dropoff_share": _SHARE,
        **_POINTS,
        "is_dropoff_ranked": pl.Boolean,
        "is_ranked": pl.Boolean,
    },
    "mart.rule_violation": {
        "rule_id": pl.String,
        "place": _N,
        "journey_id": pl.String,
        "touchpoint_id": pl.String,
        "occurred_at": pl.Datetime("us"),
    },
    "mart.rework": {
        "kind": pl.String,
        "subject": pl.String,
        **dict.fromkeys(("place", "journey_count", "occurrence_count", "base_count"), _N),
        **dict.fromkeys(("journey_share", "journey_low_share", "journey_high_share"), _SHARE),
        "settled_with_count": _N,
        "dropoff_share_with": _SHARE,
        "settled_without_count": _N,
        "dropoff_share_without": _SHARE,
        **_POINTS,
        "median_extra_seconds": pl.Float64,
        "is_ranked": pl.Boolean,
        "example_journey_ids": pl.List(pl.String),
    },
    "mart.bottleneck": {
        "activity": pl.String,
        "next_activity": pl.String,
        **dict.fromkeys(("follow_count", "journey_count", "place", "settled_count"), _N),
        **dict.fromkeys(("median_seconds", "p90_seconds", "waiting_seconds"), pl.Float64),
        **dict.fromkeys(("dropoff_share", "dropoff_low_share", "dropoff_high_share"), _SHARE),
    },
    "mart.handover": {
        **dict.fromkeys(("dimension", "from_value", "to_value"), pl.String),
        **dict.fromkeys(("place", "handover_count", "journey_count", "settled_count", "reference_count"), _N),
        **dict.fromkeys(("compared_count", "compared_reference_count"), _N),
        **dict.fromkeys(("dropoff_share", "reference_share"), _SHARE),
        **_POINTS,
        "is_ranked": pl.Boolean,
    },
}
