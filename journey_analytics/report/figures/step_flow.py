"""The step flow: journeys step by step from where they are anchored, loops unrolled. Heights are journeys.

Our own drawing of a Sankey, as `stage_flow` is: at every step in = out, names never cover each other.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import plotly.graph_objects as go
import polars as pl

from journey_analytics.contract import START
from journey_analytics.language import said
from journey_analytics.paths.step_links import ENDS, MORE, OTHER, STEP_WORDS, folded, shortened
from journey_analytics.report.figures import theme
from journey_analytics.report.figures.canvas import canvas, note
from journey_analytics.report.figures.ribbons import band, ribbon
from journey_analytics.report.figures.step_layout import BAR, Link, Plan, Spot, plan_of
from journey_analytics.report.wording import count, name, plain, several, share, stage_title
from journey_analytics.report.wording import shortened as cut

_CONVERTED, _DROPPED, _OPEN = ENDS
_END_COLOURS: Final = {
    _CONVERTED: theme.STAGE_COLOURS["post_purchase"],
    _DROPPED: theme.LOST,
    _OPEN: theme.OPEN,
}
_BEHIND_TEXT: Final = "rgba(255,255,255,0.82)"
_BEGUN: Final = "begin here"
_LETTER: Final = 6.3
_DIGIT: Final = 7.7
_COMMA: Final = 4.2
_MARGIN: Final = 9.0
"""Pixels of a letter, a bold digit and a comma at the size of the names, and what stays free between two of them."""


def step_flow_figure(
    links: pl.DataFrame,
    *,
    level: str,
    anchor: str,
    steps: int = 5,
    top: int = 6,
    stages: Mapping[str, str] | None = None,
) -> go.Figure:
    """Journeys step by step from an anchor; what is folded is drawn as other or further steps, so nothing is lost.

    Args:
        links: the columns of `mart.step_flow` of one level and anchor, or what `paths.step_flow` counted.
        level: stage or activity.
        anchor: start, end, purchase, or the pattern in words; it names the column of number 0.
        steps: so many each side of the anchor; at most those of `links`.
        top: so many steps with names at each number.
        stages: the stage of every activity, for the colours.
    """
    shown = folded(shortened(links, steps), top)
    in_main = {"start": (START,), "end": ENDS}.get(anchor, ())
    plan = plan_of(shown, in_main=in_main)
    if plan is None:
        return theme.message(said("No journey has such steps yet."))
    colours = _Colours(level, stages or {})
    traces = [*(_ribbon(plan, link, colours) for link in plan.links), *_bars(plan, colours)]
    notes = [*_headers(plan, anchor), *_names(plan, level), *_band_notes(plan)]
    return canvas(traces, shapes=[], notes=notes, height=plan.height)


class _Colours:
    """The colour of a step: that of its stage."""

    def __init__(self, level: str, stages: Mapping[str, str]) -> None:
        self._stages = None if level == "stage" else stages

    def of(self, node: str) -> str:
        stage = node if self._stages is None else self._stages.get(node, "unknown")
        return theme.STAGE_COLOURS.get(stage, theme.STAGE_COLOURS["unknown"])

    def of_link(self, link: Link) -> tuple[str, float]:
        if link.is_exit:
            return _END_COLOURS[link.next_node], 0.8 if link.next_node == _DROPPED else 0.6
        return (theme.OPEN, 0.55) if link.is_entry else (self.of(link.node), 0.6)


def _ribbon(plan: Plan, link: Link, colours: _Colours) -> dict[str, Any]:
    colour, opacity = colours.of_link(link)
    start, end = plan.ribbons[link]
    return ribbon(
        [start, end],
        link.journeys * plan.scale,
        colour=colour,
        opacity=opacity,
        text=_link_words(plan, link),
        meta={
            "step_number": link.number, "node": link.node, "next_node": link.next_node,
            "journey_count": link.journeys,
        },
    )  # fmt: skip


def node_words(node: str) -> str:
    """A step, a beginning or an end as people call it; from data, so `plain` comes before Plotly."""
    return said(STEP_WORDS[node]) if node in STEP_WORDS else name(node)


def _link_words(plan: Plan, link: Link) -> str:
    at = plan.steps.get((link.number, link.node))
    of = said(", {journeys} of those at the first", journeys=share(link.journeys / at.journeys)) if at else ""
    bought, lost, still_open = link.by_status
    return "<br>".join(
        (
            f"<b>{plain(node_words(link.node))} → {plain(node_words(link.next_node))}</b>",
            f"{several(link.journeys, 'journey')}{of}",
            said(
                "in the end {bought} purchased, {lost} lost, {still_open} still open",
                bought=count(bought),
                lost=count(lost),
                still_open=count(still_open),
            ),
        )
    )


def _bars(plan: Plan, colours: _Colours) -> Iterator[dict[str, Any]]:
    for spot in plan.steps.values():
        yield _bar(spot, theme.INK if spot.node not in ENDS else _END_COLOURS[spot.node], _step_words(plan, spot))
    for spot in plan.exits.values():
        yield _bar(spot, _END_COLOURS[spot.node], f"{several(spot.journeys, 'journey')} {node_words(spot.node)}")
    for spot in plan.entries.values():
        yield _bar(
            spot, theme.FAINT, said("{begin} here", begin=several(spot.journeys, "journey begins", "journeys begin"))
        )


def _bar(spot: Spot, colour: str, text: str) -> dict[str, Any]:
    return band(
        [(spot.left, spot.top), (round(spot.left + spot.width, 1), spot.top)],
        spot.height,
        fill=colour,
        text=text,
        meta={"bar": spot.node, "step_number": spot.number, "journey_count": spot.journeys},
    )


def _step_words(plan: Plan, spot: Spot) -> str:
    out = [link for link in plan.links if (link.number, link.node) == (spot.number, spot.node)]
    ended = {end: sum(link.journeys for link in out if link.next_node == end) for end in ENDS}
    told = ", ".join(f"{count(n)} {node_words(end)}" for end, n in ended.items() if n)
    after = "<br>".join(("", said("right after it: {told}", told=told))) if told else ""
    return f"<b>{plain(node_words(spot.node))}</b><br>{several(spot.journeys, 'journey')}{after}"


def _headers(plan: Plan, anchor: str) -> Iterator[dict[str, Any]]:
    """What each column is, counted from the anchor."""
    for number, left in sorted({(spot.number, spot.left) for spot in plan.steps.values()}):
        nodes = {spot.node for spot in plan.steps.values() if spot.number == number}
        text = _header(number, nodes, anchor)
        yield note(text, left, 12, size=11, colour=theme.MUTED, xanchor="left", align="left")


def _header(number: int, nodes: set[str], anchor: str) -> str:
    if number == 0:
        return {"start": "", "end": said("then")}.get(anchor, f"<b>{plain(anchor)}</b>")
    if nodes == {MORE}:
        return said("later") if number > 0 else said("earlier")
    if anchor == "start":
        return said("step {n}", n=number)
    if number < 0:
        return said("last step") if anchor == "end" and number == -1 else said("{n} before", n=-number)
    return said("{n} after", n=number)


def _names(plan: Plan, level: str) -> Iterator[dict[str, Any]]:
    """The name and the journeys of every step, above its bar: in one line, or in two where columns are near."""
    for spot in plan.steps.values():
        number = count(spot.journeys)
        words = stage_title(spot.node) if level == "stage" and spot.node not in STEP_WORDS else node_words(spot.node)
        room = plan.pitch - _MARGIN - (_width(number) if plan.name_lines == 1 else 0)
        label = plain(cut(words, max(4, int(room / _LETTER))))
        between = " " if plan.name_lines == 1 else "<br>"
        yield note(
            f"{label}{between}<b>{number}</b>", spot.left, spot.top - 2, size=11,
            colour=theme.MUTED if spot.node in (OTHER, MORE, START) else theme.INK,
            xanchor="left", yanchor="bottom", align="left", bgcolor=_BEHIND_TEXT,
        )  # fmt: skip


def _width(number: str) -> float:
    """Pixels of a space and a bold number; a comma is narrow."""
    return sum(_DIGIT if letter.isdigit() else _COMMA for letter in f",{number}")


def _band_notes(plan: Plan) -> Iterator[dict[str, Any]]:
    """What each row of the bands is, at its left, and the journeys beside every bar of it."""
    for node, y in plan.rows.items():
        text = f"<b>{said(_BEGUN) if node == START else node_words(node)}</b>"
        yield note(text, 2, y, size=11, colour=_text_colour(node), xanchor="left", align="left")
    for spot in plan.exits.values():
        number = count(spot.journeys)
        words = f"<b>{number}</b><br>{node_words(spot.node)}" if spot.is_beside else number
        y = spot.top + (2 if spot.is_beside else -3)
        yield note(
            words, spot.left + BAR, y, size=11, colour=_text_colour(spot.node), xanchor="left", yanchor="top",
            align="left",
        )  # fmt: skip
    for spot in plan.entries.values():
        yield note(
            count(spot.journeys), spot.left - 4, spot.top - 3, size=11, colour=theme.MUTED, xanchor="right",
            yanchor="top", align="right",
        )  # fmt: skip


def _text_colour(node: str) -> str:
    return {_CONVERTED: _END_COLOURS[_CONVERTED], _DROPPED: theme.LOST}.get(node, theme.MUTED)
