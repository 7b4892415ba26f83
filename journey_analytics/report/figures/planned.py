"""Deviations from a plan, as a figure."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from journey_analytics.language import said
from journey_analytics.planned.sentences import (
    deviation_words,
)
from journey_analytics.report.figures import theme
from journey_analytics.report.figures.forest import Estimate, forest_figure
from journey_analytics.report.wording import (
    MISSING,
    capital,
    count,
    interval,
    name,
    several,
    share,
    signed,
    signed_interval,
)

_Row = Mapping[str, Any]


def deviation_figure(rows: Sequence[_Row]) -> go.Figure:
    """The share of journeys with each deviation and its 95 % interval; the hover has drop-off and what is at stake."""
    return forest_figure(
        [_estimate(row) for row in rows],
        axis=said("share of journeys"),
        kind="share",
        empty=said("No journey deviates."),
    )


def _estimate(row: _Row) -> Estimate:
    low, high = row["affected_low_share"], row["affected_high_share"]
    label = f"{capital(name(row['activity']))}: {deviation_words(row)}"
    is_worse = row["difference_low_points"] is not None and row["difference_low_points"] > 0
    return Estimate(
        label=label,
        told=f"{share(row['affected_share'])} ({interval(low, high)})",
        value=row["affected_share"],
        low=low,
        high=high,
        sample=row["journey_count"],
        hover=(
            label,
            said(
                "{affected_count} of {journeys}",
                affected_count=count(row["affected_count"]),
                journeys=several(row["journey_count"], "journey"),
            ),
            said(
                "lost {dropoff_share_with} with it, {dropoff_share_without} without",
                dropoff_share_with=share(row["dropoff_share_with"]),
                dropoff_share_without=share(row["dropoff_share_without"]),
            ),
            said(
                "{difference_points} points, 95 % {points_interval}",
                difference_points=signed(row["difference_points"]),
                points_interval=points_interval(row),
            ),
            said("at stake {money}; association, not cause", money=stake_words(row)),
        ),
        colour=theme.LOST if is_worse else theme.ADVANCED,
    )


def points_interval(row: _Row) -> str:
    """The 95 % interval of the difference, in points."""
    return signed_interval(row["difference_low_points"], row["difference_high_points"])


def stake_words(row: _Row) -> str:
    """The money at stake with its currency; `–` where none is told."""
    if row["amount_at_stake"] is None or not row["currency"]:
        return MISSING
    return f"{count(row['amount_at_stake'])} {row['currency']}".replace("-", "\u2212")
