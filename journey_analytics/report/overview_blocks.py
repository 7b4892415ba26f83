"""The parts that the answers of the overview are made of."""

from collections.abc import Collection, Mapping
from typing import Any

import polars as pl

from journey_analytics.language import said
from journey_analytics.report.markup import Html, tag


def marked(text: str, table: str, rest: Collection[str]) -> str:
    """An answer from a table, marked where that shows all journeys."""
    return said("For all journeys: {answer}", answer=text) if table in rest else text


def answer(question: str, *parts: Html | None, view: str, more: str) -> Html:
    """One question with its answer. `view`: the anchor of the view that tells more."""
    link = tag("p", tag("a", more, href=f"#{view}", data_view=view), class_="onward")
    return tag("div", tag("h3", question), *parts, link, class_="answer")


def said_first(text: str, key: str) -> Html:
    """The sentence that answers a question, marked with the key of its figure."""
    return tag("p", text.replace(" %", "\u00a0%"), class_="value", data_kpi=key)


def said_below(text: str | None) -> Html | None:
    """What is said below an answer; null where there is nothing to say."""
    return tag("p", text.replace(" %", "\u00a0%"), class_="more") if text else None


def ranked_opportunities(frames: Mapping[str, pl.DataFrame]) -> list[dict[str, Any]]:
    """The opportunities that have a place and a gain, best first."""
    rows = frames["mart.opportunity"].filter(pl.col("is_ranked") & pl.col("customers_per_month").is_not_null())
    return rows.sort("place", "stage", "segment", "segment_value", nulls_last=True).to_dicts()
