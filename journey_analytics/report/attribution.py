"""Which touchpoints the purchases came from: the models of attribution side by side, as a section."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from journey_analytics.attribution.models import EXTRA_MODELS, MODELS
from journey_analytics.attribution.paths import NONE
from journey_analytics.attribution.sentences import CAUTION
from journey_analytics.language import said
from journey_analytics.report.blocks import Column, Section, chart, folded, switch, table
from journey_analytics.report.figures.attribution import (
    LEADING,
    TITLES,
    attribution_figure,
    credit_amounts,
    credit_bounds,
    credit_words,
    currency_words,
    is_thin,
    value_words,
)
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
_MEANING = (
    "First, last: all credit to that touch. Linear: the same to each. Position: 40 % to the first and the last, 20 % "
    "among the others. Time decay: half as much for every 7 days before the purchase. Markov, with its 95 % interval: "
    "how many fewer journeys would convert without it, shared out. Shapley: what it adds to the conversion rate in the "
    "company of others; below zero where journeys with it convert less often."
)


def attribution(frames: Mapping[str, pl.DataFrame]) -> Section:
    """Credit per value of a touchpoint's column, every model beside the others, Markov with its 95 % interval."""
    rows = frames["mart.attribution"].filter(pl.col("touchpoint").is_not_null())
    dimensions = sorted(rows["dimension"].unique().to_list(), key=lambda dimension: (dimension != "channel", dimension))
    parts = [
        (dimension, capital(name(dimension)), _dimension(rows.filter(pl.col("dimension") == dimension), place))
        for place, dimension in enumerate(dimensions)
    ]
    body = switch("credit", said("Credit by"), parts) if len(parts) > 1 else join(part for _, _, part in parts)
    first = rows.filter(pl.col("dimension") == dimensions[0]) if dimensions else rows
    return Section("attribution", said("Which touchpoints the purchases came from"), _lead(first), body)


def _lead(rows: pl.DataFrame) -> Html:
    """The two with most credit by the leading model."""
    told = _by_credit(rows.filter((pl.col("model") == LEADING) & (pl.col("touchpoint") != NONE)))[:2]
    if not told or not told[0]["conversion_count"]:
        return tag("span", said("No journey has a touch and a purchase yet: nothing to give credit to."))
    words = [
        said(
            "{touchpoint} {credit_share} (95\u00a0% interval {interval})",
            touchpoint=name(row["touchpoint"]),
            credit_share=share(row["credit_share"]),
            interval=interval(*credit_bounds(row)),
        )
        for row in told
    ]
    purchases = several(told[0]["conversion_count"], "purchase")
    return tag(
        "span",
        said("Most credit for {purchases}, by the Markov model: {listed}.", purchases=purchases, listed=listed(words)),
    )


def _by_credit(rows: pl.DataFrame) -> list[_Row]:
    """Most credit first, ties by name."""
    return rows.sort("conversion_credit", "touchpoint", descending=[True, False]).to_dicts()


def _dimension(rows: pl.DataFrame, place: int) -> Html:
    cells = {(row["touchpoint"], row["model"]): row for row in rows.to_dicts()}
    order = _order(rows)
    shown = order[:MAX_TOUCHPOINTS]
    row = rows.row(0, named=True)
    part = (
        (" " + said("Drawn: the first {shown} of {values}.", shown=len(shown), values=several(len(order), "value")))
        if len(order) > len(shown)
        else ""
    )
    drawn = chart(
        f"attribution-{place}",
        attribution_figure(cells, shown),
        title=said(
            "Share of the credit for {purchases}, by {dimension}",
            purchases=several(row["conversion_count"], "purchase"),
            dimension=said(name(row["dimension"])),
        ),
        definition=said(
            "Touches of the {lookback_days} days before the purchase. {meaning} Hollow dot: in fewer than "
            "{least} purchases. No touch: purchases without one in that time.{part}",
            lookback_days=count(row["lookback_days"]),
            meaning=f"{said(_MEANING)} {said(CAUTION)}",
            least=SMALL_SAMPLE,
            part=part,
        ),
    )
    return join([drawn, folded(said("Show every model as a table"), _table(cells, order, row))])


def _order(rows: pl.DataFrame) -> list[str]:
    """Values by the credit of the leading model, then those that only others have; without a touch comes last."""
    leading = [row["touchpoint"] for row in _by_credit(rows.filter(pl.col("model") == LEADING))]
    others = sorted(set(rows["touchpoint"].to_list()) - set(leading))
    return sorted([*leading, *others], key=lambda touchpoint: touchpoint == NONE)


def _table(cells: _Cells, order: Sequence[str], any_row: _Row) -> Html:
    models = [model for model in (*MODELS, *EXTRA_MODELS) if any(key[1] == model for key in cells)]
    columns = (
        Column(capital(said(name(any_row["dimension"])))), Column("Purchases touched", number=True),
        *(Column(TITLES[model], number=True) for model in models),
        Column("Markov, 95 % interval", number=True),
        Column(said("Markov, {currency}", currency=currency_words(any_row)), number=True),
        Column("95 % interval", number=True),
    )  # fmt: skip
    rows = [_row_cells(cells, touchpoint, models) for touchpoint in order]
    caption = said(
        "Credit in purchases; the column of a model adds up to {conversion_count}. * touched fewer than "
        "{least}: not ranked",
        conversion_count=count(any_row["conversion_count"]),
        least=SMALL_SAMPLE,
    )
    return table(columns, rows, caption=caption)


def _row_cells(cells: _Cells, touchpoint: str, models: Sequence[str]) -> tuple[str, ...]:
    leading = cells.get((touchpoint, LEADING))
    found = [cells.get((touchpoint, model)) for model in models]
    known = leading or next(row for row in found if row)
    mark = " *" if is_thin(known) else ""
    return (
        value_words(touchpoint),
        count(known["touched_count"]) + mark,
        *(credit_words(row) if row else MISSING for row in found),
        interval(*credit_bounds(leading)) if leading else MISSING,
        *(credit_amounts(leading) if leading else (MISSING, MISSING)),
    )
