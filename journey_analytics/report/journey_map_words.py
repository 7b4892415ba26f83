"""The words of the customer journey map: its lanes, items and values as people read them, in the page's language."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import polars as pl

from journey_analytics.journey_map import lanes
from journey_analytics.language import said
from journey_analytics.personas.words import persona_title as titled
from journey_analytics.report.segment_words import segment_title, value_title
from journey_analytics.report.wording import (
    MISSING,
    capital,
    count,
    day,
    interval,
    name,
    readable,
    share,
    signed,
    signed_interval,
    stage_title,
)

Row = Mapping[str, Any]

_LANE_TITLES: Final = {
    lanes.PERSONA: "Size",
    lanes.JOURNEYS: "Journeys",
    lanes.TOUCHPOINTS: "Touchpoints",
    lanes.CHANNELS: "Channels",
    lanes.ACTIONS: "What customers do",
    lanes.THOUGHTS: "What they say",
    lanes.MEASURED: "Feelings, measured",
    lanes.INFERRED: "Friction, inferred",
    lanes.BARRIERS: "Barriers",
    lanes.BARRIER_REACH: "Whom a barrier meets most",
    lanes.OPPORTUNITIES: "Opportunities",
    lanes.IMPACT: "What helps",
}
_LANE_MEANINGS: Final = {
    lanes.TOUCHPOINTS: "where they were: share of the journeys that entered the stage",
    lanes.CHANNELS: "what brought them, share of the journeys",
    lanes.ACTIONS: "most frequent activities, share of the journeys",
    lanes.THOUGHTS: "topics of reviews and tickets, share of negative texts",
    lanes.MEASURED: "scores that customers gave, from \u22121 (worst) to +1 (best)",
    lanes.INFERRED: "from 0 (none) to 100, by signs of trouble; nobody was asked",
    lanes.BARRIERS: "points more that are lost with it, most journeys first",
    lanes.OPPORTUNITIES: "what could be won per month",
    lanes.IMPACT: "points more that move on with it, most journeys first",
}
_MEASURES: Final = {
    "all": "All scores",
    "friction": "Friction",
    "csat": "Satisfaction (CSAT)",
    "nps": "Recommendation (NPS)",
    "rating": "Ratings",
    "text": "Texts",
}
_SIGNALS: Final = {
    "rage_loop": "Same thing over and over",
    "repeated_contact": "Contacted us again",
    "error": "Errors",
    "waiting": "Waiting",
    "refund": "Refunds",
}
_NOTES: Final = {
    "repeated at once": "repeated at once",
    "came back to it": "came back to it",
    "came again by this channel": "came again by this channel",
    "credit for the purchases": "credit for the purchases",
    "friction": "sign of friction",
    "driver": "found by comparing alike journeys",
}


def lane_title(lane: str) -> str:
    """What a lane is called."""
    return said(_LANE_TITLES[lane])


def lane_meaning(lane: str) -> str:
    """What the figures of a lane are, in a few words; nothing where its title says it."""
    return said(_LANE_MEANINGS[lane]) if lane in _LANE_MEANINGS else ""


def persona_title(persona: str, titles: Mapping[str, str] | None = None) -> str:
    """A persona as people call it; `all` is all customers."""
    if persona == lanes.ALL:
        return said("All customers")
    return (titles or {}).get(persona) or titled(persona, ())


def persona_titles(personas: pl.DataFrame | None) -> dict[str, str]:
    """Titles by persona, from `mart.persona` where there is one."""
    if personas is None or not {"persona", "title"} <= set(personas.columns):
        return {}
    return {
        row["persona"]: titled(row["persona"], row.get("title_parts") or [])
        for row in personas.to_dicts()
        if row["title"]
    }


def main_persona(frame: pl.DataFrame) -> str:
    """Whom rows by persona are about as a whole: `all`, or the one that they were narrowed to."""
    names = frame["persona"].drop_nulls().unique().to_list()
    return names[0] if len(names) == 1 else lanes.ALL


def stage_name(stage: str) -> str:
    """A stage, or the whole journey."""
    return said("Whole journey") if stage == lanes.ALL else stage_title(stage)


def item_title(cell: Row, titles: Mapping[str, str] | None = None) -> str:
    """What a cell is about; a cell that may not be named says so."""
    if cell["item"] is None:
        return said("Fewer than {k} customers", k=count(lanes.SMALL_GROUP))
    if cell["unit"] == lanes.QUOTE:
        return said("“{quote}”", quote=cell["item"])
    return _TITLES.get(cell["lane"], _plainly)(cell["item"], titles or {})


def _plainly(item: str, _: Mapping[str, str]) -> str:
    return capital(name(item))


def _journeys(item: str, _: Mapping[str, str]) -> str:
    known = {"entered": "Entered", "lost": "Lost", "journeys": "Journeys"}
    return said(known[item]) if item in known else capital(name(item))


def _measured(item: str, _: Mapping[str, str]) -> str:
    return said(_MEASURES[item]) if item in _MEASURES else capital(name(item))


def _signal(item: str, _: Mapping[str, str]) -> str:
    known = _SIGNALS | _MEASURES
    return said(known[item]) if item in known else capital(name(item))


def _segment(item: str, titles: Mapping[str, str]) -> str:
    segment, _, value = item.partition(": ")
    shown = persona_title(value, titles) if segment == "persona" else value_title(segment, value)
    return f"{segment_title(segment)}: {shown}"


def _reached(item: str, titles: Mapping[str, str]) -> str:
    cause, _, segment = item.partition(" | ")
    return f"{capital(name(cause))} · {_segment(segment, titles)}"


_TITLES: Final[Mapping[str, Callable[[str, Mapping[str, str]], str]]] = {
    lanes.PERSONA: _journeys,
    lanes.JOURNEYS: _journeys,
    lanes.MEASURED: _measured,
    lanes.INFERRED: _signal,
    lanes.BARRIERS: _signal,
    lanes.BARRIER_REACH: _reached,
    lanes.OPPORTUNITIES: _segment,
}


def reached_value(cell: Row, titles: Mapping[str, str] | None = None) -> str:
    """Of a cell of whom a barrier meets most: the value of the segment alone."""
    segment, _, value = cell["item"].partition(" | ")[2].partition(": ")
    return persona_title(value, titles) if segment == "persona" else value_title(segment, value)


def value_text(cell: Row) -> str:
    """The figure of a cell with its unit; `–` where it has none."""
    if cell["value"] is None:
        return MISSING
    if cell["unit"] in (lanes.CUSTOMERS, lanes.AMOUNT):
        return _per_month(cell)
    if cell["lane"] == lanes.INFERRED and cell["unit"] == lanes.SCORE:
        return _unsigned(cell["value"])
    return _WRITTEN[cell["unit"]](cell["value"])


def _unsigned(value: float) -> str:
    """A score from 0 to 1 that has no good side, such as that of friction: of 100."""
    return signed(100 * value).removeprefix("+")


_WRITTEN: Final[Mapping[str, Callable[[float], str]]] = {
    lanes.SHARE: share,
    lanes.COUNT: count,
    lanes.POINTS: lambda value: said("{points} points", points=signed(value)),
    lanes.SCORE: lambda value: signed(value, 2),
}


def _per_month(cell: Row) -> str:
    told = amount(cell["value"], sign=True)
    if cell["unit"] == lanes.CUSTOMERS:
        return said("{n} customers a month", n=told)
    return said("{n} {currency} a month", n=told, currency=cell["note"] or "")


def interval_text(cell: Row) -> str:
    """The 95 % interval of a cell in its unit; `–` where it has none."""
    low, high, unit = cell["low"], cell["high"], cell["unit"]
    if low is None or high is None:
        return MISSING
    if unit == lanes.SHARE:
        return interval(low, high)
    if cell["lane"] == lanes.INFERRED:
        return f"{_unsigned(low)}–{_unsigned(high)}"
    if unit in (lanes.POINTS, lanes.SCORE):
        return signed_interval(low, high, 2 if unit == lanes.SCORE else 1)
    return said("{low} to {high}", low=amount(low), high=amount(high))


def amount(value: float, *, sign: bool = False) -> str:
    """A number per month: one decimal below ten, whole above and for nothing."""
    digits = 1 if 0 < abs(value) < _WHOLE_FROM else 0
    rounded = round(value, digits)
    if digits:
        return signed(rounded) if sign and rounded else signed(rounded).removeprefix("+")
    return f"{'+' if sign and rounded > 0 else ''}{count(rounded)}"


_WHOLE_FROM: Final = 9.95


def sample_text(cell: Row) -> str:
    """What the value rests on: `n = 381 of 1,752`."""
    if cell["n"] is None:
        return said("n not told")
    if cell["base_count"] is None or cell["base_count"] == cell["n"]:
        return said("n = {n}", n=count(cell["n"]))
    return said("n = {n} of {base}", n=count(cell["n"]), base=count(cell["base_count"]))


def note_text(cell: Row) -> str:
    """What a reader must know of the cell; nothing where the figure says it."""
    note = cell["note"]
    if note is None or cell["unit"] in (lanes.AMOUNT, lanes.QUOTE) or cell["lane"] == lanes.BARRIER_REACH:
        return ""
    if note in _NOTES:
        return said(_NOTES[note])
    if note.endswith(_MORE):
        return said("{n} more with fewer journeys", n=count(int(note.removesuffix(_MORE))))
    return "" if cell["is_suppressed"] else readable(note)


_MORE: Final = " more with fewer journeys"


def evidence_text(cell: Row) -> str:
    """How much a cell can be relied on."""
    if cell["is_suppressed"]:
        return said("left out: fewer than {k} customers", k=count(lanes.SMALL_GROUP))
    return said("enough data") if cell["is_shown"] else said("too little data (below {n})", n=count(lanes.SMALL_SAMPLE))


def fresh_text(cell: Row) -> str:
    """The day of the newest data in a cell."""
    return MISSING if cell["fresh_at"] is None else day(cell["fresh_at"])
