"""The tables of what customers wrote, with the columns that the report needs of them."""

from collections.abc import Mapping

import polars as pl

_N = pl.Int64
_SHARE = pl.Float64

VOICE_TABLES: Mapping[str, Mapping[str, pl.DataType | type[pl.DataType]]] = {
    "mart.voice": {
        **dict.fromkeys(("persona", "stage", "topic", "kind"), pl.String),
        **dict.fromkeys(("text_count", "journey_count", "customer_count", "felt_count"), _N),
        **dict.fromkeys(("negative_count", "neutral_count", "positive_count"), _N),
        **dict.fromkeys(("negative_share", "negative_low", "negative_high"), _SHARE),
        "freshest_at": pl.Datetime("us"),
        **dict.fromkeys(("is_shown", "is_suppressed"), pl.Boolean),
    },
    "mart.voice_quote": {
        **dict.fromkeys(("persona", "stage", "topic", "feeling_label"), pl.String),
        "place": _N,
        **dict.fromkeys(("quote", "kind", "occurred_month"), pl.String),
    },
    "mart.text_quality": {
        **dict.fromkeys(("language", "origin"), pl.String),
        **dict.fromkeys(("text_count", "labelled_count", "agreed_count"), _N),
        **dict.fromkeys(("agreement_share", "agreement_low", "agreement_high", "majority_share"), _SHARE),
        **dict.fromkeys(("macro_f1", "threshold"), _SHARE),
        "is_used": pl.Boolean,
        "note": pl.String,
    },
}
