"""One persona's journey map as a canvas: stages as columns, lanes as rows, feelings as curves. Frame in, figure out."""

from collections.abc import Iterator, Mapping, Sequence

import plotly.graph_objects as go
import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.journey_map import lanes
from journey_analytics.language import said
from journey_analytics.report.figures import theme
from journey_analytics.report.figures.canvas import CANVAS_WIDTH, note, rectangle
from journey_analytics.report.figures.journey_map_cells import LANE_CELLS, Drawing, Place, Row, hover_of
from journey_analytics.report.figures.journey_map_curve import curve_height, curve_row
from journey_analytics.report.figures.journey_map_texts import BOLD, wrapped
from journey_analytics.report.journey_map_words import lane_meaning, lane_title, reached_value
from journey_analytics.report.wording import count, interval, plain, share, stage_title

LEFT = 150.0
GAP = 10.0
_TIP = 14.0
COLUMN = (CANVAS_WIDTH - LEFT - _TIP) / len(STAGES)
_HEAD = 74.0
_TITLE = 62.0
_PADDING = 12.0
_CURVES = (lanes.MEASURED, lanes.INFERRED)
_ROWS = (
    lanes.TOUCHPOINTS, lanes.CHANNELS, lanes.ACTIONS, lanes.MEASURED, lanes.INFERRED, lanes.THOUGHTS, lanes.BARRIERS,
    lanes.OPPORTUNITIES, lanes.IMPACT,
)  # fmt: skip

Titles = Mapping[str, str]


def journey_map_figure(
    cells: pl.DataFrame, *, titles: Titles | None = None, heading: str | None = None, footing: str | None = None
) -> go.Figure:
    """The map of one persona: every text has its figure, the hover its interval, n and freshness.

    What is too little to rely on is written in grey; curves have a gap there. Nothing of fewer than 5 customers is in
    the cells.

    Args:
        cells: the rows of `mart.journey_map` of one persona.
        titles: titles of personas by their name.
        heading: written above, for a picture that stands alone.
        footing: written below, for the same.
    """
    if cells.is_empty():
        return theme.message(said("No map yet: no journey was found."))
    rows = cells.sort("place").to_dicts()
    drawing = Drawing()
    top = _heading(drawing, heading)
    top = _stages(drawing, rows, top)
    for lane in _ROWS:
        top = _lane(drawing, lane, rows, top, titles or {})
    return _drawn(drawing, _footing(drawing, footing, top))


def _heading(drawing: Drawing, heading: str | None) -> float:
    if heading is None:
        return 0.0
    drawing.texts.append(note(f"<b>{plain(heading)}</b>", 0, 26, size=20, xanchor="left", yanchor="middle"))
    return _TITLE


def _footing(drawing: Drawing, footing: str | None, top: float) -> float:
    if footing is None:
        return top
    lines = wrapped(footing, CANVAS_WIDTH - 90, size=11)
    for number, line in enumerate(lines):
        drawing.text(plain(line), 0, top + 18 + 15 * number, size=11, colour=theme.MUTED)
    return top + 18 + 15 * len(lines)


def _stages(drawing: Drawing, rows: Sequence[Row], top: float) -> float:
    told = {(row["stage"], row["item"]): row for row in rows if row["lane"] == lanes.JOURNEYS}
    for number, stage in enumerate(STAGES):
        left = LEFT + number * COLUMN
        drawing.shapes.append(_chevron(left, top, theme.STAGE_COLOURS[stage], is_first=number == 0))
        ink = theme.PAPER if stage in ("decision", "post_purchase") else theme.INK
        x = left + (_TIP if number == 0 else 2 * _TIP)
        drawing.text(f"<b>{plain(stage_title(stage))}</b>", x, top + 19, size=15, colour=ink)
        entered, lost = told.get((stage, "entered")), told.get((stage, "lost"))
        if entered is None:
            drawing.text(said("fewer than 5 journeys"), x, top + 43, size=12, colour=ink)
            continue
        drawing.text(said("{n} journeys entered", n=count(entered["n"])), x, top + 39, size=12, colour=ink)
        if lost is not None and lost["value"] is not None:
            drawing.text(_lost(lost), x, top + 56, size=12, colour=ink)
            drawing.hover(x + 60, top + 48, hover_of(lost, said("Lost")))
    return top + _HEAD


