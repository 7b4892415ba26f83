"""The report as one HTML file."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path

import polars as pl

from journey_analytics.instants import naive
from journey_analytics.language import language, said
from journey_analytics.report.active import active_frames
from journey_analytics.report.chosen import (
    Packed,
    chooser,
    packed_selections,
    section_html,
    templates,
    unfollowed_words,
)
from journey_analytics.report.frames import complete
from journey_analytics.report.losses import loss_sentence
from journey_analytics.report.markup import Html, tag
from journey_analytics.report.offline import drawing_footer, drawing_scripts, offline_page, write_whole
from journey_analytics.report.selection import ALL, narrowed
from journey_analytics.report.views import VIEWS, View
from journey_analytics.report.wording import listed, moment, name

FILE_NAME = "report.html"
SUMMARY = "journey-summary"
"""The name of the `<meta>` that holds the headline figures as JSON, so that an index need not read the whole file."""

Frames = Mapping[str, pl.DataFrame]
_Shown = Sequence[tuple[View, Html]]


def write_report(frames: Frames, out_dir: Path, *, generated_at: datetime, has_selections: bool = True) -> Path:
    """Write `report.html` into a folder, which is made, in one atomic step; returns its path.

    Args:
        frames: tables by name, as `report_frames` returns them; missing ones are shown as empty.
        out_dir: readers see the old or the new file, never half of one.
        generated_at: printed in the header; a naive one is UTC. Same frames, moment and language, same bytes.
        has_selections: whether the file carries the fixed selections too; without them it shows all journeys only.

    Raises:
        OSError: when the folder cannot be written.
    """
    page = report_page(frames, generated_at=generated_at, has_selections=has_selections)
    target = out_dir / FILE_NAME
    write_whole(target, page)
    return target


def report_page(frames: Frames, *, generated_at: datetime, has_selections: bool = True) -> str:
    """The whole page as text, in the language that is written now, with every selection that the frames allow."""
    tables = active_frames(complete(frames))
    shown = _sections(tables)
    selections = packed_selections(tables) if has_selections else []
    return offline_page(
        title(),
        tag("a", said("Skip to the content"), href="#content", class_="skip"),
        tag(
            "div",
            _header(tables, generated_at),
            _nav(shown, selections),
            tag("main", *(html for _, html in shown), id="content"),
            drawing_footer(),
            class_="page",
        ),
        *_templates(selections),
        scripts=drawing_scripts("process_map.js", "panel_tools.js", "page.js", "report.js"),
        meta=[_summary(tables)],
        data_report=True,
    )


def _sections(tables: Frames) -> _Shown:
    """What a decision starts from first, then how journeys run, then how sure all of it is."""
    whole = narrowed(tables, ALL)
    made = ((view, section_html(view, whole, ALL)) for view in VIEWS)
    return [(view, html) for view, html in made if html is not None]


def _templates(selections: Sequence[Packed]) -> list[Html]:
    """The selections, and what a section says that follows none; nothing where there is nothing to choose."""
    note = tag("template", tag("p", unfollowed_words(), class_="whom whole"), id="whole-note")
    return [note, *templates(selections)] if len(selections) > 1 else []


def title() -> str:
    """What the report is called."""
    return said("Customer journeys: where they are lost")


def _summary(tables: Frames) -> Html:
    """The headline figures for the index of the reports; null ones are not known."""
    rows = tables["mart.headline"].to_dicts()
    head = rows[0] if rows else {}
    counts = {key: head.get(f"{key}_count") for key in ("journey", "converted", "dropped", "open")}
    loss = loss_sentence(tables["mart.stage_dropoff"])
    as_of = head.get("as_of_at")
    known = {"as_of": as_of and as_of.isoformat(), "language": language(), "loss": loss, **counts}
    text = json.dumps(known, sort_keys=True, ensure_ascii=False)
    return tag("meta", name=SUMMARY, content=text)


def _nav(shown: _Shown, selections: Sequence[Packed]) -> Html:
    """Links by group beside a wide page, a select above a narrow one; and the choice of whom to show."""
    groups = [(group, [view for view, _ in members]) for group, members in groupby(shown, lambda one: one[0].group)]
    return tag(
        "nav", chooser(selections), _go_to(groups), tag("ul", *map(_link_group, groups)), aria_label=said("Views")
    )


def _go_to(groups: Sequence[tuple[str, Sequence[View]]]) -> Html:
    options = [
        tag("optgroup", *(tag("option", said(view.title), value=view.anchor) for view in views), label=said(group))
        for group, views in groups
    ]
    return tag("label", tag("span", said("Go to")), tag("select", *options, data_go=True), class_="go")


def _link_group(group: tuple[str, Sequence[View]]) -> Html:
    links = [tag("li", tag("a", said(view.title), href=f"#{view.anchor}")) for view in group[1]]
    return tag("li", tag("span", said(group[0])), tag("ul", *links))


def _header(tables: Frames, generated_at: datetime) -> Html:
    rows = tables["mart.headline"].to_dicts()
    as_of = rows[0]["as_of_at"] if rows else None
    sources = [name(source) for source in tables["mart.source_quality"]["source"].sort().to_list()]
    meta = said(
        "Data until {as_of} · report generated {generated}.",
        as_of=moment(as_of),
        generated=moment(naive(generated_at)),
    )
    origin = f" {said('Sources: {sources}.', sources=listed(sources))}" if sources else ""
    return tag("header", tag("h1", title()), tag("p", f"{meta}{origin}", class_="meta"))
