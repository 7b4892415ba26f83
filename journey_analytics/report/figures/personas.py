"""How often journeys of each persona end in a purchase."""

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go
import polars as pl

from journey_analytics.language import said
from journey_analytics.personas.words import persona_title
from journey_analytics.report.figures import theme
from journey_analytics.report.figures.forest import Estimate, forest_figure
from journey_analytics.report.wording import count, interval, share


def _told(row: Mapping[str, Any]) -> str:
    ends = interval(row["conversion_low_share"], row["conversion_high_share"])
    return f"{share(row['conversion_share'])} ({ends})"


def persona_figure(personas: pl.DataFrame) -> go.Figure:
    """Share of settled journeys with a purchase per persona, with 95 % intervals; hollow below 30 settled journeys.

    Args:
        personas: rows of `mart.persona`; drawn in their place, without those that are suppressed or have no settled
            journey yet.
    """
    drawn = personas.filter(~pl.col("is_suppressed"), pl.col("conversion_share").is_not_null()).sort("place")
    estimates = [
        Estimate(
            label=persona_title(row["persona"], row["title_parts"] or []),
            told=_told(row),
            value=row["conversion_share"],
            low=row["conversion_low_share"],
            high=row["conversion_high_share"],
            sample=row["settled_count"],
            hover=(
                persona_title(row["persona"], row["title_parts"] or []),
                said(
                    "{converted} of {settled} settled journeys ended in a purchase",
                    converted=count(row["converted_count"]),
                    settled=count(row["settled_count"]),
                ),
            ),
            colour=theme.ADVANCED,
        )
        for row in drawn.to_dicts()
    ]
    return forest_figure(
        estimates,
        axis=said("Share of settled journeys with a purchase"),
        kind="share",
        empty=said("No journey of a persona is settled yet."),
    )
