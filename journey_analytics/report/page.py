"""The report as one HTML file: everything inline, nothing fetched, and a policy that forbids the rest."""

import base64
import hashlib
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib import resources
from pathlib import Path

import polars as pl
from plotly.offline import get_plotlyjs

from journey_analytics.instants import naive
from journey_analytics.report import journeys
from journey_analytics.report.active import active_frames
from journey_analytics.report.blocks import Section, card
from journey_analytics.report.frames import complete
from journey_analytics.report.markup import Html, tag
from journey_analytics.report.views import VIEWS
from journey_analytics.report.wording import count, listed, moment, name, several

FILE_NAME = "report.html"
TITLE = "Customer journeys: where they are lost"

_MEANING = (
    "A journey is what one customer does, over all sources, toward one need. Lost means: the stage's window passed "
    "without moving on, or the "
    "journey was closed before. Journeys still in progress are counted as open, never as lost. Every share has its "
    "number of journeys (n) and a "
    "95 % interval."
)
_FOOTER = (
    "Drawn with plotly.js (MIT licence, © Plotly, Inc.), which is included in this file. The file needs no network "
    "and sends nothing. "
    "Every number comes from a published table."
)
_NAV = {view.anchor: view.title for view in VIEWS}


def write_report(frames: Mapping[str, pl.DataFrame], out_dir: Path, *, generated_at: datetime) -> Path:
    """Write `report.html` into a folder, which is made, in one atomic step; returns its path.

    Args:
        frames: tables by name, as `report_frames` returns them; missing ones are shown as empty.
        out_dir: readers see the old or the new file, never half of one.
        generated_at: printed in the header; a naive one is UTC. Same frames and moment, same bytes.

    Raises:
        OSError: when the folder cannot be written.
    """
    page = report_page(frames, generated_at=generated_at)
    out_dir.mkdir(parents=True, exist_ok=True)
    target = out_dir / FILE_NAME
    fresh = out_dir / f".{FILE_NAME}.{os.getpid()}.new"
    try:
        fresh.write_text(page, encoding="utf-8", newline="\n")
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)
    return target


def report_page(frames: Mapping[str, pl.DataFrame], *, generated_at: datetime) -> str:
    """The whole page as text."""
    tables = active_frames(complete(frames))
    sections = [section for section in _sections(tables) if section is not None]
    body = tag(
        "body",
        tag("a", "Skip to the content", href="#content", class_="skip"),
        tag("div", _header(tables, generated_at), class_="wrap"),
        _nav(sections),
        tag(
            "div",
            tag("main", *(section.html() for section in sections), id="content"),
            tag("footer", _FOOTER),
            class_="wrap",
        ),
        *_scripts(),
    )
    return f"<!doctype html>\n{tag('html', _head(), body, lang='en')}\n"


def _sections(tables: Mapping[str, pl.DataFrame]) -> tuple[Section | None, ...]:
    """What a decision starts from first, then how journeys run, then how sure all of it is."""
    return tuple(view.make(tables) for view in VIEWS)


def _head() -> Html:
    policy = (
        f"default-src 'none'; script-src {' '.join(_hash(script) for script in (get_plotlyjs(), _script()))}; "
        "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", TITLE),
        tag("style", Html(_part("page.css"))),
    )


def _scripts() -> tuple[Html, Html]:
    """Plotly.js once, then ours; both are named by their hash in the policy, so nothing else can run."""
    return tag("script", Html(get_plotlyjs())), tag("script", Html(_script()))


def _script() -> str:
    """Our own script: its parts, then the page that uses them."""
    return _part("process_map.js") + _part("page.js")


def _part(name_: str) -> str:
    return resources.files("journey_analytics.report").joinpath(name_).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _nav(sections: Sequence[Section]) -> Html:
    links = [tag("li", tag("a", _NAV[section.anchor], href=f"#{section.anchor}")) for section in sections]
    return tag("nav", tag("div", tag("ul", *links), class_="wrap"), aria_label="Sections")


def _header(tables: Mapping[str, pl.DataFrame], generated_at: datetime) -> Html:
    rows = tables["mart.headline"].to_dicts()
    head = rows[0] if rows else dict.fromkeys(tables["mart.headline"].columns)
    sources = [name(source) for source in tables["mart.source_quality"]["source"].sort().to_list()]
    origin = f" Sources: {listed(sources)}." if sources else ""
    meta = f"Data until {moment(head['as_of_at'])} · report generated {moment(naive(generated_at))}.{origin}"
    dropoff = tables["mart.stage_dropoff"]
    return tag(
        "header",
        tag("h1", TITLE),
        tag("p", meta, class_="meta"),
        tag("div", *_cards(head, _without_stage(tables["mart.stage_variant"])), class_="cards"),
        _loss(dropoff),
        _left_apart(head["passive_journey_count"]),
        tag("p", _MEANING, class_="meaning"),
    )


def _cards(head: Mapping[str, int | None], without_stage: Mapping[str, int]) -> Sequence[Html]:
    known = f"{count(head['identified_customer_count'])} of them identified"
    touchpoints = f"{count(_active_touchpoints(head))} touchpoints"
    outside, lost = _never_entered(without_stage["journey_count"]), _never_entered(without_stage["dropped_count"])
    return (
        card("customer_count", "Customers", count(head["customer_count"]), known),
        card("journey_count", "Journeys", count(head["journey_count"]), f"{touchpoints}{outside}"),
        card("converted_count", "Converted", count(head["converted_count"]), "with a purchase"),
        card("dropped_count", "Lost", count(head["dropped_count"]), f"closed without a purchase{lost}"),
        card("open_count", "Open", count(head["open_count"]), "still in progress"),
    )


def _active_touchpoints(head: Mapping[str, int | None]) -> int | None:
    every = head["touchpoint_count"]
    return None if every is None else every - (head["passive_touchpoint_count"] or 0)


def _left_apart(contact_only: int | None) -> Html | None:
    """How many journeys are in no count of the page, and why; nothing where there are none."""
    if not contact_only:
        return None
    what = several(contact_only, "contact-only journey")
    verb = "is" if contact_only == 1 else "are"
    return tag(
        "p",
        tag("b", what, data_kpi="passive_journey_count"),
        f" {verb} left apart, in no count of journeys here: the customer was only sent e-mails and reacted to none. "
        "Nobody began, so nobody was lost.",
        class_="meaning",
    )


def _never_entered(journeys_: int) -> str:
    return f"; {count(journeys_)} never entered a stage" if journeys_ else ""


def _without_stage(variants_: pl.DataFrame) -> Mapping[str, int]:
    """Journeys of which no touchpoint has a stage, and how many of them are lost."""
    rows = variants_.filter(pl.col("stages").list.len() == 0)
    return {column: int(rows[column].sum()) for column in ("journey_count", "dropped_count")}


def _loss(dropoff: pl.DataFrame) -> Html:
    repeat = journeys.repeat_sentence(dropoff)
    more = tag("p", repeat, class_="more") if repeat else None
    return tag(
        "div", tag("p", "Biggest loss before the purchase", class_="what"),
        tag("p", journeys.loss_sentence(dropoff), class_="value", data_kpi="biggest_loss"), more, class_="loss",
    )  # fmt: skip
