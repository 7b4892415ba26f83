"""How often journeys that begin alike lead to a purchase, as a figure."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from journey_analytics.language import said
from journey_analytics.report.figures import theme
from journey_analytics.report.figures.forest import Estimate, forest_figure
from journey_analytics.report.wording import count, interval, name, share, stage_title

_Row = Mapping[str, Any]


def path_words(path: Sequence[str], level: str, outcome: str = "any") -> str:
    """The steps in words; a path of stages to a purchase ends before the stage that the purchase enters."""
    told = path[:-1] if level == "stage" and outcome == "purchase" and path[-1:] == ["post_purchase"] else path
    words = [stage_title(step) if level == "stage" else name(step) for step in told]
    return " › ".join(words) if words else (said("no stage") if level == "stage" else said("no step"))


def beginnings_figure(rows: Sequence[_Row], *, level: str) -> go.Figure:
    """A row for each beginning: its share of purchases with its interval."""
    estimates = [
        Estimate(
            label=path_words(row["path"], level),
            told=said(
                "{conversion_share} of {settled_count}",
                conversion_share=share(row["conversion_share"]),
                settled_count=count(row["settled_count"]),
            ),
            value=row["conversion_share"],
            low=row["conversion_low_share"],
            high=row["conversion_high_share"],
            sample=row["settled_count"],
            hover=_estimate_words(row, level),
            colour=theme.ADVANCED,
        )
        for row in rows
    ]
    return forest_figure(
        estimates,
        axis=said("purchased, of settled journeys"),
        kind="share",
        empty=said("Too few settled journeys to compare."),
    )


def _estimate_words(row: _Row, level: str) -> list[str]:
    between = interval(row["conversion_low_share"], row["conversion_high_share"])
    return [
        path_words(row["path"], level),
        said(
            "{conversion_share} of {settled_count} settled journeys purchased, 95 % interval {between}",
            conversion_share=share(row["conversion_share"]),
            settled_count=count(row["settled_count"]),
            between=between,
        ),
        said(
            "all that begin so: {converted_count} purchased, {dropped_count} lost, {open_count} still open",
            converted_count=count(row["converted_count"]),
            dropped_count=count(row["dropped_count"]),
            open_count=count(row["open_count"]),
        ),
    ]
