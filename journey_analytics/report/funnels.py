"""Saved funnels: who went on, was lost or is still on the way at each step, and what the lost did instead."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
import polars as pl

from journey_analytics.report.blocks import Column, Section, chart, folded, grid, switch, table
from journey_analytics.report.figures import theme
from journey_analytics.report.figures.axes import label_axis, lines, number_axis, short_label
from journey_analytics.report.figures.forest import Estimate, forest_figure, hover
from journey_analytics.report.markup import Html, join, tag
from journey_analytics.report.wording import (
    MISSING,
    SMALL_SAMPLE,
    capital,
    count,
    duration,
    interval,
    listed,
    name,
    plain,
    readable,
    several,
    share,
)

_Row = dict[str, Any]
_INSTEAD_SHOWN = 3
_STEP_COLUMNS = (
    Column("Step"), Column("Entered (n)", number=True), Column("Went on", number=True), Column("Lost", number=True),
    Column("Still open", number=True), Column("Went on, estimated", number=True), Column("95 % interval", number=True),
    Column("Went on, observed", number=True), Column("of n finished", number=True), Column("Of all", number=True),
    Column("95 % interval", number=True), Column("Half within", number=True),
)  # fmt: skip
_INSTEAD_COLUMNS = (
    Column("Lost after"), Column("Did next instead"), Column("Number", number=True), Column("of the lost", number=True),
)  # fmt: skip


def funnels(frames: Mapping[str, pl.DataFrame]) -> Section | None:
    """Each saved funnel, by name; null where none is saved."""
    rows = frames["mart.funnel"].filter(pl.col("funnel").is_not_null())
    names = rows["funnel"].unique().sort().to_list()
    if not names:
        return None
    parts = [
        (str(place), name(each), _funnel(_of(rows, each), _of(frames["mart.funnel_instead"], each), place))
        for place, each in enumerate(names)
    ]
    body = switch("funnel", "Funnel", parts) if len(parts) > 1 else parts[0][2]
    lead = join([tag("span", _said(_whole(_of(rows, each)))) for each in names])
    return Section("funnels", "Your funnels" if len(names) > 1 else "Your funnel", lead, body)


def _of(rows: pl.DataFrame, funnel: str) -> pl.DataFrame:
    return rows.filter(pl.col("funnel") == funnel)


def _whole(rows: pl.DataFrame) -> list[_Row]:
    return rows.filter(pl.col("segment") == "all").sort("step_number").to_dicts()


def _said(steps: Sequence[_Row]) -> str:
    """How many get through, and the required step at which most are lost; ties go to the earlier one."""
    title = capital(name(steps[0]["funnel"])) if steps else ""
    required = [row for row in steps[1:] if not row["is_optional"]]
    if not required or not steps[0]["entered_count"]:
        return f"{title}: nobody has entered yet. "
    told = [f"{share(required[-1]['overall_share'])} of {count(steps[0]['entered_count'])} get through"]
    worst = min(
        (row for row in required if row["is_ranked"] and row["estimated_step_share"] is not None),
        key=lambda row: row["estimated_step_share"], default=None,
    )  # fmt: skip
    if worst:
        lost = share(1 - worst["estimated_step_share"])
        of = f"{lost} of {count(worst['entered_count'])}"
        told.append(f"the largest share is lost before {name(worst['step'])} ({of})")
    return f"{title}: {'; '.join(told)}. "


def _funnel(rows: pl.DataFrame, instead: pl.DataFrame, place: int) -> Html:
    steps = _whole(rows)
    if len(steps) < 2:  # noqa: PLR2004 - a step to get to, beside the entry
        return tag("p", "Nobody has entered this funnel yet.", class_="empty")
    lost = instead.sort("step_number", "place", "activity", nulls_last=True).to_dicts()
    definition = _definition(steps[0])
    charts = grid("two", _counts(steps, lost, place, definition), _shares(steps, place))
    return join([charts, _step_table(steps, lost), *_instead_table(lost), *_split_table(rows)])


def _definition(row: _Row) -> str:
    return readable(row["definition"] or "No definition.")


def _counts(steps: Sequence[_Row], lost: Sequence[_Row], place: int, definition: str) -> Html:
    return chart(
        f"funnel-{place}",
        funnel_figure(steps, lost),
        title=f"What became of those at each step: {name(steps[0]['funnel'])}",
        definition=f"{definition} Each bar: those who reached the step before = went on to this one + lost + still "
        "open.",
    )


def funnel_figure(steps: Sequence[_Row], lost: Sequence[_Row]) -> go.Figure:
    """A bar per step after the first: of those at the step before went on, lost, still open; they add up to n."""
    shown = steps[1:]
    most = max([row["entered_count"] for row in shown], default=0) or 1
    return theme.figure(
        *(_bar(shown, steps, lost, outcome) for outcome in ("advanced", "dropped", "open")),
        height=116 + 54 * len(shown),
        barmode="stack",
        legend={"traceorder": "normal"},
        xaxis=number_axis(0, most) | {"range": [0, most * 1.02], "title": lines(f"{plain(name(steps[0]['unit']))}s")},
        yaxis=label_axis([short_label(_step(row), f"{count(row['entered_count'])} before") for row in shown]),
    )


def _bar(shown: Sequence[_Row], steps: Sequence[_Row], lost: Sequence[_Row], outcome: str) -> go.Bar:
    return go.Bar(
        x=[row[f"{outcome}_count"] for row in shown],
        y=list(range(len(shown))),
        orientation="h",
        name="Went on" if outcome == "advanced" else theme.OUTCOME_TITLES[outcome],
        marker={"color": theme.OUTCOME_COLOURS[outcome], "line": {"color": theme.PAPER, "width": 1}},
        customdata=[_words(row, steps, lost) for row in shown],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _step(row: _Row) -> str:
    return f"{name(row['step'])} (optional)" if row["is_optional"] else name(row["step"])


def _words(row: _Row, steps: Sequence[_Row], lost: Sequence[_Row]) -> str:
    did = _did_instead(_lost_before(row, steps, lost))
    return hover(
        [
            _step(row),
            f"of {count(row['entered_count'])}: went on {count(row['advanced_count'])}, lost "
            f"{count(row['dropped_count'])}, still open {count(row['open_count'])}",
            f"went on, estimated {share(row['estimated_step_share'])}, 95 % interval "
            f"{interval(row['estimated_low_share'], row['estimated_high_share'])}",
            f"of all {share(row['overall_share'])}",
            *([f"the lost did instead: {did}"] if did else []),
        ]
    )


def _lost_before(row: _Row, steps: Sequence[_Row], lost: Sequence[_Row]) -> list[_Row]:
    """What they did who were lost on the way to a step: they stopped at the required one before it."""
    if row["is_optional"]:
        return []
    before = [step["step_number"] for step in steps if step["step_number"] < row["step_number"]]
    last = max((number for number in before if not _is_optional(steps, number)), default=None)
    return [each for each in lost if each["step_number"] == last]


def _is_optional(steps: Sequence[_Row], number: int) -> bool:
    return any(step["is_optional"] for step in steps if step["step_number"] == number)


def _did_instead(rows: Sequence[_Row]) -> str:
    told = [f"{_activity(row)} {share(row['share'])}" for row in rows[:_INSTEAD_SHOWN]]
    return listed(told) if told else ""


def _activity(row: _Row) -> str:
    return "nothing" if row["activity"] is None else name(row["activity"])


def _shares(steps: Sequence[_Row], place: int) -> Html:
    shown = [row for row in steps[1:] if row["estimated_step_share"] is not None]
    notes = sorted({row["estimate_note"] for row in steps if row["estimate_note"]})
    untold = f" Instead of an estimate: {'; '.join(map(readable, notes))}." if notes else ""
    return chart(
        f"funnel-share-{place}",
        forest_figure(
            [_estimate(row) for row in shown],
            axis="go on, share of those before",
            kind="share",
            empty="Too few were watched long enough for a share.",
        ),
        title="Share that goes on to each step",
        definition="Of those who reach the step before, both within the funnel's time; open ones count for as long as "
        f"they were seen. Lines: 95 % intervals. Hollow: fewer than {SMALL_SAMPLE}.{untold}",
    )


def _estimate(row: _Row) -> Estimate:
    low, high = row["estimated_low_share"], row["estimated_high_share"]
    return Estimate(
        label=_step(row),
        told=f"{share(row['estimated_step_share'])} ({interval(low, high)})",
        value=row["estimated_step_share"],
        low=low,
        high=high,
        sample=row["entered_count"],
        hover=(
            _step(row),
            f"{share(row['estimated_step_share'])} of {count(row['entered_count'])} go on, 95 % interval "
            f"{interval(low, high)}",
            f"observed {share(row['observed_step_share'])} of {count(row['observed_count'])} whose time is over",
            f"half of those who go on do so within {duration(row['median_seconds'])}",
        ),
    )


def _step_table(steps: Sequence[_Row], lost: Sequence[_Row]) -> Html:
    said = [(row, _did_instead(_lost_before(row, steps, lost))) for row in steps[1:]]
    told = [f"before {name(row['step'])}: {did}" for row, did in said if did]
    numbers = table(_STEP_COLUMNS, [_cells(row, _step(row)) for row in steps], caption="Steps, each of those before it")
    words = [tag("p", f"What the lost did next instead, {'; '.join(told)}.")] if told else []
    return join([*words, numbers])


def _cells(row: _Row, first: str) -> tuple[str, ...]:
    is_first = row["step_number"] == 1
    mark = " *" if row["entered_count"] < SMALL_SAMPLE else ""
    return (
        first,
        count(row["entered_count"]) + mark,
        MISSING if is_first else count(row["advanced_count"]),
        MISSING if is_first else count(row["dropped_count"]),
        MISSING if is_first else count(row["open_count"]),
        MISSING if is_first else share(row["estimated_step_share"]),
        MISSING if is_first else interval(row["estimated_low_share"], row["estimated_high_share"]),
        MISSING if is_first else share(row["observed_step_share"]),
        MISSING if is_first else count(row["observed_count"]),
        share(row["overall_share"]),
        MISSING if is_first else interval(row["overall_low_share"], row["overall_high_share"]),
        duration(row["median_seconds"]),
    )


def _instead_table(lost: Sequence[_Row]) -> list[Html]:
    rows = [(name(row["step"]), _activity(row), count(row["unit_count"]), share(row["share"])) for row in lost]
    if not rows:
        return []
    caption = "The first thing done after the last step reached; the rows of a step add up to all who were lost there"
    return [
        folded("Show what the lost did instead as a table", table(_INSTEAD_COLUMNS, rows, caption=caption)),
    ]


def _split_table(rows: pl.DataFrame) -> list[Html]:
    """The steps by the values of the funnel's breakdown, if it has one."""
    split = rows.filter(pl.col("segment") != "all").sort("segment", "segment_value", "step_number").to_dicts()
    if not split:
        return []
    columns = (Column("By"), *_STEP_COLUMNS)
    cells = [(f"{name(row['segment'])} {name(row['segment_value'])}", *_cells(row, _step(row))) for row in split]
    caption = f"Steps by {listed(sorted({name(row['segment']) for row in split}))}. * fewer than {SMALL_SAMPLE} entered"
    what = several(len({(row["segment"], row["segment_value"]) for row in split}), "value")
    return [folded(f"Show the steps by {what}", table(columns, cells, caption=caption))]
