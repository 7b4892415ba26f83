"""The prefix trees of lost journeys and of purchases, one above the other: what they began with, and where each ended.

Heights are journeys. A block spans the blocks of its next steps, and what ends there stands right behind it, so every
height adds up: a block = its next steps + rarer paths, folded + what ends after it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import plotly.graph_objects as go
import polars as pl

from journey_analytics.language import said
from journey_analytics.paths.branches import Branch, branches
from journey_analytics.report.figures import theme
from journey_analytics.report.figures.canvas import CANVAS_WIDTH, canvas, note, rectangle
from journey_analytics.report.wording import (
    count,
    duration,
    interval,
    name,
    plain,
    several,
    share,
    shortened,
    stage_title,
)

DEEPEST: Final = 7
_PANEL: Final = {"stage": 260.0, "activity": 620.0}
"""The height of all journeys of one outcome, in pixels."""

_LEAST: Final = 15.0
_TWO_LINES: Final = 34.0
_THREE_LINES: Final = 50.0
_ENDS: Final = 150.0
_HEAD: Final = 56.0
_GAP: Final = 34.0
_KEY: Final = 30.0
_STRIP: Final = 9.0
_INSET: Final = 7.0
_LETTER: Final = 7.3
_WIDEST: Final = 320.0
_MIN_TEXT: Final = 11.0
_DARK: Final = frozenset({"decision", "post_purchase"})
_FOLDED: Final = "#e9edf1"
_STAGE_KEY: Final = ("awareness", "consideration", "decision", "post_purchase", "unknown")

_TITLES: Final = {
    "dropped": ("Paths to drop-off", "lost journey", "lost"),
    "purchase": ("Paths to purchase", "journey with a purchase, up to the first one", "bought"),
}
_PLURALS: Final = {"dropped": "lost journeys", "purchase": "journeys with a purchase, up to the first one"}
_END_COLOURS: Final = {"dropped": theme.LOST, "purchase": theme.INK}


@dataclass(frozen=True)
class Panel:
    """One outcome: its tree, where it begins from the top, pixels per journey and per step."""

    outcome: str
    tree: Branch
    top: float
    scale: float
    width: float


@dataclass(frozen=True)
class Block:
    """One rectangle: a branch, or what of it ends (`end`) or is folded (`folded`) behind it."""

    branch: Branch
    kind: str
    column: int
    journeys: int
    y: float
    height: float


def path_tree_figure(tree: pl.DataFrame, *, level: str, stages: Mapping[str, str]) -> go.Figure:
    """Paths to drop-off above paths to purchase, each as high as all of its journeys; steps go from left to right.

    Args:
        tree: rows of `mart.path_tree`.
        level: stage or activity.
        stages: the stage of every activity, for the colours; what is not in it is of no stage.
    """
    height = _PANEL[level]
    found = {outcome: _tree(tree, level, outcome, height) for outcome in _TITLES}
    shown = {outcome: branch for outcome, branch in found.items() if branch is not None}
    if not shown:
        return theme.message(said("No journey has ended yet."))
    width = min(_WIDEST, (CANVAS_WIDTH - _ENDS) / max(1, *(_steps(branch) for branch in shown.values())))
    top = _KEY if level == "activity" else 0.0
    panels = []
    for outcome, branch in shown.items():
        panels.append(Panel(outcome, branch, top + _HEAD, height / branch.journeys, width))
        top += _HEAD + height + _GAP
    colours = dict(stages) | {stage: stage for stage in _STAGE_KEY[:4]}
    return _drawn(panels, colours, top - _GAP + 8, has_key=level == "activity")


def _tree(tree: pl.DataFrame, level: str, outcome: str, height: float) -> Branch | None:
    """So much of the tree that every block has room for its name."""
    whole = branches(tree, level=level, outcome=outcome, deepest=0)
    if whole is None:
        return None
    return branches(tree, level=level, outcome=outcome, fewest=_LEAST / height * whole.journeys, deepest=DEEPEST)


def _steps(branch: Branch) -> int:
    return max([branch.depth, *(_steps(child) for child in branch.children)])


def _drawn(panels: Sequence[Panel], stages: Mapping[str, str], height: float, *, has_key: bool) -> go.Figure:
    traces, notes, shapes = [], [], []
    for panel in panels:
        notes += _headings(panel)
        for block in _blocks(panel, panel.tree, panel.top):
            traces.append(_area(panel, block, stages))
            notes += _label(panel, block, stages)
    for shape, text in _key() if has_key else ():
        shapes.append(shape)
        notes.append(text)
    return canvas(traces, shapes=shapes, notes=notes, height=height)


def _blocks(panel: Panel, branch: Branch, top: float) -> Iterator[Block]:
    """What comes behind a branch: its next steps, each with what is behind it, then the folded ones, then its ends."""
    y = top
    for child in branch.children:
        high = child.journeys * panel.scale
        yield Block(child, "step", child.depth, child.journeys, y, high)
        yield from _blocks(panel, child, y)
        y += high
    for kind, journeys in (("folded", branch.folded), ("end", branch.arrived)):
        if journeys:
            yield Block(branch, kind, branch.depth + 1, journeys, y, journeys * panel.scale)
            y += journeys * panel.scale


def _area(panel: Panel, block: Block, stages: Mapping[str, str]) -> go.Scatter:
    left = 1 + (block.column - 1) * panel.width
    right = left + (panel.width if block.kind == "step" else _STRIP)
    low, high = round(block.y, 1), round(block.y + block.height, 1)
    colour = {"folded": _FOLDED, "end": _END_COLOURS[panel.outcome]}.get(block.kind) or _fill(block, stages)
    return go.Scatter(
        x=[round(x, 1) for x in (left, right, right, left, left)],
        y=[low, low, high, high, low],
        mode="lines",
        line={"width": 1, "color": theme.PAPER},
        fill="toself",
        fillcolor=colour,
        hoveron="fills",
        hoverinfo="text",
        text=_hover(panel, block),
        meta={
            "outcome": panel.outcome, "kind": block.kind, "node_id": block.branch.row["node_id"],
            "journey_count": block.journeys,
        },
    )  # fmt: skip


def _stage(block: Block, stages: Mapping[str, str]) -> str:
    return stages.get(block.branch.row["step"], "unknown")


def _fill(block: Block, stages: Mapping[str, str]) -> str:
    return theme.STAGE_COLOURS.get(_stage(block, stages), theme.STAGE_COLOURS["unknown"])


def _headings(panel: Panel) -> Iterator[dict[str, Any]]:
    title, one, _ = _TITLES[panel.outcome]
    total = several(panel.tree.journeys, one, _PLURALS[panel.outcome])
    text = f"<b>{said(title)}</b> · {total}"
    yield note(text, 1, panel.top - 38, size=15, xanchor="left", align="left")
    for column in range(1, _steps(panel.tree) + 1):
        yield note(
            _ordinal(column), 1 + (column - 1) * panel.width + _INSET, panel.top - 11, size=11,
            colour=theme.MUTED, xanchor="left",
        )  # fmt: skip


def _ordinal(number: int) -> str:
    words = {1: "{n}st step", 2: "{n}nd step", 3: "{n}rd step"}
    return said(words.get(number, "{n}th step"), n=number)


def _label(panel: Panel, block: Block, stages: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Name and journeys inside a block; beside the strip of what ends or is folded. Nothing where there is no room."""
    if block.height < _MIN_TEXT:
        return
    left = 1 + (block.column - 1) * panel.width
    middle = block.y + block.height / 2
    if block.kind == "step":
        colour = theme.PAPER if _stage(block, stages) in _DARK else theme.INK
        yield note(
            _name_and_number(panel, block), left + _INSET, middle, size=11, colour=colour, xanchor="left", align="left"
        )
    else:
        colour = theme.MUTED if block.kind == "folded" else _END_COLOURS[panel.outcome]
        text = f"{count(block.journeys)} {_end_word(panel, block)}"
        yield note(text, left + _STRIP + 5, middle, size=11, colour=colour, xanchor="left", align="left")


