"""The table behind the step flow, with the columns that the report needs of it."""

from collections.abc import Mapping

import polars as pl

_N = pl.Int64

STEP_TABLES: Mapping[str, Mapping[str, pl.DataType | type[pl.DataType]]] = {
    "mart.step_flow": {
        "level": pl.String,
        "anchor": pl.String,
        "step_number": _N,
        "node": pl.String,
        "next_node": pl.String,
        "journey_count": _N,
        "first_count": _N,
        "converted_count": _N,
        "dropped_count": _N,
        "open_count": _N,
        "settled_converted_count": _N,
        "settled_count": _N,
    },
}
