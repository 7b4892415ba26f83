"""How stays in a stage end, and how many reach the purchase in the end: two figures side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
import polars as pl

from journey_analytics.report.blocks import Column, chart, folded, grid, table
from journey_analytics.report.figures import theme
from journey_analytics.report.figures.axes import label_axis, lines, percent_axis, short_label
from journey_analytics.report.figures.dropoff import of_all, stage_order
from journey_analytics.report.figures.forest import Estimate, forest_figure, hover
from journey_analytics.report.markup import Html, join
from journey_analytics.report.wording import SMALL_SAMPLE, count, interval, listed, share, stage_title

PURCHASE = "purchase"
EXIT_TITLES = {
    "advanced": "Moved on", "regressed": "Went back", "window_over": "Time ran out", "inactive": "Fell silent",
    "abandoned": "Ended it",
}  # fmt: skip
"""What ends a stay, in the order of the bars: what is lost last, and in shades of the accent."""
_EXIT_COLOURS = {
    "advanced": theme.ADVANCED, "regressed": theme.OPEN, "window_over": "#eec3ae", "inactive": "#dd8a63",
    "abandoned": theme.LOST,
}  # fmt: skip
_ROOM_FROM = 0.09
_DARK = frozenset({"advanced", "inactive", "abandoned"})

_Row = dict[str, Any]
_EXIT_COLUMNS = (
    Column("Stage"), Column("First thing that ended the stay"), Column("Journeys", number=True),
    Column("Estimated share", number=True), Column("95 % interval", number=True), Column("Entered (n)", number=True),
    Column("Not ended yet", number=True),
)  # fmt: skip
_REACH_COLUMNS = (
    Column("Entered"), Column("Reaches"), Column("Within", number=True), Column("Entered (n)", number=True),
    Column("Reached", number=True), Column("Missed", number=True), Column("Still open", number=True),
    Column("Reached, estimated", number=True), Column("95 % interval", number=True),
    Column("Reached, observed", number=True), Column("95 % interval", number=True),
    Column("of n finished", number=True),
)  # fmt: skip


def stays(frames: Mapping[str, pl.DataFrame]) -> Html | None:
    """Both figures with their numbers behind folds; null where neither table has rows."""
    exits, reach = of_all(frames["mart.stage_exit"]), _reach(frames["mart.stage_reach"])
    if exits.is_empty() and not reach:
        return None
    charts = [*([_exit_chart(exits)] if exits.height else []), *([_reach_chart(reach)] if reach else [])]
    tables = [*([_exit_table(exits)] if exits.height else []), *([_reach_table(reach)] if reach else [])]
    return join([grid("two", *charts), *tables])


def _exit_chart(exits: pl.DataFrame) -> Html:
    return chart(
        "stage-exit",
        exit_figure(exits),
        title="How a stay in a stage ends",
        definition="Estimated share of all journeys that entered, by the first thing that ended the stay within the "
        "window; open ones count for as long as they were seen. Who went back a stage may still move on later. Ended "
        "it: an explicit end such as unsubscribing. Fell silent: closed by inactivity before the window was over.",
    )


def exit_figure(exits: pl.DataFrame) -> go.Figure:
    """Per stage the shares of what ended the stay first, stacked to 100 %."""
    told = exits.filter(pl.col("estimated_share").is_not_null())
    firsts = told.unique("stage", keep="first", maintain_order=True).sort(stage_order()).to_dicts()
    if not firsts:
        return theme.message("Too few journeys were watched long enough.")
    cells = {(row["stage"], row["exit"]): row for row in told.to_dicts()}
    present = [each for each in EXIT_TITLES if any(cells[key]["estimated_share"] for key in cells if key[1] == each)]
    return theme.figure(
        *(_exit_bar(each, firsts, cells) for each in present),
        height=124 + 52 * len(firsts),
        barmode="stack",
        legend={"traceorder": "normal"},
        xaxis=percent_axis(0, 1.0, most_steps=5) | {"range": [0, 1.0], "title": lines("share of those who entered")},
        yaxis=label_axis([_stage_label(row["stage"], row["entered_count"]) for row in firsts]),
        margin={"l": 8, "r": 24, "t": 36, "b": 44},
    )


def _stage_label(stage: str, entered: int) -> str:
    return short_label(stage_title(stage), f"{count(entered)} entered")


def _exit_bar(exit_: str, firsts: Sequence[_Row], cells: Mapping[tuple[str, str], _Row]) -> go.Bar:
    rows = [cells.get((first["stage"], exit_)) for first in firsts]
    shares = [row["estimated_share"] if row else 0.0 for row in rows]
    return go.Bar(
        x=shares,
        y=list(range(len(firsts))),
        orientation="h",
        name=EXIT_TITLES[exit_],
        marker={"color": _EXIT_COLOURS[exit_], "line": {"color": theme.PAPER, "width": 1}},
        text=[f"{value * 100:.0f}\u00a0%" if value >= _ROOM_FROM else "" for value in shares],
        textposition="inside",
        textangle=0,
        insidetextanchor="middle",
        insidetextfont={"color": theme.PAPER if exit_ in _DARK else theme.INK, "size": 12},
        customdata=[_exit_words(row) if row else "" for row in rows],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _exit_words(row: _Row) -> str:
    return hover(
        [
            f"{stage_title(row['stage'])}: {_exit(row['exit']).lower()}",
            f"estimated {share(row['estimated_share'])} of all {count(row['entered_count'])} that entered, within "
            f"{count(row['window_days'])} days",
            f"95 % interval {interval(row['estimated_low_share'], row['estimated_high_share'])}",
            f"so far {count(row['exit_count'])}; not ended yet {count(row['open_count'])}",
        ]
    )


def _exit(exit_: str) -> str:
    return EXIT_TITLES.get(exit_, exit_)


def _reach(reach: pl.DataFrame) -> list[_Row]:
    """The rows of the whole: from each stage on, what comes next first and the purchase last."""
    whole = reach.filter(pl.col("segment") == "all")
    placed = whole.with_columns(stage="to_stage").with_columns(to_place=stage_order()).with_columns(stage="from_stage")
    return placed.sort(stage_order(), "to_place", "to_stage").drop("stage", "to_place").to_dicts()


def _reach_chart(reach: Sequence[_Row]) -> Html:
    told = [row for row in reach if row["to_stage"] == PURCHASE and row["estimated_reach_share"] is not None]
    return chart(
        "stage-reach",
        forest_figure(
            [_estimate(row) for row in told],
            axis="buy, share of those who entered",
            kind="share",
            empty="Too few journeys were watched long enough.",
        ),
        title="How many reach a purchase in the end",
        definition=f"Estimated share of all journeys that entered the stage and buy within {_windows(told)} days; open "
        "ones count for as long as they were seen. Lines: 95 % intervals. Hollow: fewer than "
        f"{SMALL_SAMPLE} journeys.",
    )


def _windows(rows: Sequence[_Row]) -> str:
    """The days that count, stage by stage; those of later stages are added up."""
    return listed([count(row["window_days"]) for row in rows]) or "the stages'"


def _estimate(row: _Row) -> Estimate:
    low, high = row["estimated_low_share"], row["estimated_high_share"]
    return Estimate(
        label=stage_title(row["from_stage"]),
        told=f"{share(row['estimated_reach_share'])} ({interval(low, high)})",
        value=row["estimated_reach_share"],
        low=low,
        high=high,
        sample=row["entered_count"],
        hover=(
            f"{stage_title(row['from_stage'])} to purchase, within {count(row['window_days'])} days",
            f"estimated {share(row['estimated_reach_share'])} of all {count(row['entered_count'])} that entered, "
            f"95 % interval {interval(low, high)}",
            f"observed {share(row['observed_reach_share'])} of {count(row['observed_count'])} whose time is over",
            f"reached {count(row['reached_count'])}, missed {count(row['missed_count'])}, still open "
            f"{count(row['open_count'])}",
        ),
    )


def _exit_table(exits: pl.DataFrame) -> Html:
    places = {each: place for place, each in enumerate(EXIT_TITLES)}
    order = pl.col("exit").replace_strict(places, default=len(places), return_dtype=pl.Int64)
    rows = [
        (
            stage_title(row["stage"]), _exit(row["exit"]), count(row["exit_count"]), share(row["estimated_share"]),
            interval(row["estimated_low_share"], row["estimated_high_share"]), count(row["entered_count"]),
            count(row["open_count"]),
        )
        for row in exits.sort(stage_order(), order, "exit").to_dicts()
    ]  # fmt: skip
    return folded("Show how stays end as a table", table(_EXIT_COLUMNS, rows, caption="The shares of a stage sum to 1"))


def _reach_table(reach: Sequence[_Row]) -> Html:
    rows = [
        (
            stage_title(row["from_stage"]), _to(row["to_stage"]), f"{count(row['window_days'])} days",
            count(row["entered_count"]), count(row["reached_count"]), count(row["missed_count"]),
            count(row["open_count"]), share(row["estimated_reach_share"]),
            interval(row["estimated_low_share"], row["estimated_high_share"]), share(row["observed_reach_share"]),
            interval(row["observed_low_share"], row["observed_high_share"]), count(row["observed_count"]),
        )
        for row in reach
    ]  # fmt: skip
    caption = "Entered = reached + missed + still open; days: the windows of the stages on the way, added up"
    return folded("Show how many reach each later stage as a table", table(_REACH_COLUMNS, rows, caption=caption))


def _to(stage: str) -> str:
    return "a purchase" if stage == PURCHASE else stage_title(stage)
