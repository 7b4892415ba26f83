"""The stage flow: how many journeys came into each stage, went on, were lost, or are still open. Heights are journeys.

Our own drawing of a Sankey: the ends lie in a band of their own below the stages, so no flow or text covers another.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.language import said
from journey_analytics.report.figures import theme
from journey_analytics.report.figures.canvas import CANVAS_WIDTH, canvas, note, rectangle
from journey_analytics.report.figures.ribbons import ribbon
from journey_analytics.report.wording import count, several, stage_title

ENTRIES = ("start", "resumed", "from_elsewhere")
EXITS = ("next_purchase", "merged", "to_elsewhere", "dropped", "open")
STATE_WORDS = {
    "start": "begin here",
    "resumed": "come back to it",
    "from_elsewhere": "come from outside",
    "to_elsewhere": "go on outside",
    "next_purchase": "buy again",
    "merged": "join another entry",
    "dropped": "lost",
    "open": "still open",
}

_TOP = 58.0
_TALLEST = 250.0
_BAR = 16.0
_LEFT = 112.0
_RIGHT = 192.0
_STUB = 40.0
_BAND_GAP = 40.0
_END_GAP = 22.0
_READABLE = 9.0
_COLOURS = {"dropped": theme.LOST, "open": theme.OPEN}


@dataclass(frozen=True)
class Flow:
    """One link of `mart.stage_flow`."""

    source: str
    target: str
    journeys: int


@dataclass(frozen=True)
class Plan:
    """Where everything lies: pixels per journey, left and top of the bars by stage, and the top of the ends."""

    stages: tuple[str, ...]
    flows: tuple[Flow, ...]
    scale: float
    lefts: Mapping[str, float]
    tops: Mapping[str, float]
    band: float

    def entered(self, stage: str) -> int:
        """Journeys that came into a stage: the sum of its links in."""
        return sum(flow.journeys for flow in self.flows if flow.target == stage)


def stage_flow_figure(flows: pl.DataFrame) -> go.Figure:
    """Links between stages, from entries and to ends, in journeys; in = out at every stage."""
    plan = _plan(flows)
    if not plan.stages:
        return theme.message(said("No journey has entered a stage yet."))
    traces, notes = [], [*_stage_notes(plan)]
    for stage in plan.stages:
        traces += _outgoing(plan, stage)
        traces += _entries(plan, stage)
        notes += [*_entry_notes(plan, stage), *_exit_notes(plan, stage)]
    shapes = [*_bars(plan), *_end_bars(plan)]
    return canvas(traces, shapes=shapes, notes=notes, height=_bottom(plan) + 24)


def _plan(frame: pl.DataFrame) -> Plan:
    rows = frame.filter(pl.col("journey_count") > 0).sort("from_stage", "to_state").iter_rows(named=True)
    flows = tuple(Flow(row["from_stage"], row["to_state"], int(row["journey_count"])) for row in rows)
    stages = tuple(stage for stage in STAGES if any(flow.target == stage for flow in flows))
    if not stages:
        return Plan((), flows, 0.0, {}, {}, 0.0)
    pitch = (CANVAS_WIDTH - _LEFT - _RIGHT - _BAR) / max(1, len(STAGES) - 1)
    lefts = {stage: _LEFT + pitch * place for place, stage in enumerate(stages)}
    loads = [_skipped(flows, stages, stage) + _total(flows, stage) for stage in stages]
    scale = _TALLEST / max(loads)
    tops = {stage: _TOP + _skip_room(flows, stages, stage, scale) for stage in stages}
    lowest = max(tops[stage] + _total(flows, stage) * scale for stage in stages)
    return Plan(stages, flows, scale, lefts, tops, lowest + _BAND_GAP)


def _total(flows: Sequence[Flow], stage: str) -> int:
    return sum(flow.journeys for flow in flows if flow.target == stage)


def _skipped(flows: Sequence[Flow], stages: Sequence[str], stage: str) -> int:
    """Journeys that pass over a stage on their way to a later one."""
    return sum(flow.journeys for flow in flows if _passes(flow, stages, stage))


def _passes(flow: Flow, stages: Sequence[str], stage: str) -> bool:
    if flow.source not in stages or flow.target not in stages:
        return False
    return stages.index(flow.source) < stages.index(stage) < stages.index(flow.target)


def _skip_room(flows: Sequence[Flow], stages: Sequence[str], stage: str, scale: float) -> float:
    """Height kept free above a bar for the flows that pass it, and for its title between them and the bar."""
    skipped = _skipped(flows, stages, stage) * scale
    return skipped + 50 if skipped else 0.0


def _out_order(plan: Plan, stage: str) -> list[Flow]:
    """Links out of a stage from top to bottom: furthest stage first, then ends."""
    rank = {target: place for place, target in enumerate([*reversed(plan.stages), *EXITS])}
    return sorted((flow for flow in plan.flows if flow.source == stage), key=lambda flow: rank.get(flow.target, 99))


def _in_order(plan: Plan, stage: str) -> list[Flow]:
    """Links into a stage from top to bottom: the nearest stage last, then entries."""
    rank = {source: place for place, source in enumerate([*plan.stages, *ENTRIES])}
    return sorted((flow for flow in plan.flows if flow.target == stage), key=lambda flow: rank.get(flow.source, 99))


def _offsets(plan: Plan, flows: Sequence[Flow], top: float) -> dict[Flow, float]:
    """The top of every link where it touches a bar."""
    tops: dict[Flow, float] = {}
    for flow in flows:
        tops[flow] = top
        top += flow.journeys * plan.scale
    return tops


def _outgoing(plan: Plan, stage: str) -> Iterator[dict[str, Any]]:
    """All ribbons that leave a stage."""
    for flow, top in _offsets(plan, _out_order(plan, stage), plan.tops[stage]).items():
        start = (plan.lefts[stage] + _BAR, top)
        if flow.target in plan.stages:
            yield _ribbon(plan, flow, [start, *_lanes(plan, flow), _arrival(plan, flow)], theme.STAGE_COLOURS[stage])
        else:
            yield _ribbon(
                plan, flow, [start, _end_at(plan, flow, top)], _COLOURS.get(flow.target, theme.STAGE_COLOURS[stage])
            )


def _arrival(plan: Plan, flow: Flow) -> tuple[float, float]:
    return plan.lefts[flow.target], _offsets(plan, _in_order(plan, flow.target), plan.tops[flow.target])[flow]


def _lanes(plan: Plan, flow: Flow) -> list[tuple[float, float]]:
    """Both ends of the lane above each stage that a link passes; lanes of several links lie below each other."""
    points = []
    for stage in plan.stages:
        if _passes(flow, plan.stages, stage):
            passing = [other for other in plan.flows if _passes(other, plan.stages, stage)]
            top = _offsets(plan, sorted(passing, key=lambda other: -plan.stages.index(other.target)), _TOP - 40)[flow]
            points += [(plan.lefts[stage] - 20, top), (plan.lefts[stage] + _BAR + 20, top)]
    return points


def _end_at(plan: Plan, flow: Flow, top: float) -> tuple[float, float]:
    """Where a link that ends is drawn to: right beside the bar, or in the band below."""
    if flow.target in ("dropped", "open"):
        return _end_left(plan, flow.source), _end_top(plan, flow)
    return plan.lefts[flow.source] + _BAR + _STUB * (1.6 if flow.target == "next_purchase" else 0.6), top


def _end_left(plan: Plan, stage: str) -> float:
    return plan.lefts[stage] + _BAR + 92


def _end_top(plan: Plan, flow: Flow) -> float:
    lost = next((one for one in plan.flows if one.source == flow.source and one.target == "dropped"), None)
    if flow.target == "dropped" or lost is None:
        return plan.band
    return plan.band + max(lost.journeys * plan.scale, 14) + _END_GAP


def _entries(plan: Plan, stage: str) -> Iterator[dict[str, Any]]:
    """Short ribbons of journeys that begin in a stage or come back to it."""
    for flow, top in _offsets(plan, _in_order(plan, stage), plan.tops[stage]).items():
        if flow.source in ENTRIES:
            yield _ribbon(plan, flow, [(plan.lefts[stage] - _STUB, top), (plan.lefts[stage], top)], theme.OPEN)


def _ribbon(plan: Plan, flow: Flow, stops: Sequence[tuple[float, float]], colour: str) -> dict[str, Any]:
    words = {stage: stage_title(stage) for stage in STAGES} | {state: said(text) for state, text in STATE_WORDS.items()}
    return ribbon(
        stops,
        flow.journeys * plan.scale,
        colour=colour,
        opacity=0.85 if flow.target == "dropped" else 0.62,
        text=f"<b>{words.get(flow.source, flow.source)} → "
        f"{words.get(flow.target, flow.target)}</b><br>{several(flow.journeys, 'journey')}",
        meta={"from_stage": flow.source, "to_state": flow.target, "journey_count": flow.journeys},
    )


def _bars(plan: Plan) -> Iterator[dict[str, Any]]:
    for stage in plan.stages:
        height = max(1.0, plan.entered(stage) * plan.scale)
        yield rectangle(plan.lefts[stage], plan.tops[stage], _BAR, height, fill=theme.INK)


def _end_flows(plan: Plan) -> list[Flow]:
    return [flow for flow in plan.flows if flow.target in ("dropped", "open") and flow.source in plan.stages]


def _end_bars(plan: Plan) -> Iterator[dict[str, Any]]:
    for flow in _end_flows(plan):
        height = max(1.0, flow.journeys * plan.scale)
        yield rectangle(_end_left(plan, flow.source), _end_top(plan, flow), 6, height, fill=_COLOURS[flow.target])


def _bottom(plan: Plan) -> float:
    return max(
        (_end_top(plan, flow) + max(28.0, flow.journeys * plan.scale) for flow in _end_flows(plan)), default=plan.band
    )


def _stage_notes(plan: Plan) -> Iterator[dict[str, Any]]:
    for stage in plan.stages:
        text = "<br>".join((f"<b>{stage_title(stage)}</b>", said("{stage} entered", stage=count(plan.entered(stage)))))
        yield note(text, plan.lefts[stage] + _BAR / 2, plan.tops[stage] - 22, size=13, bgcolor="rgba(255,255,255,0.85)")


def _entry_notes(plan: Plan, stage: str) -> Iterator[dict[str, Any]]:
    """Counts of entries left of their ribbons, pushed apart where those are thin."""
    lowest = None
    for flow, top in _offsets(plan, _in_order(plan, stage), plan.tops[stage]).items():
        if flow.source in ENTRIES:
            y = max(top + flow.journeys * plan.scale / 2, top + 28 if lowest is None else lowest + 30)
            lowest = y
            text = f"{count(flow.journeys)}<br><span style='font-size:10px'>{said(STATE_WORDS[flow.source])}</span>"
            yield note(
                text, plan.lefts[stage] - _STUB - 5, y, size=11, colour=theme.MUTED, xanchor="right", align="right"
            )


def _exit_notes(plan: Plan, stage: str) -> Iterator[dict[str, Any]]:
    """Counts of ends, and of the links to other stages on the ribbons that are thick enough to carry them."""
    for flow, top in _offsets(plan, _out_order(plan, stage), plan.tops[stage]).items():
        middle = top + flow.journeys * plan.scale / 2
        if flow.target in ("dropped", "open"):
            y = _end_top(plan, flow) + max(10.0, flow.journeys * plan.scale / 2)
            colour = theme.LOST if flow.target == "dropped" else theme.MUTED
            text = f"<b>{count(flow.journeys)}</b><br>{said(STATE_WORDS[flow.target])}"
            yield note(text, _end_left(plan, stage) + 12, y, size=12, colour=colour, xanchor="left", align="left")
        elif flow.target == "next_purchase":
            x = plan.lefts[stage] + _BAR + _STUB * 1.6 + 5
            yield note(
                "<br>".join((f"<b>{count(flow.journeys)}</b>", said("buy again"))),
                x,
                middle,
                size=12,
                xanchor="left",
                align="left",
            )
        elif flow.target == "to_elsewhere" and flow.journeys * plan.scale >= _READABLE:
            text = f"{count(flow.journeys)}<br><span style='font-size:10px'>{said(STATE_WORDS[flow.target])}</span>"
            x = plan.lefts[stage] + _BAR + _STUB * 0.6 + 5
            yield note(text, x, middle, size=11, colour=theme.MUTED, xanchor="left", align="left")
        elif flow.target in plan.stages and flow.journeys * plan.scale >= _READABLE:
            yield note(count(flow.journeys), plan.lefts[stage] + _BAR + 8, middle, size=11, xanchor="left")
