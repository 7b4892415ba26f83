"""Deviations from a plan, as a figure."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from journey_analytics.language import said
from journey_analytics.planned.sentences import (
    deviation_words,
)
from journey_analytics.report.figures.forest import Estimate, forest_figure
from journey_analytics.report.wording import (
    MISSING,
    capital,
    count,
    lost_words,
    name,
    points_interval,
    several,
    signed,
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
    label = f"{capital(name(row['activity']))}: {deviation_words(row)}"
    is_worse = row["difference_low_points"] is not None and row["difference_low_points"] > 0
    return Estimate.of_share(
        row,
        "affected",
        label=label,
        sample=row["journey_count"],
        hover=(
            label,
            said(
                "{affected_count} of {journeys}",
                affected_count=count(row["affected_count"]),
                journeys=several(row["journey_count"], "journey"),
            ),
            lost_words(row),
            said(
                "{difference_points} points, 95 % {points_interval}",
                difference_points=signed(row["difference_points"]),
                points_interval=points_interval(row),
            ),
            said("at stake {money}; association, not cause", money=stake_words(row)),
        ),
        is_loss=is_worse,
    )


def stake_words(row: _Row) -> str:
    """The money at stake with its currency; `–` where none is told."""
    if row["amount_at_stake"] is None or not row["currency"]:
        return MISSING
    return f"{count(row['amount_at_stake'])} {row['currency']}".replace("-", "\u2212")
