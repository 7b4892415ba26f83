"""A row for each estimate: its mark, its 95 % interval, and both in words below its name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any, Self

import plotly.graph_objects as go

from journey_analytics.report.figures import theme
from journey_analytics.report.figures.axes import label_axis, lines, number_axis, percent_axis, short_label
from journey_analytics.report.figures.dropoff import sample_fill, whiskers
from journey_analytics.report.wording import interval, plain, points_interval, share, signed

_HOVER_WIDTH = 46
_TITLE_WIDTH = 20
_PITCH = 56
_ROOM = 0.04

_Row = Mapping[str, Any]


@dataclass(frozen=True)
class Estimate:
    """One row. `label`, `told` (the value as it is read) and `hover` may hold data.

    Below 30 `sample` makes the mark hollow; null bounds draw no interval on their side.
    """

    label: str
    told: str
    value: float
    low: float | None
    high: float | None
    sample: int | None
    hover: Sequence[str]
    colour: str = theme.ADVANCED
    is_sure: bool = True
    """False: drawn in grey, as the value may be nothing."""

    @classmethod
    def of_share(
        cls, row: _Row, of: str, *, label: str, sample: int | None, hover: Sequence[str], is_loss: bool = False
    ) -> Self:
        """The share `<of>_share` of a row with its `<of>_low_share` and `<of>_high_share`."""
        value, low, high = (row[f"{of}{end}_share"] for end in ("", "_low", "_high"))
        told = f"{share(value)} ({interval(low, high)})"
        return cls(label, told, value, low, high, sample, hover, colour=_colour(is_loss))

    @classmethod
    def of_difference(
        cls, row: _Row, *, label: str, sample: int | None, hover: Sequence[str], is_loss: bool, unit: str = ""
    ) -> Self:
        """The `difference_points` of a row with its interval; `unit` stands after both."""
        told = f"{signed(row['difference_points'])} ({points_interval(row)}) {unit}".rstrip()
        low, high = row["difference_low_points"], row["difference_high_points"]
        return cls(label, told, row["difference_points"], low, high, sample, hover, colour=_colour(is_loss))

    @property
    def shade(self) -> str:
        """The colour that it is drawn in."""
        return self.colour if self.is_sure else theme.MUTED


def _colour(is_loss: bool) -> str:
    return theme.LOST if is_loss else theme.ADVANCED


def forest_figure(rows: Sequence[Estimate], *, axis: str, kind: str, empty: str) -> go.Figure:
    """Rows from the top in the given order.

    Args:
        rows: what is drawn; none: the figure says `empty`.
        axis: the title of the axis, with its unit.
        kind: `number` (from 0), `signed` (about 0, with its line) or `share` (0 to 1).
        empty: words of ours.
    """
    if not rows:
        return theme.message(empty)
    low, high = _bounds(rows, kind)
    return theme.figure(
        *(_marks(rows, colour) for colour in sorted({row.shade for row in rows})),
        height=76 + _PITCH * len(rows),
        showlegend=False,
        shapes=[_zero_line()] if kind == "signed" else [],
        xaxis=_axis(low, high, kind) | {"range": [low, high], "title": lines(axis, width=_TITLE_WIDTH)},
        yaxis=label_axis([short_label(row.label, row.told) for row in rows]),
        margin={"l": 8, "r": 30, "t": 4, "b": 44},
    )


def _bounds(rows: Sequence[Estimate], kind: str) -> tuple[float, float]:
    if kind == "share":
        return 0.0, 1.0
    edges = [edge for row in rows for edge in (row.value, row.low, row.high) if edge is not None]
    low, high = min(0.0, *edges), max(0.0, *edges)
    room = ((high - low) or 1.0) * _ROOM
    return (low - room if low < 0 else low), high + room


def _axis(low: float, high: float, kind: str) -> dict[str, object]:
    return percent_axis(low, high) if kind == "share" else number_axis(low, high, sign=kind == "signed")


def _marks(rows: Sequence[Estimate], colour: str) -> go.Scatter:
    shown = [(place, row) for place, row in enumerate(rows) if row.shade == colour]
    found = [{"value": row.value, "low": row.low, "high": row.high} for _, row in shown]
    return go.Scatter(
        x=[row.value for _, row in shown],
        y=[place for place, _ in shown],
        error_x=whiskers(found, "value", "low", "high", colour),
        mode="markers",
        marker={
            "size": 11,
            "color": [sample_fill(row.sample, colour) for _, row in shown],
            "line": {"color": colour, "width": 2},
        },
        cliponaxis=False,
        customdata=[hover(row.hover) for _, row in shown],
        hovertemplate="%{customdata}<extra></extra>",
    )


def hover(parts: Sequence[str]) -> str:
    """A hover text: its first part in bold, each part in lines of their own; data is escaped."""
    first, *others = ["<br>".join(map(plain, wrap(part, _HOVER_WIDTH))) for part in parts]
    return "<br>".join([f"<b>{first}</b>", *others])


def _zero_line() -> dict[str, object]:
    return {
        "type": "line", "x0": 0, "x1": 0, "yref": "paper", "y0": 0, "y1": 1, "layer": "below",
        "line": {"color": theme.FAINT, "width": 1.5, "dash": "dot"},
    }  # fmt: skip
