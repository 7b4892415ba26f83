"""The credit of every touchpoint by each model, as a figure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from journey_analytics.attribution.models import MODELS
from journey_analytics.attribution.paths import NONE
from journey_analytics.language import number, said
from journey_analytics.report.figures import theme
from journey_analytics.report.figures.axes import label_axis, lines, percent_axis, short_label
from journey_analytics.report.figures.dropoff import whiskers
from journey_analytics.report.figures.forest import hover
from journey_analytics.report.stored import retold
from journey_analytics.report.wording import (
    MISSING,
    SMALL_SAMPLE,
    capital,
    count,
    interval,
    name,
    several,
    share,
)

_Row = dict[str, Any]
_Cells = Mapping[tuple[str, str], _Row]
LEADING = "markov"
TITLES = {
    "first": "First touch", "last": "Last touch", "linear": "Linear", "position": "Position",
    "time_decay": "Time decay", "markov": "Markov", "shapley": "Shapley",
    "last_non_direct": "Last not direct", "shapley_count": "Shapley of counts",
}  # fmt: skip
_MARKS = {
    "first": ("triangle-left-open", theme.INK), "last": ("triangle-right-open", theme.INK),
    "linear": ("line-ns-open", theme.MUTED), "position": ("x-thin-open", theme.MUTED),
    "time_decay": ("circle-open", theme.MUTED), "markov": ("circle", theme.ADVANCED),
    "shapley": ("diamond", theme.FAINT),
}  # fmt: skip
_FROM_DATA = ("markov", "shapley")
_LANE = 0.17
_PITCH = 44
_LEGEND_HEIGHT = 120
"""On a phone: a line per model."""


def attribution_figure(cells: _Cells, order: Sequence[str]) -> go.Figure:
    """A row per value: above the models learnt from the data, below the rules; the hover has each credit."""
    found = [row for (touchpoint, _), row in cells.items() if touchpoint in order and row["credit_share"] is not None]
    if not found:
        return theme.message(said("No purchase has a touch yet."))
    edges = [edge for row in found if row["model"] in _MARKS for edge in (row["credit_share"], _drawn_high(row))]
    low, high = min(0.0, *edges), max(0.01, *edges)
    room = (high - low) * 0.04
    bounds = (low - room if low < 0 else 0.0, high + room)
    return theme.figure(
        *_traces(cells, order),
        height=_LEGEND_HEIGHT + 60 + _PITCH * len(order),
        legend={"traceorder": "normal"},
        xaxis=percent_axis(*bounds, most_steps=6)
        | {"range": list(bounds), "title": lines(said("share of the credit"))},
        yaxis=label_axis([short_label(value_words(touchpoint), _told(cells, touchpoint)) for touchpoint in order]),
        shapes=[_line(place) for place in range(1, len(order))],
        margin={"l": 8, "r": 16, "t": 36, "b": 44},
    )


def _drawn_high(row: _Row) -> float:
    high = credit_bounds(row)[1]
    return high if row["model"] == LEADING and high is not None else row["credit_share"]


def _line(place: int) -> dict[str, Any]:
    return {
        "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": place - 0.5, "y1": place - 0.5, "layer": "below",
        "line": {"color": theme.LINE, "width": 1},
    }  # fmt: skip


def _traces(cells: _Cells, order: Sequence[str]) -> Iterator[go.Scatter]:
    for model in [*_FROM_DATA[::-1], *(model for model in MODELS if model not in _FROM_DATA)]:
        found = [(place, cells.get((touchpoint, model))) for place, touchpoint in enumerate(order)]
        yield _trace(model, [(place, row) for place, row in found if row and row["credit_share"] is not None])


def _trace(model: str, shown: Sequence[tuple[int, _Row]]) -> go.Scatter:
    symbol, colour = _MARKS[model]
    lane = -_LANE if model in _FROM_DATA else _LANE
    bounds = [
        {"value": row["credit_share"], "low": credit_bounds(row)[0], "high": credit_bounds(row)[1]} for _, row in shown
    ]
    is_filled = model in _FROM_DATA
    fills = [theme.PAPER if is_filled and is_thin(row) else colour for _, row in shown]
    return go.Scatter(
        x=[row["credit_share"] for _, row in shown],
        y=[place + lane for place, _ in shown],
        error_x=whiskers(bounds, "value", "low", "high", colour) if model == LEADING else None,
        mode="markers",
        name=said(TITLES[model]),
        # The leading model is drawn over the others of its lane and named before them.
        legendrank=1 if model == LEADING else 1000,
        marker={"symbol": symbol, "size": 11, "color": fills, "line": {"color": colour, "width": 2}},
        cliponaxis=False,
        customdata=[_words(row) for _, row in shown],
        hovertemplate="%{customdata}<extra></extra>",
    )


def is_thin(row: _Row) -> bool:
    """Whether too few purchases were touched to rank the value."""
    return not row["is_ranked"] and row["touchpoint"] != NONE


def credit_bounds(row: _Row) -> tuple[float | None, float | None]:
    """The interval of the credit as shares of all purchases."""
    total = row["conversion_count"]
    low, high = (None if row[end] is None or not total else row[end] / total for end in ("credit_low", "credit_high"))
    return low, high


def _words(row: _Row) -> str:
    small = (" " + said("(fewer than {least}: not ranked)", least=SMALL_SAMPLE)) if is_thin(row) else ""
    return hover(
        [
            f"{value_words(row['touchpoint'])}, {_model(row['model']).lower()}",
            said(
                "{credit} of {conversion_count} purchases",
                credit=credit_words(row),
                conversion_count=count(row["conversion_count"]),
            ),
            said(
                "{credit_share}, 95 % interval {interval}",
                credit_share=share(row["credit_share"]),
                interval=interval(*credit_bounds(row)),
            ),
            said("money: {money}", money=_money(row)),
            said("touched {purchases}{small}", purchases=several(row["touched_count"], "purchase"), small=small),
            *([retold(row["note"])] if row["note"] else []),
        ]
    )


def _model(model: str) -> str:
    return said(TITLES[model]) if model in TITLES else name(model)


def credit_words(row: _Row) -> str:
    """A credit in purchases."""
    return number(f"{row['conversion_credit']:,.1f}").replace("-", "\u2212")


def _money(row: _Row) -> str:
    if row["amount_credit"] is None:
        return MISSING
    value, between = credit_amounts(row)
    return f"{value} {currency_words(row)} ({between})"


def value_words(touchpoint: str) -> str:
    """A value of the dimension; purchases without any touch by a name of their own."""
    return said("No touch") if touchpoint == NONE else capital(name(touchpoint))


def _told(cells: _Cells, touchpoint: str) -> str:
    row = cells.get((touchpoint, LEADING))
    return MISSING if row is None else said("{credit_share} (Markov)", credit_share=share(row["credit_share"]))


def currency_words(row: _Row) -> str:
    """The currency of the credits in money."""
    return name(row["currency"]) if row["currency"] else said("money")


def credit_amounts(row: _Row) -> tuple[str, str]:
    """The money of a credit, and its interval."""
    value, low, high = (_whole(row[f"amount_{end}"]) for end in ("credit", "low", "high"))
    return value, MISSING if row["amount_low"] is None else said("{low} to {high}", low=low, high=high)


def _whole(value: float | None) -> str:
    return MISSING if value is None else number(f"{value:,.0f}").replace("-", "\u2212")
