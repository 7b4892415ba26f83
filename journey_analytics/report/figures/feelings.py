"""The emotion curve: what customers said and the friction they met, one above the other, never on one axis."""

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

import plotly.graph_objects as go
import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.language import number, said
from journey_analytics.report.figures import theme
from journey_analytics.report.figures.dropoff import whiskers
from journey_analytics.report.wording import MISSING, count, day, signed, stage_title

_Row = dict[str, Any]
_HEIGHT = 420
_UPPER, _LOWER = [0.55, 0.91], [0.0, 0.36]
_KINDS = (("measured", "all", "y"), ("inferred", "friction", "y2"))
_LEAST_TOP = 0.1
"""The axis of friction reaches at least so far, so that next to nothing looks like it."""
_TOP_ROOM = 1.25
_FLOOR = 0.08
"""Below zero, as a part of the axis: a mark at zero is whole."""
_HEADING_WIDTH = 44
SMALLEST_GROUP = 5
"""Of fewer customers nothing is told (mart.feeling)."""


def feelings_figure(feelings: pl.DataFrame) -> go.Figure:
    """Measured feeling (−1 to +1) above, inferred friction (0 to 100) below, per stage with 95 % intervals.

    Args:
        feelings: rows of `mart.feeling` of one persona; drawn are the stages that may be shown (n ≥ 30). Elsewhere the
            line has a gap, and its place says n. Of what is measured it is the measure `all`.
    """
    rows = {(row["kind"], row["measure"], row["stage"]): row for row in feelings.to_dicts()}
    if not any(row["is_shown"] for row in rows.values()):
        return theme.message(said("Too few scores and journeys to draw a curve."))
    found = {kind: [rows.get((kind, measure, stage)) for stage in STAGES] for kind, measure, _ in _KINDS}
    return theme.figure(
        _curve(found["measured"], axis="y", colour=theme.ADVANCED, dash="solid", symbol="circle"),
        _curve(found["inferred"], axis="y2", colour=theme.MUTED, dash="dot", symbol="diamond"),
        height=_HEIGHT,
        showlegend=False,
        annotations=[*_headings(), *_labels(found["measured"], "y"), *_labels(found["inferred"], "y2")],
        shapes=[_zero_line()],
        xaxis=_stage_axis(),
        yaxis=_measured_axis(),
        yaxis2=_friction_axis([row for row in found["inferred"] if _is_drawn(row)]),
        margin={"l": 8, "r": 20, "t": 8, "b": 40},
    )


def _is_drawn(row: _Row | None) -> bool:
    return row is not None and bool(row["is_shown"])


def _curve(rows: Sequence[_Row | None], *, axis: str, colour: str, dash: str, symbol: str) -> go.Scatter:
    drawn = [row if row is not None and row["is_shown"] else None for row in rows]
    ends = [row or {"mean": None, "low": None, "high": None} for row in drawn]
    known = [end if end["mean"] is not None else {"mean": 0.0, "low": 0.0, "high": 0.0} for end in ends]
    return go.Scatter(
        x=list(range(len(STAGES))),
        y=[end["mean"] for end in ends],
        yaxis=axis,
        error_y=whiskers(known, "mean", "low", "high", colour),
        mode="lines+markers",
        connectgaps=False,
        line={"color": colour, "width": 2, "dash": dash},
        marker={"size": 10, "color": colour, "symbol": symbol, "opacity": 1},
        customdata=["" if row is None else _hover(row) for row in drawn],
        hovertemplate="%{customdata}<extra></extra>",
        cliponaxis=False,
    )


def friction_index(value: float | None) -> str:
    """Friction as it is read: 0 (none) to 100; `–` for null."""
    return MISSING if value is None else number(f"{100 * value:.1f}")


def _value(row: _Row) -> str:
    return signed(row["mean"], 2) if row["kind"] == "measured" else friction_index(row["mean"])


