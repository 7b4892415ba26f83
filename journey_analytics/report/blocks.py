"""The parts pages are made of: figures with their definition, tables, cards, switches, sections."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from journey_analytics.language import said
from journey_analytics.report.markup import Html, join, tag


@dataclass(frozen=True)
class Section:
    """One anchor of the page. `lead` is the sentence to remember."""

    anchor: str
    title: str
    lead: Html
    body: Html

    def html(self, *notes: Html | None, foot: Html | None = None) -> Html:
        """The section with its heading; `notes` stand between the heading and the lead: whom it shows; `foot` last."""
        heading = tag("h2", self.title, id=f"{self.anchor}-title", tabindex="-1")
        return tag(
            "section",
            heading,
            *notes,
            tag("p", self.lead, class_="lead"),
            self.body,
            foot,
            id=self.anchor,
            aria_labelledby=f"{self.anchor}-title",
        )


@dataclass(frozen=True)
class Column:
    """A column of a table: `number` ones are right-aligned in tabular numerals; a title of ours stands in English."""

    title: str
    number: bool = False


def chart(
    anchor: str,
    figure: go.Figure,
    *,
    title: str,
    definition: str | Html,
    wide: bool = False,
    heading: str = "h3",
    table: str | None = None,
) -> Html:
    """A figure, drawn when the page is opened, and what it counts printed underneath. `anchor` is ours, never data.

    A figure with a width of its own, or a `wide` one, is scrolled where the page is narrower. `heading`: the element of
    its title, one level below the heading it stands under. `table`: the mart that its numbers come from, printed too.
    """
    drawn = figure.to_plotly_json()
    scrolls = wide or drawn["layout"].get("width") is not None
    plot = tag("div", id=anchor, class_="plot wide" if wide else "plot", data_figure=True, style=_room(drawn["layout"]))
    scroll = tag(
        "div",
        plot,
        class_="scroll fixed" if scrolls else "scroll",
        tabindex="0" if scrolls else None,
        role="group",
        aria_label=title,
        data_swipe=said("Swipe sideways to see all of it") if scrolls else None,
    )
    return tag(
        "figure",
        tag(heading, title),
        tag("div", save_button("png", title), class_="tools"),
        scroll,
        json_data(f"{anchor}-data", drawn),
        tag("figcaption", _kept_together(definition), *([" ", source_words(table)] if table else [])),
        data_panel=anchor,
    )


def save_button(kind: str, title: str) -> Html:
    """A button of a panel that saves it as a file of this kind, `png` or `csv`, made in the page without a network."""
    label = said("Save as {kind}: {title}", kind=kind.upper(), title=title)
    return tag("button", kind.upper(), type="button", class_="save", data_save=kind, aria_label=label, title=label)


def source_words(*tables: str) -> Html:
    """Which tables of the published copy the numbers come from, and where their columns are explained."""
    before, after = said("Numbers from {tables}; each column is explained in {dictionary}.").split("{tables}")
    between, end = after.split("{dictionary}")
    names = join([part for table in tables for part in (", ", tag("code", table))][1:])
    return tag("span", before, names, between, tag("code", "mart.dictionary"), end, class_="source")


def _kept_together(text: str | Html) -> str | Html:
    """No line ends between a number and its per cent sign."""
    return text.replace(" %", "\u00a0%") if not isinstance(text, Html) else text


def _room(layout: Mapping[str, Any]) -> str:
    width = f"width:{layout['width']}px;" if "width" in layout else ""
    return f"{width}height:{layout['height']}px"


def json_data(anchor: str, value: Any) -> Html:
    """A value as JSON inside the page; no `<` is left in it, so nothing in it can end the element."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return Html(f'<script type="application/json" id="{anchor}">{text.replace("<", chr(92) + "u003c")}</script>')


def table(
    columns: Sequence[Column],
    rows: Iterable[Sequence[str]],
    *,
    caption: str,
    empty: str | None = None,
    is_saved: bool = True,
) -> Html:
    """A table that scrolls by itself where the page is narrow; an empty one says so.

    `is_saved`: whether the page offers it as CSV, for which it needs the panels' script.
    """
    found = [
        tag("tr", *(_cell(column, cell, place) for place, (column, cell) in enumerate(zip(columns, row, strict=True))))
        for row in rows
    ]
    if not found:
        return tag("p", said("Nothing to list.") if empty is None else empty, class_="empty")
    head = tag(
        "thead", tag("tr", *(tag("th", said(column.title), scope="col", class_=_kind(column)) for column in columns))
    )
    label = tag("caption", tag("span", caption, *([" ", save_button("csv", caption)] if is_saved else [])))
    inner = tag("table", label, head, tag("tbody", *found))
    swipe = said("Swipe sideways to see all of it")
    named = {"role": "group", "aria_label": caption, "data_panel": "table", "data_swipe": swipe}
    return tag("div", inner, class_="table", tabindex="0", **named)


def _cell(column: Column, cell: str, place: int) -> Html:
    if place == 0:
        return tag("th", cell, scope="row", class_=_kind(column))
    return tag("td", cell, class_=_kind(column))


def _kind(column: Column) -> str | None:
    return "n" if column.number else None


def folded(summary: str, *content: Html, is_open: bool = False) -> Html:
    """Content behind a line that opens it."""
    return tag("details", tag("summary", summary), *content, open=is_open)


def switch(anchor: str, label: str, options: Sequence[tuple[str, str, Html]]) -> Html:
    """One of several contents, chosen by (value, title); the first one is shown. One alone needs no choosing."""
    if len(options) == 1:
        return options[0][2]
    choices = [tag("option", title, value=value) for value, title, _ in options]
    chooser = tag("label", tag("span", label), tag("select", *choices, data_switch=anchor), class_="switch")
    parts = [
        tag("div", content, data_option=f"{anchor}:{value}", hidden=place > 0)
        for place, (value, _, content) in enumerate(options)
    ]
    return tag("div", chooser, *parts)


def card(key: str, title: str, value: str, more: str = "") -> Html:
    """A number to see first. `key` is the mart column it shows."""
    small = tag("p", more, class_="more") if more else None
    return tag(
        "div", tag("p", title, class_="what"), tag("p", value, class_="value", data_kpi=key), small, class_="card"
    )


def grid(kind: str, *children: Html) -> Html:
    """Children side by side, below each other where the page is narrow."""
    return tag("div", join(children), class_=f"grid {kind}")
