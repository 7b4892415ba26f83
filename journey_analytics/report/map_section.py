"""The section with the process map: sliders, views and comparisons, and what lies behind each arrow."""

from collections.abc import Mapping, Sequence

import polars as pl

from journey_analytics.language import said
from journey_analytics.report.blocks import Column, Section, chart, folded, json_data, table
from journey_analytics.report.figures import theme
from journey_analytics.report.figures.canvas import canvas
from journey_analytics.report.figures.map_levels import Level, first_position, level_data, levels
from journey_analytics.report.figures.map_looks import MODES, OVERLAYS
from journey_analytics.report.map_groups import Comparison, comparisons, selection
from journey_analytics.report.map_panels import LISTED, Panels, link_title
from journey_analytics.report.map_shares import shares
from journey_analytics.report.map_words import coverage_line
from journey_analytics.report.markup import Html, join, tag
from journey_analytics.report.nameless import frequent
from journey_analytics.report.wording import count, duration, interval, listed, several, share

Frames = Mapping[str, pl.DataFrame]

_DEFINITION = (
    "Active journeys at the cut-off; each comes from start and ends once, as purchased, lost or still open. Rare "
    "activities are folded per stage, and the links counted again between what is left, so what comes into a box "
    "leaves it; arrows that are not drawn are counted in the first sentence. Arrows over several columns to one box "
    "share a line, as wide as the widest of them. A share that purchased or was lost is of the settled journeys with "
    "the arrow, with its 95 % interval on hovering: those that began early enough before the cut-off for a loss to be "
    "known, and are closed; of the younger ones mainly those that bought are closed. A comparison: of 100 times at a "
    "box, how many go on this way in the one group and in the other; its intervals take every time for independent. "
    "How the journeys of a month end is compared only once all of that month are settled."
)
_ANCHOR = "map-figure"
_LISTED_SMALL = 30


def process_map(frames: Frames) -> Section:
    """The map of all active journeys, every position of its sliders counted beforehand."""
    return _section(frames)


def small_process_map(frames: Frames) -> Section:
    """The same with one number of activities: its slider does not move."""
    return _section(frames, is_small=True)


def _section(frames: Frames, *, is_small: bool = False) -> Section:
    links, activities = frames["mart.path_link"], frames["mart.path_activity"]
    whole = selection(links, activities)
    found = levels(whole, is_first_only=is_small)
    offered = comparisons(links, activities)
    panels = Panels(whole.links, frames["mart.path_example"])
    lead = tag(
        "span",
        said(
            "What follows what: each box is an activity in the stage where it mostly happens, each arrow one "
            "thing directly followed by another; journeys come from the left and end as purchased, lost or still "
            "open."
        ),
    )
    body = _map(found, offered, panels, _censored(frames["mart.headline"])) if found else _nothing()
    rows = _list(whole.links, panels, most=_LISTED_SMALL if is_small else LISTED)
    home = _panel_home(panels)
    return Section("map", said("Process map"), lead, join([body, home, rows]))


def _nothing() -> Html:
    return chart(
        _ANCHOR,
        theme.message(said("No transitions yet.")),
        title=said("Activities and links"),
        definition=said(_DEFINITION),
    )


def _censored(headline: pl.DataFrame) -> str:
    """How many journeys are cut at either end of the data: they are counted as they are seen."""
    row = next(iter(headline.to_dicts()), {})
    begun, still = row.get("left_censored_count"), row.get("open_count")
    words = [said("{are} still open", are=several(still, "journey is", "journeys are"))] if still is not None else []
    words += (
        [said("{journeys} may have begun before the data", journeys=several(begun, "journey", "journeys"))]
        if begun is not None
        else []
    )
    return (said("{words}: counted as they are seen.", words=listed(words)) + " ") if words else ""


