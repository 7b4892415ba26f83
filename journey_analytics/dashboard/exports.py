"""Downloads: the rows behind a view as CSV, a figure of it as PNG, SVG or PDF, drawn again on the server."""

import csv
import io
import json
import re
from html import unescape
from typing import Any, Final

import polars as pl

from journey_analytics.dashboard import pages
from journey_analytics.dashboard.optional import of_the_dashboard
from journey_analytics.dashboard.published import Published
from journey_analytics.dashboard.state import State, state_of
from journey_analytics.errors import ConfigurationError, JourneyError, nearest
from journey_analytics.language import written_in
from journey_analytics.report.chosen import choice_title
from journey_analytics.report.images import HEIGHT, IMAGES, image
from journey_analytics.report.markup import Html
from journey_analytics.report.nameless import nameless
from journey_analytics.report.selection import Choice
from journey_analytics.report.spreadsheet import disarmed
from journey_analytics.report.views import VIEWS
from journey_analytics.report.wording import plain

_FIGURE = '<script type="application/json" id="{anchor}{kind}">'
_DATA = re.compile(r'<script type="application/json" id="([^"]+)-data">')
_HEADING: Final = 64
_TAG = re.compile(r"<[^<>]*>")


def add_exports(server: Any, published: Published) -> None:
    """Add the routes `/export/<view>/<what>.<kind>`, with the query of the state whose selection they are of."""
    flask = of_the_dashboard("flask")

    @server.route("/export/<view>/<what>.<kind>")
    def export(view: str, what: str, kind: str) -> Any:
        query = flask.request.query_string.decode("utf-8", "replace")
        try:
            state = state_of(f"/{view}?{query}", views=[known.anchor for known in VIEWS])
            content, mime, shown = exported(published, state, what, kind)
        except JourneyError as error:
            return flask.Response(f"{error}\n", status=400, mimetype="text/plain")
        answer = flask.Response(content, mimetype=mime)
        answer.headers["Content-Disposition"] = f'attachment; filename="{file_name(shown, what, kind)}"'
        return answer


def exported(published: Published, state: State, what: str, kind: str) -> tuple[bytes, str, Choice]:
    """The content of a download, its media type, and whom it shows: all journeys where it does not follow the choice.

    Args:
        published: the copy that is read.
        state: its first selection counts.
        what: a table of the view for CSV, else the anchor of one of its figures.
        kind: `csv`, `png`, `svg` or `pdf`.

    Raises:
        ConfigurationError: for a table, a figure or a kind that there is none of, or a selection too small to show.
    """
    if kind == "csv":
        rows, shown = pages.rows_of(published, state, _known_table(state, what))
        named = nameless(what, rows).select(pl.lit(shown.key).alias("selection"), pl.all())
        return table_csv(named).encode("utf-8-sig"), "text/csv", shown
    if kind not in IMAGES:
        raise ConfigurationError(f"nothing is exported as {kind!r}; {nearest(kind, ['csv', *IMAGES])}")
    shown = pages.figures_of(published, state)
    section = pages.look_of(published, state, 0).html
    with written_in(state.language):
        figure = titled(figure_of(section, what), title_of(section, what), choice_title(shown))
    return image(figure, kind), IMAGES[kind], shown


def file_name(shown: Choice, what: str, kind: str) -> str:
    """`journey_mart.stage_dropoff_device=mobile.csv`: letters, digits and a few signs, at most 120."""
    choice = f"_{shown.key}" if shown else ""
    safe = re.sub(r"[^A-Za-z0-9.=_-]+", "-", f"journey_{what}{choice}")
    return f"{safe[:110]}.{kind}"


def _known_table(state: State, table: str) -> str:
    known = pages.view_of(state.view).tables
    if table not in known:
        raise ConfigurationError(f"the view {state.view!r} has no table {table!r}; {nearest(table, known)}")
    return table


def table_csv(frame: pl.DataFrame) -> str:
    """Rows as CSV with a header, every cell in quotes. Numbers as stored, lists joined by ` > `, null as nothing.

    What a spreadsheet would take for a formula gets an apostrophe before it, also where one would split the text.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerow([disarmed(name) for name in frame.columns])
    writer.writerows([_cell(value) for value in row] for row in frame.iter_rows())
    return out.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return disarmed(" > ".join(str(part) for part in value))
    if isinstance(value, dict):
        return disarmed(json.dumps(value, default=str, ensure_ascii=False))
    return disarmed(value) if isinstance(value, str) else value


def figure_of(html: Html, anchor: str) -> dict[str, Any]:
    """The figure of an anchor as plain data, from the section that shows it.

    Raises:
        ConfigurationError: the section has no such figure.
    """
    known = sorted({*_DATA.findall(html), *(["map-figure"] if _levels(html) else [])})
    if anchor not in known:
        raise ConfigurationError(f"this view has no figure {anchor!r}; {nearest(anchor, known)}")
    levels = _levels(html) if anchor == "map-figure" else None
    return levels or json.loads(_data(html, _FIGURE.format(anchor=anchor, kind="-data")))


def title_of(html: Html, anchor: str) -> str:
    """The heading over a figure, as written."""
    before = html.partition(f' id="{anchor}"')[0]
    return unescape(_TAG.sub("", before.rpartition("<figure")[2].partition(">")[2].partition("</h")[0]))


def titled(figure: dict[str, Any], title: str, selection: str) -> dict[str, Any]:
    """The figure with its heading and the selection above it, in room of their own."""
    layout = dict(figure["layout"])
    margin = dict(layout.get("margin") or {})
    margin["t"] = margin.get("t", 0) + _HEADING
    layout["margin"], layout["height"] = margin, layout.get("height", HEIGHT) + _HEADING
    layout["title"] = {
        "text": plain(title),
        "subtitle": {"text": plain(selection)},
        "x": 0,
        "xanchor": "left",
        "y": 1,
        "yanchor": "top",
        "yref": "container",
        "pad": {"t": 14, "l": 14},
    }
    return {**figure, "layout": layout}


def _levels(html: Html) -> dict[str, Any] | None:
    """The process map as it is first shown: it is drawn from its levels, in the page."""
    start = _FIGURE.format(anchor="map-figure", kind="-levels")
    if start not in html:
        return None
    found = json.loads(_data(html, start))
    return found["levels"][found["first"]["level"]]["figure"]


def _data(html: Html, start: str) -> str:
    return html.partition(start)[2].partition("</script>")[0]
