"""The marts that the map is looked up in, with the columns that it reads of them; one that is absent is empty."""

from collections.abc import Mapping
from typing import Final

import polars as pl

_N: Final = pl.Int64
_F: Final = pl.Float64
_T: Final = pl.String
_B: Final = pl.Boolean
_AT: Final = pl.Datetime("us")
_POINTS: Final = {"difference_points": _F, "difference_low_points": _F, "difference_high_points": _F}
_DRIVER: Final = {
    "stage": _T, "kind": _T, "driver": _T, "entered_count": _N, "exposed_count": _N, **_POINTS, "is_found": _B,
}  # fmt: skip

READ: Final[Mapping[str, Mapping[str, pl.DataType | type[pl.DataType]]]] = {
    "mart.stage_dropoff": {
        "segment": _T, "segment_value": _T, "stage": _T, "entered_count": _N, "customer_count": _N,
        "estimated_dropoff_share": _F, "estimated_low_share": _F, "estimated_high_share": _F, "is_ranked": _B,
        "estimate_note": _T,
    },
    "mart.driver": _DRIVER,
    "mart.persona_driver": {"persona": _T, **_DRIVER},
    "mart.rework": {
        "kind": _T, "subject": _T, "journey_count": _N, "base_count": _N, **_POINTS, "is_ranked": _B,
    },
    "mart.friction": {
        "persona": _T, "stage": _T, "signal": _T, "entered_count": _N, "journey_count": _N, "journey_share": _F,
        "journey_low_share": _F, "journey_high_share": _F, **_POINTS, "is_ranked": _B,
    },
    "mart.feeling": {
        "persona": _T, "stage": _T, "kind": _T, "measure": _T, "n": _N, "mean": _F, "low": _F, "high": _F,
        "is_shown": _B, "is_suppressed": _B, "freshest_at": _AT,
    },
    "mart.voice": {
        "persona": _T, "stage": _T, "topic": _T, "kind": _T, "text_count": _N, "felt_count": _N,
        "negative_share": _F, "negative_low": _F, "negative_high": _F, "is_shown": _B, "is_suppressed": _B,
        "freshest_at": _AT,
    },
    "mart.voice_quote": {
        "persona": _T, "stage": _T, "topic": _T, "feeling_label": _T, "quote": _T, "place": _N,
    },
    "mart.opportunity": {
        "place": _N, "stage": _T, "segment": _T, "segment_value": _T, "entered_count": _N, "currency": _T,
        "customers_per_month": _F, "customers_low_per_month": _F, "customers_high_per_month": _F,
        "amount_per_month": _F, "amount_low_per_month": _F, "amount_high_per_month": _F, "is_ranked": _B,
    },
    "mart.attribution": {
        "model": _T, "dimension": _T, "touchpoint": _T, "conversion_count": _N, "touched_count": _N,
        "credit_share": _F, "credit_low": _F, "credit_high": _F, "is_ranked": _B,
    },
}  # fmt: skip
