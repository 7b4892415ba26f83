"""The tables of feelings and friction, with the columns that the report needs of them."""

from collections.abc import Mapping

import polars as pl

_N = pl.Int64
_SHARE = pl.Float64

FEELING_TABLES: Mapping[str, Mapping[str, pl.DataType | type[pl.DataType]]] = {
    "mart.feeling": {
        **dict.fromkeys(("persona", "stage", "kind", "measure"), pl.String),
        **dict.fromkeys(("n", "customer_count"), _N),
        **dict.fromkeys(("mean", "low", "high"), pl.Float64),
        **dict.fromkeys(("is_shown", "is_suppressed"), pl.Boolean),
        "freshest_at": pl.Datetime("us"),
    },
    "mart.friction": {
        **dict.fromkeys(("persona", "stage", "signal"), pl.String),
        **dict.fromkeys(("entered_count", "journey_count"), _N),
        **dict.fromkeys(("journey_share", "journey_low_share", "journey_high_share"), _SHARE),
        "settled_with_count": _N,
        "dropoff_share_with": _SHARE,
        "settled_without_count": _N,
        "dropoff_share_without": _SHARE,
        **dict.fromkeys(("difference_points", "difference_low_points", "difference_high_points"), pl.Float64),
        **dict.fromkeys(("is_ranked", "is_suppressed"), pl.Boolean),
    },
}
