"""The tables of planned and actual, with the columns that the report needs of them."""

from collections.abc import Mapping

import polars as pl

_N = pl.Int64
_SHARE = pl.Float64

PLANNED_TABLES: Mapping[str, Mapping[str, pl.DataType | type[pl.DataType]]] = {
    "mart.planned_fit": {
        "planned": pl.String,
        "level": pl.String,
        "journey_count": _N,
        "aligned_journey_count": _N,
        "conforming_count": _N,
        "conforming_share": _SHARE,
        "conforming_low_share": _SHARE,
        "conforming_high_share": _SHARE,
        "open_count": _N,
        "left_censored_count": _N,
        "fitness": _SHARE,
        "full_fitness": _SHARE,
        "precision": _SHARE,
        "note": pl.String,
    },
    "mart.deviation": {
        "planned": pl.String,
        "place": _N,
        "stake_place": _N,
        "kind": pl.String,
        "activity": pl.String,
        "stage": pl.String,
        "is_planned": pl.Boolean,
        "after_activity": pl.String,
        "journey_count": _N,
        "affected_count": _N,
        "affected_share": _SHARE,
        "affected_low_share": _SHARE,
        "affected_high_share": _SHARE,
        "moved_count": _N,
        "settled_with_count": _N,
        "settled_without_count": _N,
        "dropoff_share_with": _SHARE,
        "dropoff_share_without": _SHARE,
        "difference_points": pl.Float64,
        "difference_low_points": pl.Float64,
        "difference_high_points": pl.Float64,
        "amount_at_stake": pl.Float64,
        "amount_low_at_stake": pl.Float64,
        "amount_high_at_stake": pl.Float64,
        "currency": pl.String,
        "is_ranked": pl.Boolean,
        "note": pl.String,
        "example_journey_ids": pl.List(pl.String),
    },
    "mart.planned_touchpoint": {
        "planned": pl.String,
        "place": _N,
        "activity": pl.String,
        "stage": pl.String,
        "state": pl.String,
        "is_optional": pl.Boolean,
        "journey_count": _N,
        "journey_share": _SHARE,
        "note": pl.String,
    },
}
