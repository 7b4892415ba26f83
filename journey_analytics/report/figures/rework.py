"""Rework, waits and hand-overs: how often, how long, and what is lost more, as figures."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from journey_analytics.language import said
from journey_analytics.report.figures.forest import Estimate, forest_figure
from journey_analytics.report.wording import (
    capital,
    count,
    duration,
    lost_words,
    name,
    points_interval,
    several,
    share,
    signed,
)
from journey_analytics.rework.sentences import (
    is_loss,
    subject_words,
)

_Row = dict[str, Any]


def rework_figure(rows: Sequence[_Row]) -> go.Figure:
    """The share of the journeys that could have it in which something was done again, with its 95 % interval."""
    return forest_figure(
        [_estimate(row) for row in rows],
        axis=said("share of journeys"),
        kind="share",
        empty=said("Nothing is done again."),
    )


def _estimate(row: _Row) -> Estimate:
    label = capital(name(subject_words(row)))
    return Estimate.of_share(
        row,
        "journey",
        label=label,
        sample=row["base_count"],
        hover=(
            label,
            said(
                "{journey_count} of {journeys}, {times}",
                journey_count=count(row["journey_count"]),
                journeys=several(row["base_count"], "journey"),
                times=several(row["occurrence_count"], "time"),
            ),
            lost_words(row),
            said(
                "{difference_points} points, 95 % {points_interval}; association, not cause",
                difference_points=signed(row["difference_points"]),
                points_interval=points_interval(row),
            ),
            said(
                "median time it took: {median_extra_seconds}",
                median_extra_seconds=duration(row["median_extra_seconds"]),
            ),
        ),
        is_loss=is_loss(row),
    )


def bottleneck_figure(rows: Sequence[_Row]) -> go.Figure:
    """The waiting of each pair of activities in all, in days."""
    return forest_figure([_wait(row) for row in rows], axis=said("days in all"), kind="number", empty=said("No waits."))


def _wait(row: _Row) -> Estimate:
    label = said(
        "{activity} to {next_activity}",
        activity=capital(name(row["activity"])),
        next_activity=name(row["next_activity"]),
    )
    return Estimate(
        label=label,
        told=said(
            "{times}, median {median_seconds}",
            times=several(row["follow_count"], "time"),
            median_seconds=duration(row["median_seconds"]),
        ),
        value=row["waiting_seconds"] / 86_400,
        low=None,
        high=None,
        sample=row["follow_count"],
        hover=(
            label,
            said(
                "{times} in {journeys}",
                times=several(row["follow_count"], "time"),
                journeys=several(row["journey_count"], "journey"),
            ),
            said(
                "median {median_seconds}, 90 % within {p90_seconds}",
                median_seconds=duration(row["median_seconds"]),
                p90_seconds=duration(row["p90_seconds"]),
            ),
            said(
                "lost {dropoff_share} of {journeys}",
                dropoff_share=share(row["dropoff_share"]),
                journeys=several(row["settled_count"], "settled journey"),
            ),
        ),
    )


def handover_figure(rows: Sequence[_Row]) -> go.Figure:
    """How many points more of the journeys are lost after each hand-over than of those that stayed."""
    return forest_figure(
        [_hand(row) for row in rows],
        axis=said("points more (+) or fewer (\u2212) lost"),
        kind="signed",
        empty=said("No hand-over has enough journeys to compare."),
    )


def _hand(row: _Row) -> Estimate:
    label = said(
        "{from_value} to {to_value} ({dimension})",
        from_value=capital(name(row["from_value"])),
        to_value=name(row["to_value"]),
        dimension=name(row["dimension"]),
    )
    return Estimate.of_difference(
        row,
        label=label,
        sample=min(row["compared_count"], row["compared_reference_count"]),
        hover=(
            label,
            said(
                "lost {dropoff_share} of {journeys}",
                dropoff_share=share(row["dropoff_share"]),
                journeys=several(row["settled_count"], "settled journey"),
            ),
            said(
                "stayed: {reference_share} of {reference_count}",
                reference_share=share(row["reference_share"]),
                reference_count=count(row["reference_count"]),
            ),
        ),
        is_loss=is_loss(row),
    )
