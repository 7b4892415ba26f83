"""How often each rule of the process is broken, as a figure."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from journey_analytics.language import said
from journey_analytics.process_rules.sentences import result_sentence
from journey_analytics.report.figures.forest import Estimate, forest_figure
from journey_analytics.report.stored import retold
from journey_analytics.report.wording import (
    capital,
)

_Row = dict[str, Any]


def result_words(row: _Row) -> str:
    """How often a rule was broken, as a sentence without its end."""
    return result_sentence(row).replace(" %", "\u00a0%")


def rules_figure(rows: Sequence[_Row]) -> go.Figure:
    """The share of certain cases that broke each rule, with its 95 % interval; what was never asked is not drawn."""
    drawn = [_estimate(row) for row in rows if row["violated_share"] is not None]
    return forest_figure(
        drawn, axis=said("share of cases that broke it"), kind="share", empty=said("No case is certain yet.")
    )


def _estimate(row: _Row) -> Estimate:
    return Estimate.of_share(
        row,
        "violated",
        label=retold(row["description"]),
        sample=row["fulfilled_count"] + row["violated_count"],
        hover=(retold(row["description"]), capital(result_words(row))),
        is_loss=row["violated_count"] > 0,
    )