def _lost(row: Row) -> str:
    text = said("{share} lost ({interval})", share=share(row["value"]), interval=interval(row["low"], row["high"]))
    return f"<b>{text}</b>" if row["is_shown"] else said("{text}, n below 30", text=text)


def _chevron(left: float, top: float, fill: str, *, is_first: bool) -> dict[str, object]:
    right, bottom, middle = left + COLUMN - 6, top + _HEAD - 8, top + (_HEAD - 8) / 2
    notch = "" if is_first else f" L{left + _TIP:.1f},{middle:.1f}"
    path = (
        f"M{left:.1f},{top:.1f} L{right:.1f},{top:.1f} L{right + _TIP:.1f},{middle:.1f} L{right:.1f},{bottom:.1f} "
        f"L{left:.1f},{bottom:.1f}{notch} Z"
    )
    return {"type": "path", "path": path, "fillcolor": fill, "line": {"width": 0}, "layer": "above"}


def _lane(drawing: Drawing, lane: str, rows: Sequence[Row], top: float, titles: Titles) -> float:
    of_lane = [row for row in rows if row["lane"] == lane]
    start = top + _PADDING
    reached = _reached(rows, titles) if lane == lanes.BARRIERS else {}
    if lane in _CURVES:
        height = curve_height(of_lane)
        curve_row(drawing, of_lane, lane, top=start, left=LEFT, column=COLUMN)
    else:
        height = max(
            LANE_CELLS[lane](drawing, here, place, titles, reached) for here, place in _columns(of_lane, start)
        )
    _lane_title(drawing, lane, start)
    bottom = start + max(height, 66.0) + _PADDING
    drawing.shapes.append(rectangle(0, bottom, CANVAS_WIDTH, 0, fill=theme.LINE, line=theme.LINE))
    return bottom


def _columns(rows: Sequence[Row], top: float) -> Iterator[tuple[list[Row], Place]]:
    """The cells of each stage, and where they stand."""
    for number, stage in enumerate(STAGES):
        here = [row for row in rows if row["stage"] == stage]
        yield here, Place(LEFT + number * COLUMN + GAP / 2, top, COLUMN - 2 * GAP)


def _lane_title(drawing: Drawing, lane: str, top: float) -> None:
    titles = wrapped(lane_title(lane), LEFT - 12, size=BOLD + 1)
    for number, line in enumerate(titles):
        drawing.text(f"<b>{plain(line)}</b>", 0, top + 7 + 16 * number, size=13)
    begin = top + 9 + 16 * len(titles)
    for number, line in enumerate(wrapped(lane_meaning(lane), LEFT - 16, size=11)):
        drawing.text(plain(line), 0, begin + 14 * number, size=11, colour=theme.MUTED)


def _reached(rows: Sequence[Row], titles: Titles) -> dict[tuple[str, str], str]:
    """Of each stage and barrier, whom it meets most, in one line."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if row["lane"] == lanes.BARRIER_REACH:
            told = said("{who} {share}", who=reached_value(row, titles), share=share(row["value"]))
            found.setdefault((row["stage"], row["note"]), []).append(told)
    return {key: said("met most by: {who}", who=", ".join(parts)) for key, parts in found.items()}


def _drawn(drawing: Drawing, height: float) -> go.Figure:
    hidden = {"visible": False, "fixedrange": True, "automargin": False}
    return theme.unchecked(
        drawing.traces(),
        height=round(height + 4),
        width=CANVAS_WIDTH,
        shapes=drawing.shapes,
        annotations=drawing.texts,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        xaxis=hidden | {"range": [0, CANVAS_WIDTH]},
        yaxis=hidden | {"range": [round(height + 4), 0]},
        hovermode="closest",
        hoverdistance=24,
        showlegend=False,
    )
