"""What is known about one arrow of the map, for the reader who clicks on it or finds it in the list."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from journey_analytics.contract import START
from journey_analytics.language import said
from journey_analytics.report.blocks import Column, table
from journey_analytics.report.figures.map_graph import NOBODY, OUTCOME_COLUMNS, TERMINALS, Edge, MapGraph, Outcome
from journey_analytics.report.map_shares import Share, shares
from journey_analytics.report.map_words import END_WORDS, arrow_lines, titles_of
from journey_analytics.report.markup import Html, join, tag
from journey_analytics.report.wording import count, duration, month, name, several

LISTED = 100
EXAMPLES_FROM = 10
"""Of fewer journeys none is shown by itself."""
_MEMBERS = 5
_STATUS_WORDS = {"converted": "purchased", "dropped": "lost", "open": "still open"}

Link = tuple[str, str]
_Row = Mapping[str, Any]


@dataclass
class Panels:
    """The panels of a page, each made once: two maps that draw the same link share its panel."""

    links: pl.DataFrame
    examples: pl.DataFrame
    made: dict[tuple[str, ...], Html] = field(default_factory=dict)
    _number: dict[tuple[str, ...], int] = field(default_factory=dict)
    _examples_of: dict[Link, list[_Row]] = field(default_factory=dict)
    _busiest: Sequence[_Row] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Sort once what every map asks for."""
        order = ["follow_count", "activity", "next_activity"]
        self._busiest = self.links.sort(order, descending=[True, False, False]).to_dicts()
        for row in self.examples.sort("activity", "next_activity", "place").iter_rows(named=True):
            self._examples_of.setdefault((row["activity"], row["next_activity"]), []).append(row)

    def of_graph(self, graph: MapGraph, level: int) -> list[str]:
        """The anchors of the panels of its arrows, in their order."""
        titles, behind = titles_of(graph), self._behind(graph)
        known = _conversions([edge.outcome for edge in graph.edges])
        return [
            self._of_edge(edge, titles, one, level, behind.get(edge.pair, []))
            for edge, one in zip(graph.edges, known, strict=True)
        ]

    def of_links(self, rows: Sequence[_Row]) -> list[str]:
        """The anchors of the panels of rows of `mart.path_link`."""
        edges = [_edge_of(row) for row in rows]
        known = _conversions([edge.outcome for edge in edges])
        return [self._of_link(edge, one) for edge, one in zip(edges, known, strict=True)]

    def html(self) -> Html:
        """All panels, hidden."""
        return join(
            tag("div", content, data_behind=f"link-{number}", hidden=True)
            for number, content in enumerate(self.made.values())
        )

    def _of_edge(
        self, edge: Edge, titles: dict[str, str], one: Share | None, level: int, members: Sequence[_Row]
    ) -> str:
        if edge.activity is not None:
            return self._of_link(edge, one)
        key = (str(level), *edge.pair)
        return self._anchor(key, lambda: _folded_panel(edge, titles, one, members[:_MEMBERS]))

    def _of_link(self, edge: Edge, one: Share | None) -> str:
        link = (edge.activity or "", edge.next_activity or "")
        examples = self._examples_of.get(link, []) if (edge.journeys or 0) >= EXAMPLES_FROM else []
        return self._anchor(link, lambda: _link_panel(edge, link, one, examples))

    def _anchor(self, key: tuple[str, ...], make: Callable[[], Html]) -> str:
        if key not in self.made:
            self.made[key] = make()
            self._number[key] = len(self._number)
        return f"link-{self._number[key]}"

    def _behind(self, graph: MapGraph) -> dict[Link, list[_Row]]:
        """The links behind every arrow, the busiest first."""
        keys = {**graph.box_of, **{key: key for key in TERMINALS}}
        found: dict[Link, list[_Row]] = {}
        for row in self._busiest:
            found.setdefault((keys[row["activity"]], keys[row["next_activity"]]), []).append(row)
        return found


def _conversions(outcomes: Sequence[Outcome | None]) -> list[Share | None]:
    known = [one or NOBODY for one in outcomes]
    found = shares([one.settled_converted for one in known], [one.settled for one in known])
    return [None if one is None else value for one, value in zip(outcomes, found, strict=True)]


def _edge_of(row: _Row) -> Edge:
    return Edge(
        source=row["activity"],
        target=row["next_activity"],
        count=row["follow_count"],
        members=1,
        journeys=row["journey_count"],
        least_journeys=row["journey_count"],
        outcome=Outcome(*(row[column] or 0 for column in OUTCOME_COLUMNS)),
        median_seconds=row["median_seconds"],
        p90_seconds=row["p90_seconds"],
        activity=row["activity"],
        next_activity=row["next_activity"],
    )


def link_title(activity: str, next_activity: str) -> str:
    """A link in words."""
    return f"{said('start') if activity == START else name(activity)} → {_end_words(next_activity)}"


def _end_words(activity: str) -> str:
    return said(END_WORDS[activity]) if activity in END_WORDS else name(activity)


def _status(status: str) -> str:
    return said(_STATUS_WORDS[status]) if status in _STATUS_WORDS else name(status)


def _link_panel(edge: Edge, link: Link, one: Share | None, examples: Sequence[_Row]) -> Html:
    command = shlex.join(["journey", "map", "--edge", *link])
    return join(
        [
            tag("h4", link_title(*link), tabindex="-1"),
            *(tag("p", line) for line in arrow_lines(edge, one)),
            _example_table(examples),
            tag("p", (said("All of them:") + " "), tag("code", command)),
        ]
    )


def _example_table(examples: Sequence[_Row]) -> Html:
    cells = [
        (said("Journey {n}", n=count(place)), _status(row["status"]),
         month(row["started_at"] and f"{row['started_at']:%Y-%m}"), count(row["touchpoint_count"]))
        for place, row in enumerate(examples, start=1)
    ]  # fmt: skip
    columns = (Column("Journey"), Column("State"), Column("Began"), Column("Touchpoints", number=True))
    return table(columns, cells, caption=said("Journeys with it, chosen at random"), empty=said("No example journeys."))


def _folded_panel(edge: Edge, titles: dict[str, str], one: Share | None, members: Sequence[_Row]) -> Html:
    cells = [
        (link_title(row["activity"], row["next_activity"]), count(row["follow_count"]), count(row["journey_count"]),
         duration(row["median_seconds"]))
        for row in members
    ]  # fmt: skip
    columns = (Column("Link"), Column("Times", number=True), Column("Journeys", number=True),
               Column("Median wait", number=True))  # fmt: skip
    caption = said(
        "The busiest of {links} folded into it; more activities: the slider above", links=several(edge.members, "link")
    )
    return join(
        [
            tag("h4", f"{titles[edge.source]} → {titles[edge.target]}", tabindex="-1"),
            *(tag("p", line) for line in arrow_lines(edge, one)),
            table(columns, cells, caption=caption),
        ]
    )