def _hover(row: _Row) -> str:
    is_measured = row["kind"] == "measured"
    low, high = (signed(row[end], 2) if is_measured else friction_index(row[end]) for end in ("low", "high"))
    kind = said("measured: what customers said") if is_measured else said("inferred: friction that they met")
    return "<br>".join(
        (
            f"<b>{stage_title(row['stage'])}</b>",
            kind,
            said("mean {mean}, 95 % interval {low} to {high}", mean=_value(row), low=low, high=high),
            said("n = {n}, of {customers} customers", n=count(row["n"]), customers=count(row["customer_count"])),
            said("the latest of {day}", day=day(row["freshest_at"])),
        )
    )


def _labels(rows: Sequence[_Row | None], axis: str) -> list[dict[str, Any]]:
    """The mean above its interval; where nothing is drawn, how many there are."""
    return [_label(place, row, axis) for place, row in enumerate(rows)]


def _label(place: int, row: _Row | None, axis: str) -> dict[str, Any]:
    is_drawn = row is not None and row["is_shown"]
    return {
        "x": place,
        "y": row["high"] if row is not None and is_drawn else 0.0,
        "yref": axis,
        "yanchor": "bottom",
        "yshift": 5,
        "text": _value(row) if row is not None and is_drawn else theme.quiet(_too_few(row)),
        "showarrow": False,
        "font": {"size": 12, "color": theme.INK},
    }


def _too_few(row: _Row | None) -> str:
    """How many there are where nothing is drawn."""
    if row is None:
        return said("n = {n}", n=count(0))
    return said("n below {n}", n=count(SMALLEST_GROUP)) if row["is_suppressed"] else said("n = {n}", n=count(row["n"]))


def _headings() -> list[dict[str, Any]]:
    titles = (
        (said("Measured: what customers said, −1 to +1"), 1.0),
        (said("Inferred: friction, 0 (none) to 100"), 0.45),
    )
    return [
        {
            "text": f"<b>{'<br>'.join(wrap(text, _HEADING_WIDTH))}</b>", "x": 0, "y": height, "xref": "paper",
            "yref": "paper", "xanchor": "left", "yanchor": "top", "align": "left", "showarrow": False,
            "font": {"size": 12, "color": theme.MUTED},
        }
        for text, height in titles
    ]  # fmt: skip


def _zero_line() -> dict[str, Any]:
    return {
        "type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": "y", "y0": 0, "y1": 0, "layer": "below",
        "line": {"color": theme.FAINT, "width": 1},
    }  # fmt: skip


def _stage_axis() -> dict[str, Any]:
    return {
        "tickvals": list(range(len(STAGES))),
        "ticktext": [stage_title(stage) for stage in STAGES],
        "range": [-0.35, len(STAGES) - 0.45],
        "showgrid": False,
        "anchor": "y2",
        "tickangle": 0,
        "tickfont": {"size": 11, "color": theme.MUTED},
    }


def _measured_axis() -> dict[str, Any]:
    return {
        "domain": _UPPER, "range": [-1.08, 1.08], "tickvals": [-1, 0, 1], "ticktext": ["−1", "0", "+1"],
        "tickfont": {"size": 12, "color": theme.MUTED},
    }  # fmt: skip


def _friction_axis(drawn: Sequence[_Row | None]) -> dict[str, Any]:
    """From 0 to the highest interval, in whole tens."""
    most = max((row["high"] for row in drawn if row is not None), default=0.0)
    top = max(_LEAST_TOP, most * _TOP_ROOM)
    step = 0.05 if top <= 0.2 else 0.1 if top <= 0.4 else 0.25  # noqa: PLR2004
    ticks = [round(step * place, 2) for place in range(int(top / step + 1e-9) + 1)]
    return {
        "domain": _LOWER, "range": [-_FLOOR * top, top],
        "tickvals": ticks, "ticktext": [f"{100 * tick:.0f}" for tick in ticks],
        "tickfont": {"size": 12, "color": theme.MUTED}, "gridcolor": theme.LINE, "automargin": True, "fixedrange": True,
    }  # fmt: skip
