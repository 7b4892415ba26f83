"""Drop-off by the values of a segment: which values are drawn in which order, and their figure."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.language import said
from journey_analytics.report.figures import theme
from journey_analytics.report.figures.dropoff import dropoff_words, of_all, sample_fill, stage_order, whiskers
from journey_analytics.report.segment_words import value_title
from journey_analytics.report.wording import plain, shortened, stage_title

MAX_SEGMENT_VALUES = 12
"""Values of a segment that are drawn; the table has all of them."""

IN_TIME = frozenset({"entry_month", "entry_week"})
"""Segments whose values run in time instead of by loss."""

_Row = dict[str, Any]


def segment_rows(dropoff: pl.DataFrame, segment: str) -> pl.DataFrame:
    """Rows of one segment with `place`, the row of its value in the figure, ordered as drawn; months run in time.

    Other values run from the highest estimated share lost in the stage that loses most of the whole; values below
    n = 30 there are not ranked: they come last, by n, then by name.
    """
    rows = dropoff.filter(pl.col("segment") == segment)
    values = rows.select("segment_value").unique().sort("segment_value")
    if segment not in IN_TIME:
        values = _ranked_values(rows, values, ranking_stage(dropoff))
    return rows.join(values.with_row_index("place"), on="segment_value").sort("place", stage_order())


def _ranked_values(rows: pl.DataFrame, values: pl.DataFrame, stage: str | None) -> pl.DataFrame:
    here = rows.filter(pl.col("stage").eq_missing(pl.lit(stage))).select(
        "segment_value",
        "entered_count",
        rank=pl.when(pl.col("is_ranked")).then("estimated_dropoff_share"),
    )
    return (
        values.join(here, on="segment_value", how="left")
        .with_columns(pl.col("entered_count").fill_null(0))
        .sort(
            [pl.col("rank").is_null(), "rank", "entered_count", "segment_value"],
            descending=[False, True, True, False],
            nulls_last=True,
        )
        .select("segment_value")
    )


def ranking_stage(dropoff: pl.DataFrame) -> str | None:
    """The stage before the purchase that loses the largest estimated share of the whole; the earlier one on ties."""
    rows = of_all(dropoff).filter(pl.col("is_ranked") & (pl.col("stage") != "post_purchase"))
    most = rows.sort("estimated_dropoff_share", descending=True, maintain_order=True, nulls_last=True)
    return most["stage"][0] if most.height else None


def segment_figure(dropoff: pl.DataFrame, segment: str) -> go.Figure:
    """Estimated share lost per stage (panels) and value of a segment (rows), 95 % intervals; the line is the whole."""
    rows = segment_rows(dropoff, segment).filter(pl.col("place") < MAX_SEGMENT_VALUES)
    if rows.is_empty():
        return theme.message(said("No values of this segment yet."))
    stages = [stage for stage in STAGES if stage in rows["stage"].to_list()]
    height = 76 + 30 * rows["place"].n_unique()
    figure = theme.figure(height=height, showlegend=False, margin={"l": 8, "r": 20, "t": 34, "b": 26})
    for panel, stage in enumerate(stages, start=1):
        here = rows.filter((pl.col("stage") == stage) & pl.col("estimated_dropoff_share").is_not_null()).to_dicts()
        figure.add_trace(_panel_dots(here, panel))
        figure.update_layout({f"xaxis{panel}": _panel_axis(panel, len(stages))})
    figure.update_layout(
        yaxis=_value_axis(rows), annotations=_panel_titles(stages), shapes=_whole_lines(dropoff, stages, rows)
    )
    return figure


def _panel_dots(rows: Sequence[_Row], panel: int) -> go.Scatter:
    low, high = "estimated_low_share", "estimated_high_share"
    return go.Scatter(
        x=[row["estimated_dropoff_share"] for row in rows],
        y=[row["place"] for row in rows],
        xaxis=f"x{panel}",
        yaxis="y",
        error_x=whiskers(rows, "estimated_dropoff_share", low, high, theme.LOST) | {"width": 0},
        mode="markers",
        marker={
            "size": 9,
            "color": [sample_fill(row["entered_count"], theme.LOST) for row in rows],
            "line": {"color": theme.LOST, "width": 2},
        },
        cliponaxis=False,
        text=[dropoff_words(row) for row in rows],
        hovertemplate="%{text}<extra></extra>",
    )


def _panel_axis(panel: int, panels: int) -> dict[str, Any]:
    width = 1 / panels
    ticks = {"tickvals": [0, 0.5, 1], "ticktext": ["0\u00a0%", "50\u00a0%", "100\u00a0%"]}
    gap = 0.02
    return {"domain": [(panel - 1) * width + gap, panel * width - gap], "range": [-0.03, 1.03], "anchor": "y", **ticks}


def _panel_titles(stages: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {
            "text": f"<b>{stage_title(stage)}</b>",
            "x": panel / len(stages) + 0.02,
            "y": 1,
            "xref": "paper",
            "yref": "paper",
            "xanchor": "left",
            "yanchor": "bottom",
            "yshift": 8,
            "showarrow": False,
        }
        for panel, stage in enumerate(stages)
    ]


def _value_axis(rows: pl.DataFrame) -> dict[str, Any]:
    values = rows.select("place", "segment", "segment_value", "entered_count").sort(
        "place", "entered_count", descending=[False, True]
    )
    first = values.unique("place", keep="first", maintain_order=True).to_dicts()
    return {
        "range": [len(first) - 0.4, -0.6],
        "tickvals": [row["place"] for row in first],
        "ticktext": [plain(shortened(value_title(row["segment"], row["segment_value"]), 22)) for row in first],
        "ticklabelstandoff": 6,
        "anchor": "x",
    }


def _whole_lines(dropoff: pl.DataFrame, stages: Sequence[str], rows: pl.DataFrame) -> list[dict[str, Any]]:
    whole = {row["stage"]: row["estimated_dropoff_share"] for row in of_all(dropoff).iter_rows(named=True)}
    return [
        {
            "type": "line",
            "xref": f"x{panel}",
            "yref": "y",
            "x0": whole[stage],
            "x1": whole[stage],
            "y0": -0.6,
            "y1": rows["place"].n_unique() - 0.4,
            "line": {"color": theme.FAINT, "width": 1.5, "dash": "dot"},
            "layer": "below",
        }
        for panel, stage in enumerate(stages, start=1)
        if whole.get(stage) is not None
    ]
