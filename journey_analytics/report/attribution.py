"""Which touchpoints the purchases came from: the models of attribution side by side, as a section."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
import polars as pl

from journey_analytics.attribution.models import EXTRA_MODELS, MODELS
from journey_analytics.attribution.paths import NONE
from journey_analytics.attribution.sentences import CAUTION
from journey_analytics.report.blocks import Column, Section, chart, folded, switch, table
from journey_analytics.report.figures import theme
from journey_analytics.report.figures.axes import label_axis, lines, percent_axis, short_label
from journey_analytics.report.figures.dropoff import whiskers
from journey_analytics.report.figures.forest import hover
from journey_analytics.report.markup import Html, join, tag
from journey_analytics.report.wording import (
    MISSING,
    SMALL_SAMPLE,
    capital,
    count,
    interval,
    listed,
    name,
    several,
    share,
)

MAX_TOUCHPOINTS = 12
"""Values that are drawn: those with most credit; the table has all of them."""

_Row = dict[str, Any]
_Cells = Mapping[tuple[str, str], _Row]
_LEADING = "markov"
_TITLES = {
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
_MEANING = (
    "First, last: all credit to that touch. Linear: the same to each. Position: 40 % to the first and the last, 20 % "
    "among the others. Time decay: half as much for every 7 days before the purchase. Markov, with its 95 % interval: "
    "how many fewer journeys would convert without it, shared out. Shapley: what it adds to the conversion rate in the "
    f"company of others; below zero where journeys with it convert less often. {CAUTION}"
)


def attribution(frames: Mapping[str, pl.DataFrame]) -> Section:
    """Credit per value of a touchpoint's column, every model beside the others, Markov with its 95 % interval."""
    rows = frames["mart.attribution"].filter(pl.col("touchpoint").is_not_null())
    dimensions = sorted(rows["dimension"].unique().to_list(), key=lambda dimension: (dimension != "channel", dimension))
    parts = [
        (dimension, capital(name(dimension)), _dimension(rows.filter(pl.col("dimension") == dimension), place))
        for place, dimension in enumerate(dimensions)
    ]
    body = switch("credit", "Credit by", parts) if len(parts) > 1 else join(part for _, _, part in parts)
    first = rows.filter(pl.col("dimension") == dimensions[0]) if dimensions else rows
    return Section("attribution", "Which touchpoints the purchases came from", _lead(first), body)


def _lead(rows: pl.DataFrame) -> Html:
    """The two with most credit by the leading model."""
    told = _by_credit(rows.filter((pl.col("model") == _LEADING) & (pl.col("touchpoint") != NONE)))[:2]
    if not told or not told[0]["conversion_count"]:
        return tag("span", "No journey has a touch and a purchase yet: nothing to give credit to.")
    words = [
        f"{name(row['touchpoint'])} {share(row['credit_share'])} (95\u00a0% interval {interval(*_bounds(row))})"
        for row in told
    ]
    purchases = several(told[0]["conversion_count"], "purchase")
    return tag("span", f"Most credit for {purchases}, by the Markov model: {listed(words)}.")


def _by_credit(rows: pl.DataFrame) -> list[_Row]:
    """Most credit first, ties by name."""
    return rows.sort("conversion_credit", "touchpoint", descending=[True, False]).to_dicts()


def _dimension(rows: pl.DataFrame, place: int) -> Html:
    cells = {(row["touchpoint"], row["model"]): row for row in rows.to_dicts()}
    order = _order(rows)
    shown = order[:MAX_TOUCHPOINTS]
    row = rows.row(0, named=True)
    part = f" Drawn: the first {len(shown)} of {several(len(order), 'value')}." if len(order) > len(shown) else ""
    drawn = chart(
        f"attribution-{place}",
        attribution_figure(cells, shown),
        title=f"Share of the credit for {several(row['conversion_count'], 'purchase')}, by {name(row['dimension'])}",
        definition=f"Touches of the {count(row['lookback_days'])} days before the purchase. {_MEANING} Hollow dot: "
        f"in fewer than {SMALL_SAMPLE} purchases. No touch: purchases without one in that time.{part}",
    )
    return join([drawn, folded("Show every model as a table", _table(cells, order, row))])


def _order(rows: pl.DataFrame) -> list[str]:
    """Values by the credit of the leading model, then those that only others have; without a touch comes last."""
    leading = [row["touchpoint"] for row in _by_credit(rows.filter(pl.col("model") == _LEADING))]
    others = sorted(set(rows["touchpoint"].to_list()) - set(leading))
    return sorted([*leading, *others], key=lambda touchpoint: touchpoint == NONE)


