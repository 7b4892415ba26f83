"""Where everything of a step flow lies: a column per step, ends in a band of their own below, beginnings in one above.

Pure geometry in pixels. Every step has a slot as high as its journeys or its name, whichever is more, so that no name
covers another, however many steps there are and however few journeys take them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from journey_analytics.contract import STAGES, START
from journey_analytics.paths.step_links import ENDS, MORE, OTHER
from journey_analytics.report.figures.canvas import CANVAS_WIDTH, Point

BAR: Final = 12.0
_THIN_BAR: Final = 6.0
_SIDE: Final = 96.0
_SIDE_WITH_STUBS: Final = 150.0
_WIDEST_PITCH: Final = 240.0
_ONE_LINE: Final = 128.0
_HEADER: Final = 34.0
_HEADER_MIDDLE: Final = 12.0
_TALLEST: Final = 300.0
_LINE: Final = 13.0
_GAP: Final = 13.0
_STUB: Final = 0.55
_WIDEST_STUB: Final = 70.0
_ROW_GAP: Final = 14.0
_LOWEST_ROW: Final = 18.0
_LOWEST_BESIDE: Final = 30.0
_LAST: Final = 99


@dataclass(frozen=True)
class Link:
    """One row of a step flow."""

    number: int
    node: str
    next_node: str
    journeys: int
    by_status: tuple[int, int, int]

    @property
    def is_entry(self) -> bool:
        """Whether journeys begin with it."""
        return self.node == START

    @property
    def is_exit(self) -> bool:
        """Whether it is how journeys stand at T."""
        return self.next_node in ENDS


@dataclass(frozen=True)
class Spot:
    """The bar of a step, of a beginning or of an end, with how many journeys are there.

    `is_beside`: a beginning or an end at the height of the steps, beside the outermost column, not in a band.
    """

    number: int
    node: str
    left: float
    top: float
    width: float
    height: float
    journeys: int
    is_beside: bool = False

    @property
    def middle(self) -> float:
        """Half-way down the bar."""
        return self.top + self.height / 2


@dataclass(frozen=True)
class _Grid:
    """The columns: their left by number, how far they are apart, pixels per journey, and lines of a name.

    `in_main`: what is drawn as a step: START where steps are counted from it, the ends where they are.
    """

    links: tuple[Link, ...]
    counts: Mapping[tuple[int, str], int]
    lefts: Mapping[int, float]
    pitch: float
    scale: float
    in_main: Sequence[str]

    @property
    def name_lines(self) -> int:
        return 1 if self.pitch >= _ONE_LINE else 2

    @property
    def reach(self) -> float:
        """How far beside its step a beginning or an end lies."""
        return min(self.pitch * _STUB, _WIDEST_STUB)

    def height(self, journeys: int, *, least: float = 1.0) -> float:
        return round(max(least, journeys * self.scale), 1)


@dataclass(frozen=True)
class _Bars:
    """Every bar: steps by (number, node), beginnings by the number of the step they lead to, ends by that before."""

    steps: Mapping[tuple[int, str], Spot]
    entries: Mapping[int, Spot]
    exits: Mapping[tuple[int, str], Spot]

    def source(self, link: Link) -> Spot:
        """The bar that a link leaves."""
        return self.steps.get((link.number, link.node)) or self.entries[link.number + 1]

    def target(self, link: Link) -> Spot:
        """The bar that a link reaches."""
        return self.steps.get((link.number + 1, link.next_node)) or self.exits[link.number, link.next_node]


@dataclass(frozen=True)
class Plan(_Bars):
    """All of the drawing.

    `rows`: by name the middle of each row of the bands. `ribbons`: per link both ends of its upper edge.
    """

    links: tuple[Link, ...]
    scale: float
    pitch: float
    name_lines: int
    rows: Mapping[str, float]
    ribbons: Mapping[Link, tuple[Point, Point]]
    height: float


def plan_of(frame: pl.DataFrame, *, in_main: Sequence[str]) -> Plan | None:
    """The plan of a step flow, null without journeys.

    Args:
        frame: links with the columns of `mart.step_flow`.
        in_main: what is drawn as a step: START where steps are counted from it, the ends where they are.
    """
    links = tuple(_links(frame))
    return _planned(_grid(links, in_main)) if links else None


def _links(frame: pl.DataFrame) -> Iterator[Link]:
    ordered = frame.filter(pl.col("journey_count") > 0).sort("step_number", "node", "next_node")
    for row in ordered.iter_rows(named=True):
        by_status = (row["converted_count"], row["dropped_count"], row["open_count"])
        yield Link(row["step_number"], row["node"], row["next_node"], row["journey_count"], by_status)


def _grid(links: tuple[Link, ...], in_main: Sequence[str]) -> _Grid:
    counts = _step_counts(links, in_main)
    numbers = sorted({number for number, _ in counts})
    first = _SIDE if START in in_main else _SIDE_WITH_STUBS
    last = CANVAS_WIDTH - BAR - (_SIDE if set(ENDS) <= set(in_main) else _SIDE_WITH_STUBS)
    pitch = min(_WIDEST_PITCH, (last - first) / max(1, len(numbers) - 1))
    lefts = {number: round(first + pitch * place, 1) for place, number in enumerate(numbers)}
    fullest = max(sum(n for (at, _), n in counts.items() if at == number) for number in numbers)
    return _Grid(links, counts, lefts, pitch, _TALLEST / fullest, in_main)


def _step_counts(links: Sequence[Link], in_main: Sequence[str]) -> dict[tuple[int, str], int]:
    """Journeys at each step: those that leave it, or for an end drawn as a step those that reach it."""
    counts: dict[tuple[int, str], int] = {}
    for link in links:
        places = [(link.number, link.node)] if not link.is_entry or START in in_main else []
        places += [(link.number + 1, link.next_node)] if link.is_exit and link.next_node in in_main else []
        for place in places:
            counts[place] = counts.get(place, 0) + link.journeys
    return counts


def _planned(grid: _Grid) -> Plan:
    rank = _ranks(grid.counts)
    begun = {} if START in grid.in_main else _by_number([link for link in grid.links if link.is_entry], shift=1)
    above = [n for number, n in begun.items() if number != min(grid.lefts)]
    top = _HEADER + (max([_LOWEST_ROW, *map(grid.height, above)]) + _ROW_GAP if above else 0.0)
    steps = _steps(grid, rank, top)
    exits, rows, bottom = _exits(grid, steps, top)
    bars = _Bars(steps, _entries(grid, begun, top), exits)
    if begun:
        rows[START] = _HEADER_MIDDLE
    ribbons = dict(_ribbons(bars, grid, rank))
    return Plan(
        steps, bars.entries, exits, grid.links, grid.scale, grid.pitch, grid.name_lines, rows, ribbons, bottom + 12
    )


def _ranks(counts: Mapping[tuple[int, str], int]) -> dict[str, int]:
    """From top to bottom: stages in their order, activities by all their journeys, ties by name; the rest last."""
    totals: dict[str, int] = {}
    for (_, node), n in counts.items():
        totals[node] = totals.get(node, 0) + n
    last = [OTHER, MORE, *ENDS]
    named = sorted((node for node in totals if node not in last), key=lambda node: (-totals[node], node))
    if set(named) <= {*STAGES, START}:
        named = [START, *STAGES]
    return {node: place for place, node in enumerate([*named, *last])}


def _steps(grid: _Grid, rank: Mapping[str, int], top: float) -> dict[tuple[int, str], Spot]:
    """Column by column from the top; above each bar there is room for its name."""
    name_height = _LINE * grid.name_lines + 6
    spots = {}
    for number, left in grid.lefts.items():
        y = top
        for place in sorted((one for one in grid.counts if one[0] == number), key=lambda one: rank[one[1]]):
            height = grid.height(grid.counts[place], least=2.0)
            spots[place] = Spot(number, place[1], left, round(y + name_height, 1), BAR, height, grid.counts[place])
            y += name_height + height + _GAP - 6
    return spots


def _by_number(links: Sequence[Link], *, shift: int = 0) -> dict[int, int]:
    totals: dict[int, int] = {}
    for link in links:
        totals[link.number + shift] = totals.get(link.number + shift, 0) + link.journeys
    return totals


def _entries(grid: _Grid, begun: Mapping[int, int], top: float) -> dict[int, Spot]:
    """Beginnings above the step that they lead to; those of the first column beside it."""
    spots = {}
    for number, n in begun.items():
        is_first = number == min(grid.lefts)
        y = top + _LINE * grid.name_lines + 6 if is_first else _HEADER
        left = grid.lefts[number] - grid.reach - _THIN_BAR
        spots[number] = Spot(number, START, left, y, _THIN_BAR, grid.height(n), n, is_first)
    return spots


def _exits(
    grid: _Grid, steps: Mapping[tuple[int, str], Spot], top: float
) -> tuple[dict[tuple[int, str], Spot], dict[str, float], float]:
    """The ends below the steps, a row each; those of the last column beside it, where that has ends.

    Returns them with the middle of every row, and how far down all of it goes.
    """
    spots, rows = {}, {}
    last, beside = max(grid.lefts), top + _LINE * grid.name_lines + 6
    y = max(spot.top + spot.height for spot in steps.values()) + 30
    for end in ENDS:
        ended = [link for link in grid.links if link.next_node == end and end not in grid.in_main]
        totals = _by_number(ended)
        if last in totals:
            spots[last, end] = _exit(grid, last, end, beside, totals.pop(last), is_beside=True)
            beside += max(_LOWEST_BESIDE, spots[last, end].height) + _ROW_GAP
        if totals:
            spots |= {(number, end): _exit(grid, number, end, y, n) for number, n in totals.items()}
            rows[end] = y + _LOWEST_ROW / 2
            y += max([_LOWEST_ROW, *map(grid.height, totals.values())]) + _ROW_GAP
    return spots, rows, max(y - 30 if not rows else y, beside)


def _exit(grid: _Grid, number: int, end: str, top: float, journeys: int, *, is_beside: bool = False) -> Spot:
    left = round(grid.lefts[number] + BAR + grid.reach, 1)
    return Spot(number, end, left, round(top, 1), _THIN_BAR, grid.height(journeys), journeys, is_beside)


def _ribbons(bars: _Bars, grid: _Grid, rank: Mapping[str, int]) -> Iterator[tuple[Link, tuple[Point, Point]]]:
    """Both ends of every ribbon: on a bar, ribbons lie in the order of what they lead to, and ends at the bottom."""
    by_target = sorted(grid.links, key=lambda link: (link.number, link.is_exit, rank.get(link.next_node, _LAST)))
    by_source = sorted(grid.links, key=lambda link: (link.number, not link.is_entry, rank.get(link.node, _LAST)))
    leaving = _stacked([(link, bars.source(link)) for link in by_target], grid.scale)
    arriving = _stacked([(link, bars.target(link)) for link in by_source], grid.scale)
    for link in grid.links:
        source = bars.source(link)
        yield link, ((round(source.left + source.width, 1), leaving[link]), (bars.target(link).left, arriving[link]))


def _stacked(touching: Sequence[tuple[Link, Spot]], scale: float) -> dict[Link, float]:
    """The height at which each link touches its bar, those of one bar below each other."""
    filled: dict[Spot, float] = {}
    found = {}
    for link, spot in touching:
        found[link] = round(filled.get(spot, spot.top), 1)
        filled[spot] = filled.get(spot, spot.top) + link.journeys * scale
    return found
