"""The tables of personas, with the columns that the report needs of them."""

from collections.abc import Mapping

import polars as pl

_N = pl.Int64
_SHARE = pl.Float64

PERSONA_TABLES: Mapping[str, Mapping[str, pl.DataType | type[pl.DataType]]] = {
    "mart.persona": {
        "place": _N,
        "persona": pl.String,
        "title": pl.String,
        "title_parts": pl.List(pl.String),
        "source": pl.String,
        **dict.fromkeys(("journey_count", "customer_count", "base_count"), _N),
        **dict.fromkeys(("journey_share", "journey_low_share", "journey_high_share"), _SHARE),
        **dict.fromkeys(("settled_count", "converted_count"), _N),
        **dict.fromkeys(("conversion_share", "conversion_low_share", "conversion_high_share"), _SHARE),
        **dict.fromkeys(("jaccard", "silhouette"), pl.Float64),
        "medoid_activities": pl.List(pl.String),
        **dict.fromkeys(("is_ranked", "is_suppressed"), pl.Boolean),
        "note": pl.String,
    },
    "mart.persona_trait": {
        "persona": pl.String,
        "place": _N,
        **dict.fromkeys(("feature", "value"), pl.String),
        **dict.fromkeys(("here_share", "elsewhere_share"), _SHARE),
    },
    "mart.persona_trial": {
        "cluster_count": _N,
        **dict.fromkeys(("lowest_jaccard", "silhouette", "reference_silhouette"), pl.Float64),
        **dict.fromkeys(("is_stable", "is_separate", "is_chosen", "is_kept"), pl.Boolean),
    },
}
