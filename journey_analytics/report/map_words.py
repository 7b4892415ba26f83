"""What the process map says about its boxes and arrows: in titles, on hovering, and below."""

import re
from collections.abc import Sequence

from journey_analytics.contract import END_NODES, START
from journey_analytics.language import number as decimal
from journey_analytics.language import said
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
_PARTS = {
    "transitions": "{drawn} of {whole} transitions{part}",
    "journey starts": "{drawn} of {whole} journey starts{part}",
    "journey ends": "{drawn} of {whole} journey ends{part}",
}
TOO_RECENT = "too recent to tell what share purchased"


def node_title(node: Node) -> str:
    """The words in a box: its activity, or how many are folded into it."""
    if node.activity is not None:
        return name(node.activity)
    return said("other: {activities}", activities=several(node.members, "activity", "activities"))


def titles_of(graph: MapGraph) -> dict[str, str]:
    """The title of every end of an arrow."""
    return (
        {node.key: node_title(node) for node in graph.nodes}
        | {START: said("start")}
        | {end: said(word) for end, word in END_WORDS.items()}
    )


def coverage_line(graph: MapGraph, drawn: int | None = None) -> str:
    """What share of everything the first `drawn` arrows show, all of them by default: a filtered map must say so."""
    edges = graph.edges[:drawn]
    boxes = sum(node.activity is not None for node in graph.nodes)
    folded = graph.activity_count - boxes
    rest = (
        said("; {are} folded into “other”", are=several(folded, "rarer activity is", "rarer activities are"))
        if folded
        else ""
    )
    return said(
        "{part}, {part_2} and {part_3} shown; {boxes} of {activities} with a box of their own{rest}.",
        part=_part(graph, edges, "transitions"),
        part_2=_part(graph, edges, "journey starts"),
        part_3=_part(graph, edges, "journey ends"),
        boxes=count(boxes),
        activities=several(graph.activity_count, "activity", "activities"),
        rest=rest,
    )


def _part(graph: MapGraph, edges: Sequence[Edge], kind: str) -> str:
    whole = sum(number for pair, number in graph.flows.items() if kind_of(pair) == kind)
    drawn = sum(edge.count for edge in edges if kind_of(edge.pair) == kind)
    part = f" ({share(drawn / whole)})" if whole else ""
    return said(_PARTS[kind], drawn=count(drawn), whole=count(whole), part=part)


def short_duration(seconds: float | None) -> str:
    """A wait that fits an arrow: `2.3 d`; `–` for null."""
    if seconds is None:
        return MISSING
    for size, unit in _SHORT_UNITS:
        if seconds >= size:
            amount = seconds / size
            number = f"{amount:.1f}" if amount < _ONE_DECIMAL_BELOW else f"{amount:,.0f}"
            return f"{decimal(number.removesuffix('.0'))}\u00a0{said(unit)}"
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
        return [
            several(edge.count, "transition"),
            said("{members} links folded: at least {least}, no one wait", members=count(edge.members), least=least),
        ]
    waits = said(
        "wait: median {median_seconds}, 90 % within {p90_seconds}",
        median_seconds=duration(edge.median_seconds),
        p90_seconds=duration(edge.p90_seconds),
    )
    seen = said(
        "{transitions} in {journeys}",
        transitions=several(edge.count, "transition"),
        journeys=several(edge.journeys, "journey"),
    )
    return [seen, *_outcome_lines(edge, conversion), waits]


def _terminal_line(edge: Edge) -> str:
    if edge.source == START:
        return several(edge.count, "journey starts here", "journeys start here")
    return said(
        "the last touchpoint of {journeys} {end}",
        journeys=several(edge.count, "journey"),
        end=said(END_WORDS[edge.target]),
    )


def _outcome_lines(edge: Edge, conversion: Share | None) -> list[str]:
    if edge.outcome is None:
        return []
    found = edge.outcome
    states = said(
        "{converted} purchased, {dropped} lost, {open} still open",
        converted=count(found.converted),
        dropped=count(found.dropped),
        open=count(found.open),
    )
    if conversion is None or conversion.share is None:
        return [states, *([said(TOO_RECENT)] if found.is_too_recent else [])]
    return [states, conversion_words(conversion)]


def conversion_words(conversion: Share) -> str:
    """A share of purchases with its interval and base; null where no journey is settled."""
    small = (" " + said("– fewer than 30")) if conversion.is_small else ""
    return said(
        "purchased {share} of {n} settled (95 % interval {interval}){small}",
        share=share(conversion.share),
        n=count(conversion.n),
        interval=interval(conversion.low, conversion.high),
        small=small,
    )


def box_words(node: Node, conversion: Share | None) -> str:
    """The hover of a box."""
    folded = [
        said(
            "of them {listed}{value}",
            listed=plain(listed([name(one) for one in node.names])),
            value=" …" * (node.members > len(node.names)),
        )
    ]
    ends = ", ".join(f"{count(node.ended[end])} {said(END_WORDS[key])}" for end, key in END_NODES.items())
    journeys = (
        "" if node.journeys is None else (" " + said("in {journeys}", journeys=several(node.journeys, "journey")))
    )
    known = [] if conversion is None or conversion.share is None else [conversion_words(conversion)]
    lines = [
        f"<b>{plain(node_title(node))}</b>",
        *(folded if node.activity is None else []),
        said(
            "{touchpoints}{journeys}, mostly in {stage}",
            touchpoints=several(node.touchpoints, "touchpoint"),
            journeys=journeys,
            stage=stage_title(node.stage),
        ),
        said(
            "{start} with it; the last touchpoint in: {ends}",
            start=several(node.started, "journey starts", "journeys start"),
            ends=ends,
        ),
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
    return (
        f"<br>{one}: {said('{share} of {n} {what}', share='{0}', n='{1}', what='{2}')}"
        f"<br>{two}: {said('{share} of {n} {what}', share='{3}', n='{4}', what='{2}')}"
        f"<br>{said('difference {points} points', points='{5}')}{{6}}"
    )


def difference_facts(edge: Edge, found: Difference) -> tuple[str, ...]:
    """What differs from arrow to arrow; no text from data."""
    bounds = " " + said(
        "(95 % interval {signed_interval})", signed_interval=signed_interval(found.low_points, found.high_points)
    )
    small = "<br>".join(("", said("fewer than 30 in a group: not coloured"))) if found.is_small else ""
    small = f"<br>{said(TOO_RECENT)}" if found.is_too_recent else small
    return (
        share(found.first.share),
        count(found.first.n),
        said("journeys") if edge.source == START else said("times there"),
        share(found.second.share),
        count(found.second.n),
        signed(found.points),
        f"{bounds if found.points is not None else ''}{small}",
    )
