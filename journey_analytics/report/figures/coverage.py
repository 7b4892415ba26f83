"""The coverage curve: how many of the most frequent variants cover how many journeys."""

from typing import Final

import plotly.graph_objects as go
import polars as pl

from journey_analytics.language import said
from journey_analytics.report.figures import theme
from journey_analytics.report.wording import count, several, share

_LEVELS: Final = (("stage", "orders of stages", theme.ADVANCED), ("activity", "orders of activities", theme.FAINT))
_MARKS: Final = (0.5, 0.8, 0.9, 0.95)
_HEIGHT: Final = 320


def coverage_figure(coverage: pl.DataFrame) -> go.Figure:
    """Share of journeys (0–1) by number of most frequent variants, a line for each level, on a scale of tenfolds."""
    lines = [(level, title, colour, _rows(coverage, level)) for level, title, colour in _LEVELS]
    shown = [line for line in lines if not line[3].is_empty()]
    if not shown:
        return theme.message(said("No journeys yet."))
    most = max(int(rows["all_variant_count"][0]) for _, _, _, rows in shown)
    return theme.figure(
        *(_line(rows, title, colour) for _, title, colour, rows in shown),
        *(_marks(rows, level, title, colour) for level, title, colour, rows in shown),
        height=_HEIGHT,
        xaxis={
            "type": "log",
            "tickvals": [10**power for power in range(len(str(most)) + 1)],
            "ticktext": [count(10**power) for power in range(len(str(most)) + 1)],
            "title": {"text": said("most frequent orders, so many")},
        },
        yaxis={
            "range": [0, 1.04],
            "tickvals": [0, 0.25, 0.5, 0.75, 1],
            "ticktext": ["0\u00a0%", "25\u00a0%", "50\u00a0%", "75\u00a0%", "100\u00a0%"],
        },
    )


def needed(coverage: pl.DataFrame, level: str, target: float) -> int | None:
    """The fewest of the most frequent variants of a level that cover a share of all journeys; null without journeys."""
    enough = _rows(coverage, level).filter(pl.col("covered_share") >= target)
    return None if enough.is_empty() else int(enough["variant_count"][0])


def _rows(coverage: pl.DataFrame, level: str) -> pl.DataFrame:
    return coverage.filter(pl.col("level") == level).sort("variant_count")


def _line(rows: pl.DataFrame, title: str, colour: str) -> go.Scatter:
    return go.Scatter(
        x=rows["variant_count"].to_list(),
        y=rows["covered_share"].to_list(),
        mode="lines",
        name=f"{said(title)} ({count(rows['all_variant_count'][0])})",
        line={"color": colour, "width": 2.5},
        customdata=[_words(row, title) for row in rows.iter_rows(named=True)],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _marks(rows: pl.DataFrame, level: str, title: str, colour: str) -> go.Scatter:
    places = sorted({place for target in _MARKS if (place := needed(rows, level, target)) is not None})
    marked = rows.filter(pl.col("variant_count").is_in(places))
    return go.Scatter(
        x=marked["variant_count"].to_list(),
        y=marked["covered_share"].to_list(),
        mode="markers",
        showlegend=False,
        marker={"size": 9, "color": theme.PAPER, "line": {"color": colour, "width": 2}},
        customdata=[_words(row, title) for row in marked.iter_rows(named=True)],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _words(row: dict[str, float], title: str) -> str:
    return "<br>".join(
        (
            said(
                "the {variant_count} most frequent of {all_variant_count} {title}",
                variant_count=count(row["variant_count"]),
                all_variant_count=count(row["all_variant_count"]),
                title=said(title),
            ),
            said(
                "{journeys}, {covered_share} of {all_journey_count}",
                journeys=several(int(row["covered_journey_count"]), "journey"),
                covered_share=share(row["covered_share"]),
                all_journey_count=count(row["all_journey_count"]),
            ),
        )
    )