def attribution_figure(cells: _Cells, order: Sequence[str]) -> go.Figure:
    """A row per value: above the models learnt from the data, below the rules; the hover has each credit."""
    found = [row for (touchpoint, _), row in cells.items() if touchpoint in order and row["credit_share"] is not None]
    if not found:
        return theme.message("No purchase has a touch yet.")
    edges = [edge for row in found if row["model"] in _MARKS for edge in (row["credit_share"], _drawn_high(row))]
    low, high = min(0.0, *edges), max(0.01, *edges)
    room = (high - low) * 0.04
    bounds = (low - room if low < 0 else 0.0, high + room)
    return theme.figure(
        *_traces(cells, order),
        height=_LEGEND_HEIGHT + 60 + _PITCH * len(order),
        legend={"traceorder": "normal"},
        xaxis=percent_axis(*bounds, most_steps=6) | {"range": list(bounds), "title": lines("share of the credit")},
        yaxis=label_axis([short_label(_value(touchpoint), _told(cells, touchpoint)) for touchpoint in order]),
        shapes=[_line(place) for place in range(1, len(order))],
        margin={"l": 8, "r": 16, "t": 36, "b": 44},
    )


def _drawn_high(row: _Row) -> float:
    high = _bounds(row)[1]
    return high if row["model"] == _LEADING and high is not None else row["credit_share"]


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
    bounds = [{"value": row["credit_share"], "low": _bounds(row)[0], "high": _bounds(row)[1]} for _, row in shown]
    is_filled = model in _FROM_DATA
    fills = [theme.PAPER if is_filled and _is_thin(row) else colour for _, row in shown]
    return go.Scatter(
        x=[row["credit_share"] for _, row in shown],
        y=[place + lane for place, _ in shown],
        error_x=whiskers(bounds, "value", "low", "high", colour) if model == _LEADING else None,
        mode="markers",
        name=_TITLES[model],
        # The leading model is drawn over the others of its lane and named before them.
        legendrank=1 if model == _LEADING else 1000,
        marker={"symbol": symbol, "size": 11, "color": fills, "line": {"color": colour, "width": 2}},
        cliponaxis=False,
        customdata=[_words(row) for _, row in shown],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _is_thin(row: _Row) -> bool:
    return not row["is_ranked"] and row["touchpoint"] != NONE


def _bounds(row: _Row) -> tuple[float | None, float | None]:
    """The interval of the credit as shares of all purchases."""
    total = row["conversion_count"]
    low, high = (None if row[end] is None or not total else row[end] / total for end in ("credit_low", "credit_high"))
    return low, high


def _words(row: _Row) -> str:
    small = f" (fewer than {SMALL_SAMPLE}: not ranked)" if _is_thin(row) else ""
    return hover(
        [
            f"{_value(row['touchpoint'])}, {_TITLES.get(row['model'], name(row['model'])).lower()}",
            f"{_credit(row)} of {count(row['conversion_count'])} purchases",
            f"{share(row['credit_share'])}, 95 % interval {interval(*_bounds(row))}",
            f"money: {_money(row)}",
            f"touched {several(row['touched_count'], 'purchase')}{small}",
            *([row["note"]] if row["note"] else []),
        ]
    )


def _credit(row: _Row) -> str:
    return f"{row['conversion_credit']:,.1f}".replace("-", "\u2212")


def _money(row: _Row) -> str:
    if row["amount_credit"] is None:
        return MISSING
    value, between = _amounts(row)
    return f"{value} {_currency(row)} ({between})"


def _value(touchpoint: str) -> str:
    return "No touch" if touchpoint == NONE else capital(name(touchpoint))


def _told(cells: _Cells, touchpoint: str) -> str:
    row = cells.get((touchpoint, _LEADING))
    return MISSING if row is None else f"{share(row['credit_share'])} (Markov)"


def _table(cells: _Cells, order: Sequence[str], any_row: _Row) -> Html:
    models = [model for model in (*MODELS, *EXTRA_MODELS) if any(key[1] == model for key in cells)]
    columns = (
        Column(capital(name(any_row["dimension"]))), Column("Purchases touched", number=True),
        *(Column(_TITLES[model], number=True) for model in models),
        Column("Markov, 95 % interval", number=True), Column(f"Markov, {_currency(any_row)}", number=True),
        Column("95 % interval", number=True),
    )  # fmt: skip
    rows = [_row_cells(cells, touchpoint, models) for touchpoint in order]
    caption = (
        f"Credit in purchases; the column of a model adds up to {count(any_row['conversion_count'])}. "
        f"* touched fewer than {SMALL_SAMPLE}: not ranked"
    )
    return table(columns, rows, caption=caption)


def _row_cells(cells: _Cells, touchpoint: str, models: Sequence[str]) -> tuple[str, ...]:
    leading = cells.get((touchpoint, _LEADING))
    found = [cells.get((touchpoint, model)) for model in models]
    known = leading or next(row for row in found if row)
    mark = " *" if _is_thin(known) else ""
    return (
        _value(touchpoint),
        count(known["touched_count"]) + mark,
        *(_credit(row) if row else MISSING for row in found),
        interval(*_bounds(leading)) if leading else MISSING,
        *(_amounts(leading) if leading else (MISSING, MISSING)),
    )


def _currency(row: _Row) -> str:
    return name(row["currency"]) if row["currency"] else "money"


def _amounts(row: _Row) -> tuple[str, str]:
    """The money of a credit, and its interval."""
    value, low, high = (_whole(row[f"amount_{end}"]) for end in ("credit", "low", "high"))
    return value, MISSING if row["amount_low"] is None else f"{low} to {high}"


def _whole(value: float | None) -> str:
    return MISSING if value is None else f"{value:,.0f}".replace("-", "\u2212")
