"""How stays in a stage end, and how many reach the purchase in the end: two figures side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from journey_analytics.language import said
from journey_analytics.report.blocks import Column, chart, folded, grid, table
from journey_analytics.report.figures.dropoff import of_all, stage_order
from journey_analytics.report.figures.forest import Estimate, forest_figure
from journey_analytics.report.figures.stays import EXIT_TITLES, exit_figure, exit_title
from journey_analytics.report.markup import Html, join
from journey_analytics.report.wording import SMALL_SAMPLE, count, interval, listed, share, stage_title

PURCHASE = "purchase"

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
        title=said("How a stay in a stage ends"),
        definition=said(
            "Estimated share of all journeys that entered, by the first thing that ended the stay within the "
            "window; open ones count for as long as they were seen. Who went back a stage may still move on "
            "later. Ended it: an explicit end such as unsubscribing. Fell silent: closed by inactivity before "
            "the window was over."
        ),
    )


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
            axis=said("buy, share of those who entered"),
            kind="share",
            empty=said("Too few journeys were watched long enough."),
        ),
        title=said("How many reach a purchase in the end"),
        definition=said(
            "Estimated share of all journeys that entered the stage and buy within {windows} days; open ones "
            "count for as long as they were seen. Lines: 95 % intervals. Hollow: fewer than {least} "
            "journeys.",
            windows=_windows(told),
            least=SMALL_SAMPLE,
        ),
    )


def _windows(rows: Sequence[_Row]) -> str:
    """The days that count, stage by stage; those of later stages are added up."""
    return listed([count(row["window_days"]) for row in rows]) or said("the stages'")


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
            said(
                "{from_stage} to purchase, within {window_days} days",
                from_stage=stage_title(row["from_stage"]),
                window_days=count(row["window_days"]),
            ),
            said(
                "estimated {estimated_reach_share} of all {entered_count} that entered, 95 % interval {interval}",
                estimated_reach_share=share(row["estimated_reach_share"]),
                entered_count=count(row["entered_count"]),
                interval=interval(low, high),
            ),
            said(
                "observed {observed_reach_share} of {observed_count} whose time is over",
                observed_reach_share=share(row["observed_reach_share"]),
                observed_count=count(row["observed_count"]),
            ),
            said(
                "reached {reached_count}, missed {missed_count}, still open {open_count}",
                reached_count=count(row["reached_count"]),
                missed_count=count(row["missed_count"]),
                open_count=count(row["open_count"]),
            ),
        ),
    )


def _exit_table(exits: pl.DataFrame) -> Html:
    places = {each: place for place, each in enumerate(EXIT_TITLES)}
    order = pl.col("exit").replace_strict(places, default=len(places), return_dtype=pl.Int64)
    rows = [
        (
            stage_title(row["stage"]), exit_title(row["exit"]), count(row["exit_count"]), share(row["estimated_share"]),
            interval(row["estimated_low_share"], row["estimated_high_share"]), count(row["entered_count"]),
            count(row["open_count"]),
        )
        for row in exits.sort(stage_order(), order, "exit").to_dicts()
    ]  # fmt: skip
    return folded(
        said("Show how stays end as a table"),
        table(_EXIT_COLUMNS, rows, caption=said("The shares of a stage sum to 1")),
    )


def _reach_table(reach: Sequence[_Row]) -> Html:
    rows = [
        (
            stage_title(row["from_stage"]), _to(row["to_stage"]), _days(row),
            count(row["entered_count"]), count(row["reached_count"]), count(row["missed_count"]),
            count(row["open_count"]), share(row["estimated_reach_share"]),
            interval(row["estimated_low_share"], row["estimated_high_share"]), share(row["observed_reach_share"]),
            interval(row["observed_low_share"], row["observed_high_share"]), count(row["observed_count"]),
        )
        for row in reach
    ]  # fmt: skip
    caption = said("Entered = reached + missed + still open; days: the windows of the stages on the way, added up")
    return folded(said("Show how many reach each later stage as a table"), table(_REACH_COLUMNS, rows, caption=caption))


def _days(row: _Row) -> str:
    return said("{window_days} days", window_days=count(row["window_days"]))


def _to(stage: str) -> str:
    return said("a purchase") if stage == PURCHASE else stage_title(stage)