def _end_word(panel: Panel, block: Block) -> str:
    if block.kind == "folded":
        return said("on rarer paths")
    word = said(_TITLES[panel.outcome][2])
    if block.branch.depth == 0:
        return said("{word}, no stage", word=word)
    return said("{word} here", word=word)


def _name_and_number(panel: Panel, block: Block) -> str:
    number = count(block.journeys)
    room = int((panel.width - 2 * _INSET) / _LETTER)
    words = _step_words(block.branch.row["step"])
    if block.height >= _TWO_LINES:
        lines = [f"<b>{plain(shortened(words, room))}</b>", f"{number} · {share(block.journeys / panel.tree.journeys)}"]
        bought = block.branch.row["conversion_share"]
        if block.height >= _THREE_LINES and block.branch.row["is_ranked"]:
            whole = said("of all that begin so, {bought} buy", bought=share(bought))
            lines.append(whole if len(whole) <= room else said("{bought} buy", bought=share(bought)))
        return "<br>".join(lines)
    return f"<b>{plain(shortened(words, max(4, room - len(number) - 1)))}</b> {number}"


def _step_words(step: str) -> str:
    return stage_title(step) if step in _STAGE_KEY else name(step)


def _hover(panel: Panel, block: Block) -> str:
    row = block.branch.row
    path = " › ".join(plain(_step_words(step)) for step in row["path"]) or said("all journeys")
    what = {
        "step": said("{journeys} on the way to it pass here", journeys=several(block.journeys, "journey")),
        "folded": said(
            "{journeys} go on along other paths, too rare to draw", journeys=several(block.journeys, "journey")
        ),
        "end": said(
            "{journeys} {word} here", journeys=several(block.journeys, "journey"), word=said(_TITLES[panel.outcome][2])
        ),
    }[block.kind]
    took = (
        ""
        if row["median_seconds"] is None
        else "<br>".join(
            ("", said("half reach it within {median_seconds}", median_seconds=plain(duration(row["median_seconds"]))))
        )
    )
    return "<br>".join(
        (
            f"<b>{said(_TITLES[panel.outcome][0])}</b>",
            f"{path}",
            said(
                "{what}, {journeys} of {journeys_2}",
                what=what,
                journeys=share(block.journeys / panel.tree.journeys),
                journeys_2=count(panel.tree.journeys),
            ),
            said(
                "All {journey_count} journeys that begin so: {converted_count} purchased, {dropped_count} lost, "
                "{open_count} still open{conversion}{took}",
                journey_count=count(row["journey_count"]),
                converted_count=count(row["converted_count"]),
                dropped_count=count(row["dropped_count"]),
                open_count=count(row["open_count"]),
                conversion=_conversion(row),
                took=took,
            ),
        )
    )


def _conversion(row: Mapping[str, Any]) -> str:
    if row["conversion_share"] is None:
        return ""
    between = interval(row["conversion_low_share"], row["conversion_high_share"])
    settled = count(row["settled_count"])
    return "<br>".join(
        (
            "",
            said(
                "{conversion_share} of {settled} settled ones purchased (95 % interval {between})",
                conversion_share=share(row["conversion_share"]),
                settled=settled,
                between=between,
            ),
        )
    )


def _key() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """What the colours of activities stand for."""
    left = 1.0
    for stage in _STAGE_KEY:
        title = stage_title(stage)
        box = rectangle(left, 7, 12, 12, fill=theme.STAGE_COLOURS[stage])
        yield box, note(title, left + 18, 13, size=11, colour=theme.MUTED, xanchor="left")
        left += 40 + len(title) * 7
