"""What the process map says about its boxes and arrows: in titles, on hovering, and below."""

import re
from collections.abc import Sequence

from journey_analytics.contract import END_NODES, START
from journey_analytics.report.figures.map_graph import ENDS, Edge, MapGraph, Node, kind_of
from journey_analytics.report.map_shares import Difference, Share
from journey_analytics.report.wording import (
    MISSING,
    count,
    duration,
    interval,
    listed,
    name,
    plain,
    several,
    share,
    signed,
    signed_interval,
    stage_title,
)

END_WORDS = {END_NODES["converted"]: "purchased", END_NODES["dropped"]: "lost", END_NODES["open"]: "still open"}
_SHORT_UNITS = ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min"), (1.0, "s"))
_ONE_DECIMAL_BELOW = 9.95
TOO_RECENT = "too recent to tell what share purchased"


def node_title(node: Node) -> str:
    """The words in a box: its activity, or how many are folded into it."""
    if node.activity is not None:
        return name(node.activity)
    return f"other: {several(node.members, 'activity', 'activities')}"


def titles_of(graph: MapGraph) -> dict[str, str]:
    """The title of every end of an arrow."""
    return {node.key: node_title(node) for node in graph.nodes} | {START: "start"} | END_WORDS


def coverage_line(graph: MapGraph, drawn: int | None = None) -> str:
    """What share of everything the first `drawn` arrows show, all of them by default: a filtered map must say so."""
    edges = graph.edges[:drawn]
    boxes = sum(node.activity is not None for node in graph.nodes)
    folded = graph.activity_count - boxes
    rest = f"; {several(folded, 'rarer activity is', 'rarer activities are')} folded into “other”" if folded else ""
    return (
        f"{_part(graph, edges, 'transitions')}, {_part(graph, edges, 'journey starts')} and "
        f"{_part(graph, edges, 'journey ends')} shown; {count(boxes)} of "
        f"{several(graph.activity_count, 'activity', 'activities')} with a box of their own{rest}."
    )


def _part(graph: MapGraph, edges: Sequence[Edge], kind: str) -> str:
    whole = sum(number for pair, number in graph.flows.items() if kind_of(pair) == kind)
    drawn = sum(edge.count for edge in edges if kind_of(edge.pair) == kind)
    part = f" ({share(drawn / whole)})" if whole else ""
    return f"{count(drawn)} of {count(whole)} {kind}{part}"


def short_duration(seconds: float | None) -> str:
    """A wait that fits an arrow: `2.3 d`; `–` for null."""
    if seconds is None:
        return MISSING
    for size, unit in _SHORT_UNITS:
        if seconds >= size:
            amount = seconds / size
            number = f"{amount:.1f}" if amount < _ONE_DECIMAL_BELOW else f"{amount:,.0f}"
            return f"{number.removesuffix('.0')}\u00a0{unit}"
    return "<\u00a01\u00a0s"


def journeys_label(edge: Edge) -> str:
    """Journeys of an arrow, or how many there are at least where links are folded."""
    return count(edge.journeys) if edge.journeys is not None else f"≥\u00a0{count(edge.least_journeys)}"


# on hovering


def arrow_title(edge: Edge, titles: dict[str, str]) -> str:
    """From where to where."""
    return f"{titles[edge.source]} → {titles[edge.target]}"


def edge_words(edge: Edge, titles: dict[str, str], conversion: Share | None) -> str:
    """The hover of an arrow; texts from data are escaped."""
    lines = [f"<b>{plain(arrow_title(edge, titles))}</b>", *arrow_lines(edge, conversion)]
    return "<br>".join(lines)


def arrow_lines(edge: Edge, conversion: Share | None) -> list[str]:
    """What is known of an arrow, line by line; no text from data."""
    if edge.is_terminal:
        return [_terminal_line(edge), *([] if edge.target in ENDS else _outcome_lines(edge, conversion))]
    if edge.journeys is None:
        least = several(edge.least_journeys, "journey")
        return [several(edge.count, "transition"), f"{count(edge.members)} links folded: at least {least}, no one wait"]
    waits = f"wait: median {duration(edge.median_seconds)}, 90 % within {duration(edge.p90_seconds)}"
    seen = f"{several(edge.count, 'transition')} in {several(edge.journeys, 'journey')}"
    return [seen, *_outcome_lines(edge, conversion), waits]


def _terminal_line(edge: Edge) -> str:
    if edge.source == START:
        return several(edge.count, "journey starts here", "journeys start here")
    return f"the last touchpoint of {several(edge.count, 'journey')} {END_WORDS[edge.target]}"


def _outcome_lines(edge: Edge, conversion: Share | None) -> list[str]:
    if edge.outcome is None:
        return []
    found = edge.outcome
    states = f"{count(found.converted)} purchased, {count(found.dropped)} lost, {count(found.open)} still open"
    if conversion is None or conversion.share is None:
        return [states, *([TOO_RECENT] if found.is_too_recent else [])]
    return [states, conversion_words(conversion)]


def conversion_words(conversion: Share) -> str:
    """A share of purchases with its interval and base; null where no journey is settled."""
    small = " – fewer than 30" if conversion.is_small else ""
    return (
        f"purchased {share(conversion.share)} of {count(conversion.n)} settled (95 % interval "
        f"{interval(conversion.low, conversion.high)}){small}"
    )


def box_words(node: Node, conversion: Share | None) -> str:
    """The hover of a box."""
    folded = [f"of them {plain(listed([name(one) for one in node.names]))}{' …' * (node.members > len(node.names))}"]
    ends = ", ".join(f"{count(node.ended[end])} {END_WORDS[key]}" for end, key in END_NODES.items())
    journeys = "" if node.journeys is None else f" in {several(node.journeys, 'journey')}"
    known = [] if conversion is None or conversion.share is None else [conversion_words(conversion)]
    lines = [
        f"<b>{plain(node_title(node))}</b>",
        *(folded if node.activity is None else []),
        f"{several(node.touchpoints, 'touchpoint')}{journeys}, mostly in {stage_title(node.stage)}",
        f"{several(node.started, 'journey starts', 'journeys start')} with it; the last touchpoint in: {ends}",
        *known,
    ]
    return "<br>".join(lines)


def difference_words(edge: Edge, titles: dict[str, str], found: Difference, names: tuple[str, str]) -> str:
    """The hover of an arrow in a comparison: both shares with their n, and the difference with its interval."""
    facts = difference_facts(edge, found)
    words = re.sub(r"\{(\d)\}", lambda place: facts[int(place[1])], difference_sentence(names))
    return f"<b>{plain(arrow_title(edge, titles))}</b>{words}"


def difference_sentence(names: tuple[str, str]) -> str:
    """What is said about every arrow of a comparison, with `{0}` … where the facts of an arrow stand."""
    one, two = (plain(label) for label in names)
    return f"<br>{one}: {{0}} of {{1}} {{2}}<br>{two}: {{3}} of {{4}} {{2}}<br>difference {{5}} points{{6}}"


def difference_facts(edge: Edge, found: Difference) -> tuple[str, ...]:
    """What differs from arrow to arrow; no text from data."""
    bounds = f" (95 % interval {signed_interval(found.low_points, found.high_points)})"
    small = "<br>fewer than 30 in a group: not coloured" if found.is_small else ""
    small = f"<br>{TOO_RECENT}" if found.is_too_recent else small
    return (
        share(found.first.share),
        count(found.first.n),
        "journeys" if edge.source == START else "times there",
        share(found.second.share),
        count(found.second.n),
        signed(found.points),
        f"{bounds if found.points is not None else ''}{small}",
    )
