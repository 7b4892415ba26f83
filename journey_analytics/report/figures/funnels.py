"""What became of those at each step of a funnel, as figures."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from journey_analytics.language import said
from journey_analytics.report.figures import theme
from journey_analytics.report.figures.axes import label_axis, lines, number_axis, short_label
from journey_analytics.report.figures.forest import hover
from journey_analytics.report.wording import (
    count,
    interval,
    listed,
    name,
    plain,
    share,
)

_Row = dict[str, Any]
_INSTEAD_SHOWN = 3


def funnel_figure(steps: Sequence[_Row], lost: Sequence[_Row]) -> go.Figure:
    """A bar per step after the first: of those at the step before went on, lost, still open; they add up to n."""
    shown = steps[1:]
    most = max([row["entered_count"] for row in shown], default=0) or 1
    return theme.figure(
        *(_bar(shown, steps, lost, outcome) for outcome in ("advanced", "dropped", "open")),
        height=116 + 54 * len(shown),
        barmode="stack",
        legend={"traceorder": "normal"},
        xaxis=number_axis(0, most) | {"range": [0, most * 1.02], "title": lines(_units(steps[0]))},
        yaxis=label_axis(
            [
                short_label(step_words(row), said("{entered_count} before", entered_count=count(row["entered_count"])))
                for row in shown
            ]
        ),
    )


def _units(row: _Row) -> str:
    """What is counted, such as `journeys`."""
    return plain(said(f"{name(row['unit'])}s"))


def _bar(shown: Sequence[_Row], steps: Sequence[_Row], lost: Sequence[_Row], outcome: str) -> go.Bar:
    return go.Bar(
        x=[row[f"{outcome}_count"] for row in shown],
        y=list(range(len(shown))),
        orientation="h",
        name=said("Went on" if outcome == "advanced" else theme.OUTCOME_TITLES[outcome]),
        marker={"color": theme.OUTCOME_COLOURS[outcome], "line": {"color": theme.PAPER, "width": 1}},
        customdata=[_words(row, steps, lost) for row in shown],
        hovertemplate="%{customdata}<extra></extra>",
    )


def step_words(row: _Row) -> str:
    """A step's name, with what is optional marked."""
    return said("{step} (optional)", step=name(row["step"])) if row["is_optional"] else name(row["step"])


def _words(row: _Row, steps: Sequence[_Row], lost: Sequence[_Row]) -> str:
    did = did_instead(lost_before(row, steps, lost))
    return hover(
        [
            step_words(row),
            said(
                "of {entered_count}: went on {advanced_count}, lost {dropped_count}, still open {open_count}",
                entered_count=count(row["entered_count"]),
                advanced_count=count(row["advanced_count"]),
                dropped_count=count(row["dropped_count"]),
                open_count=count(row["open_count"]),
            ),
            said(
                "went on, estimated {estimated_step_share}, 95 % interval {interval}",
                estimated_step_share=share(row["estimated_step_share"]),
                interval=interval(row["estimated_low_share"], row["estimated_high_share"]),
            ),
            said("of all {overall_share}", overall_share=share(row["overall_share"])),
            *([said("the lost did instead: {did}", did=did)] if did else []),
        ]
    )


def lost_before(row: _Row, steps: Sequence[_Row], lost: Sequence[_Row]) -> list[_Row]:
    """What they did who were lost on the way to a step: they stopped at the required one before it."""
    if row["is_optional"]:
        return []
    before = [step["step_number"] for step in steps if step["step_number"] < row["step_number"]]
    last = max((number for number in before if not _is_optional(steps, number)), default=None)
    return [each for each in lost if each["step_number"] == last]


def _is_optional(steps: Sequence[_Row], number: int) -> bool:
    return any(step["is_optional"] for step in steps if step["step_number"] == number)


def did_instead(rows: Sequence[_Row]) -> str:
    """What those who were lost did most, with their shares; nothing where nobody was lost."""
    told = [f"{activity_words(row)} {share(row['share'])}" for row in rows[:_INSTEAD_SHOWN]]
    return listed(told) if told else ""


def activity_words(row: _Row) -> str:
    """What was done instead; null is nothing."""
    return said("nothing") if row["activity"] is None else name(row["activity"])
