"""What can be won: where most customers and money are to be had if a barrier were lifted, as a section."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from journey_analytics.language import said
from journey_analytics.opportunity.sentences import LEAD, NOTHING, rounded, sentence
from journey_analytics.report.blocks import Column, Section, chart, folded, grid, table
from journey_analytics.report.figures.forest import Estimate, forest_figure
from journey_analytics.report.markup import Html, join, tag
from journey_analytics.report.segment_words import group_title
from journey_analytics.report.stored import retold
from journey_analytics.report.wording import (
    MISSING,
    SMALL_SAMPLE,
    capital,
    count,
    interval,
    name,
    readable,
    several,
    share,
    stage_title,
)

MAX_WINS = 10
"""Barriers that are drawn; the table has all of them."""

_Row = dict[str, Any]
_COLUMNS = (
    Column("Barrier"), Column("Stage"), Column("Place", number=True), Column("Entered (n)", number=True),
    Column("Enter per month", number=True), Column("Go on", number=True), Column("95 % interval", number=True),
    Column("Target", number=True), Column("Comparable values", number=True),
    Column("Purchases, of those who go on", number=True), Column("Customers per month", number=True),
    Column("95 % interval", number=True), Column("Money per month", number=True), Column("95 % interval", number=True),
    Column("Note"),
)  # fmt: skip


def wins(frames: Mapping[str, pl.DataFrame]) -> Section:
    """The ranked opportunities, best first: customers and money per month, each with its 95 % interval."""
    rows = _ordered(frames["mart.opportunity"])
    ranked = [row for row in rows if row["is_ranked"] and row["customers_per_month"] is not None]
    lead = tag("span", f"{capital(_said(ranked[0]) if ranked else said(NOTHING))}.")
    return Section("wins", said("What can be won"), lead, join([_charts(ranked), _table(rows)]))


def _ordered(opportunities: pl.DataFrame) -> list[_Row]:
    return opportunities.sort("place", "stage", "segment", "segment_value", nulls_last=True).to_dicts()


def _said(row: _Row) -> str:
    """The sentence of `journey opportunities`, with names as people write them."""
    first, _, rest = said("“{group}”", group=_barrier(row)).partition(" ")
    named = {"stage": stage_title(row["stage"]), "segment": first, "segment_value": rest}
    return sentence(row | named).replace(" %", "\u00a0%")


def _charts(ranked: Sequence[_Row]) -> Html:
    if not ranked:
        return tag("p", said(LEAD), class_="definition")
    shown = ranked[:MAX_WINS]
    charts = [_customers(shown, len(ranked)), *([_money(shown)] if _has_money(shown) else [])]
    return grid("two", *charts)


def _customers(shown: Sequence[_Row], ranked: int) -> Html:
    part = (
        (
            " "
            + said(
                "Drawn: the first {shown} of {barriers}.", shown=len(shown), barriers=several(ranked, "ranked barrier")
            )
        )
        if ranked > len(shown)
        else ""
    )
    return chart(
        "wins-customers",
        forest_figure(
            [_estimate(row, "customers") for row in shown], axis=said("customers per month"), kind="number", empty=""
        ),
        title=said("Customers to be won per month"),
        definition=said(
            "{lead} Hollow: fewer than {least} journeys. Grey, “not sure”: the interval begins at 0, so there may be "
            "nothing to win.{part}",
            lead=said(LEAD),
            least=SMALL_SAMPLE,
            part=part,
        ),
    )


def _money(shown: Sequence[_Row]) -> Html:
    currency = name(shown[0]["currency"])
    rows = [row for row in shown if row["amount_per_month"] is not None]
    return chart(
        "wins-money",
        forest_figure(
            [_estimate(row, "amount") for row in rows],
            axis=said("money per month"),
            kind="number",
            empty="",
        ),
        title=said("Money to be won per month, {currency}", currency=currency),
        definition=said(
            "The customers of the same row × the mean amount of a purchase, refunds of the order taken off; the "
            "interval holds the uncertainty of both."
        ),
    )


def _has_money(rows: Sequence[_Row]) -> bool:
    return any(row["amount_per_month"] is not None for row in rows)


def _estimate(row: _Row, figure: str) -> Estimate:
    value, low, high = (row[f"{figure}{end}_per_month"] for end in ("", "_low", "_high"))
    return Estimate(
        label=f"{stage_title(row['stage'])}: {_barrier(row)}",
        told=_told(value, low, high),
        value=value,
        low=low,
        high=high,
        sample=row["entered_count"],
        hover=_hover(row),
        is_sure=low is None or low > 0,
    )


def _told(value: float | None, low: float | None, high: float | None) -> str:
    """The gain with its interval; one whose interval begins at nothing says that it is not sure."""
    words = f"{_rounded(value)} ({_between(low, high)})"
    return words if low is None or low > 0 else said("{words}, not sure", words=words)


def _hover(row: _Row) -> tuple[str, ...]:
    """What the gain is made of: entrants, present and target share, and what becomes of those who go on."""
    money = (
        said("{money_words} per month", money_words=_money_words(row)) if row["amount_per_month"] is not None else None
    )
    parts = (
        f"{stage_title(row['stage'])}: {_barrier(row)}",
        said(
            "{entered_count} entered (n), about {rounded} per month",
            entered_count=count(row["entered_count"]),
            rounded=_rounded(row["entrants_per_month"]),
        ),
        said(
            "go on: {present_advance_share}, 95 % interval {interval}",
            present_advance_share=share(row["present_advance_share"]),
            interval=interval(row["present_low_share"], row["present_high_share"]),
        ),
        said(
            "target: {target_advance_share} ({target_source})",
            target_advance_share=share(row["target_advance_share"]),
            target_source=retold(readable(row["target_source"] or "")),
        ),
        said("purchases, of those who go on: {goal_share}", goal_share=share(row["goal_share"])),
        said("about {customer_words} customers per month", customer_words=_customer_words(row)),
        money,
        retold(readable(row["note"])) if row["note"] else None,
    )
    return tuple(part for part in parts if part)


def _customer_words(row: _Row) -> str:
    between = _between(row["customers_low_per_month"], row["customers_high_per_month"])
    return said("{rounded} (95 % interval {between})", rounded=_rounded(row["customers_per_month"]), between=between)


def _money_words(row: _Row) -> str:
    between = _between(row["amount_low_per_month"], row["amount_high_per_month"])
    return said(
        "{rounded} {currency} (95 % interval {between})",
        rounded=_rounded(row["amount_per_month"]),
        currency=name(row["currency"]),
        between=between,
    )


def _barrier(row: _Row) -> str:
    return group_title(row["segment"], row["segment_value"])


def _rounded(value: float | None) -> str:
    return MISSING if value is None else rounded(value)


def _between(low: float | None, high: float | None) -> str:
    return MISSING if low is None or high is None else f"{rounded(low)}–{rounded(high)}"


def _table(rows: Sequence[_Row]) -> Html | str:
    if not rows:
        return ""
    what = said(
        "Every barrier, the best first; those without a place last. * fewer than 30 journeys entered: not ranked"
    )
    return folded(said("Show every barrier as a table"), table(_COLUMNS, [_cells(row) for row in rows], caption=what))


def _cells(row: _Row) -> tuple[str, ...]:
    mark = " *" if (row["entered_count"] or 0) < SMALL_SAMPLE else ""
    return (
        capital(_barrier(row)),
        stage_title(row["stage"]),
        count(row["place"]),
        count(row["entered_count"]) + mark,
        _rounded(row["entrants_per_month"]),
        share(row["present_advance_share"]),
        interval(row["present_low_share"], row["present_high_share"]),
        share(row["target_advance_share"]),
        count(row["comparable_count"]),
        share(row["goal_share"]),
        _rounded(row["customers_per_month"]),
        _between(row["customers_low_per_month"], row["customers_high_per_month"]),
        _rounded(row["amount_per_month"]),
        _between(row["amount_low_per_month"], row["amount_high_per_month"]),
        retold(readable(row["note"])) if row["note"] else MISSING,
    )