def _map(found: Sequence[Level], offered: Sequence[Comparison], panels: Panels, censored: str) -> Html:
    level, connections = first_position(found)
    data = {
        "first": {"level": level, "connections": connections},
        "levels": [level_data(one, offered, panels.of_graph(one.graph, number)) for number, one in enumerate(found)],
    }
    room = canvas([], shapes=[], notes=[], height=found[level].placed.height)
    line = coverage_line(found[level].graph, found[level].drawn[connections])
    return join(
        [
            _controls(found, offered, level, connections),
            chart(_ANCHOR, room, title=said("Activities and links"), definition=_definition(line, censored)),
            json_data(f"{_ANCHOR}-levels", data),
        ]
    )


def _definition(line: str, censored: str) -> Html:
    return join([tag("span", line, data_map="line"), " ", censored, said(_DEFINITION)])


def _controls(found: Sequence[Level], offered: Sequence[Comparison], level: int, connections: int) -> Html:
    return tag(
        "div",
        _slider("a", said("Activities"), len(found) - 1, level),
        _slider("c", said("Connections"), len(found[level].drawn) - 1, connections),
        _choice("m", said("Arrows show"), [(mode, said(title)) for mode, title in MODES.items()]),
        _choice(
            "o",
            said("Colours show"),
            [("none", said("Kinds of arrows")), *((overlay, said(title)) for overlay, title in OVERLAYS.items())],
        ),
        _choice(
            "v", said("Compare"), [("none", said("Nobody")), *((str(n), one.title) for n, one in enumerate(offered))]
        ),
        class_="map-controls",
        role="group",
        aria_label=said("What the map shows"),
    )


def _slider(key: str, label: str, most: int, value: int) -> Html:
    field = tag("input", type="range", min=0, max=most, step=1, value=value, data_map=key, disabled=most == 0)
    return tag("label", tag("span", label), tag("output", "", data_map_words=key), field)


def _choice(key: str, label: str, options: Sequence[tuple[str, str]]) -> Html:
    choices = [tag("option", title, value=value) for value, title in options]
    return tag("label", tag("span", label), tag("select", *choices, data_map=key, disabled=len(options) == 1))


def _panel_home(panels: Panels) -> Html:
    """Where what is known about a chosen arrow appears; all that can appear is in the page already."""
    hint = tag("p", said("Choose an arrow, on the map or in the list, to see the journeys behind it."), class_="hint")
    return tag("div", hint, panels.html(), id="map-panel", class_="panel", aria_live="polite")


def _list(links: pl.DataFrame, panels: Panels, *, most: int) -> Html:
    """The busiest links as buttons: what the map shows, for the keyboard and the screen reader."""
    ordered = links.sort(["follow_count", "activity", "next_activity"], descending=[True, False, False])
    rows = frequent("mart.path_link", ordered).head(most).to_dicts()
    bought = shares([row["settled_converted_count"] for row in rows], [row["settled_count"] for row in rows])
    cells = [
        (
            tag("button", link_title(row["activity"], row["next_activity"]), type="button", data_link=anchor),
            count(row["follow_count"]),
            count(row["journey_count"]),
            f"{share(one.share)}{' *' if one.share is not None and one.is_small else ''}",
            interval(one.low, one.high),
            count(one.n),
            count(row["open_count"]),
            duration(row["median_seconds"]),
            duration(row["p90_seconds"]),
        )
        for row, one, anchor in zip(rows, bought, panels.of_links(rows), strict=True)
    ]
    caption = said(
        "The {rows} most frequent of {links}, with starts and ends; purchased: share of the settled journeys "
        "with it; * fewer than 30",
        rows=count(len(rows)),
        links=several(ordered.height, "link"),
    )
    columns = (
        Column("Link"), Column("Times", number=True), Column("Journeys", number=True),
        Column("Purchased", number=True), Column("95 % interval", number=True), Column("of n settled", number=True),
        Column("Still open", number=True), Column("Median wait", number=True), Column("90 % within", number=True),
    )  # fmt: skip
    return folded(said("Show the links as a list"), table(columns, cells, caption=caption))
