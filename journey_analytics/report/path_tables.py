"""The tables behind the process map, with the columns that the report needs of them."""

from collections.abc import Mapping

import polars as pl

_N = pl.Int64
_STATUSES = {
    "converted_count": _N,
    "dropped_count": _N,
    "open_count": _N,
    "settled_converted_count": _N,
    "settled_count": _N,
}
_SEGMENT = {"segment": pl.String, "segment_value": pl.String}

PATH_TABLES: Mapping[str, Mapping[str, pl.DataType | type[pl.DataType]]] = {
    "mart.path_link": {
        **_SEGMENT,
        "activity": pl.String,
        "next_activity": pl.String,
        "follow_count": _N,
        "journey_count": _N,
        **_STATUSES,
        "median_seconds": pl.Float64,
        "p90_seconds": pl.Float64,
    },
    "mart.path_activity": {
        **_SEGMENT,
        "activity": pl.String,
        "stage": pl.String,
        "touchpoint_count": _N,
        "journey_count": _N,
        "start_count": _N,
        "converted_end_count": _N,
        "dropped_end_count": _N,
        "open_end_count": _N,
        **_STATUSES,
    },
    "mart.path_example": {
        "activity": pl.String,
        "next_activity": pl.String,
        "place": _N,
        "journey_id": pl.String,
        "status": pl.String,
        "started_at": pl.Datetime("us"),
        "touchpoint_count": _N,
    },
}
