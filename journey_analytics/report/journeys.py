"""The sections about journeys: how they flow, and the time they take."""

from collections.abc import Mapping

import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.language import said
from journey_analytics.report.blocks import Column, Section, chart, folded, table
from journey_analytics.report.figures.dropoff import stage_order
from journey_analytics.report.figures.stage_flow import STATE_WORDS, stage_flow_figure
from journey_analytics.report.figures.stage_time import MEDIAN, time_in_stage_figure, time_interval
from journey_analytics.report.markup import Html, join, tag
from journey_analytics.report.wording import MISSING, count, duration, listed, several, stage_title

Frames = Mapping[str, pl.DataFrame]


def flow(frames: Frames) -> Section:
    """How journeys pass from stage to stage, with those that are lost or open as ends."""
    flows = frames["mart.stage_flow"]
    drawn = chart(
        "stage-flow",
        stage_flow_figure(flows),
        title=said("Journeys from stage to stage"),
        definition=said(
            "Heights are journeys; at every stage, in = entered = out, the same totals as under Losses. {states}A "
            "chain of ribbons is not one group of journeys followed through.",
            states="".join(f"{text} " for text in _states_drawn(flows)),
        ),
    )
    cells = [
        (_state(row["from_stage"]), _state(row["to_state"]), count(row["journey_count"]))
        for row in _in_journey_order(flows).iter_rows(named=True)
    ]
    numbers = table(
        (Column("From"), Column("To"), Column("Journeys", number=True)), cells, caption=said("Links of the stage flow")
    )
    return Section(
        "flow",
        said("How journeys flow"),
        _flow_lead(flows),
        join([drawn, folded(said("Show these numbers as a table"), numbers)]),
    )


def _states_drawn(flows: pl.DataFrame) -> list[str]:
    """What the entries and ends mean that need a word, of those that are drawn."""
    drawn = flows.filter(pl.col("journey_count") > 0)
    words = [
        (
            (drawn["from_stage"] == "resumed").any(),
            said("Come back to it: entered without moving on from the stage before, for example after its window."),
        ),
        (
            (drawn["to_state"] == "merged").any(),
            said(
                "Short ends without a number: moved on to a stage whose entry is already drawn from another one; "
                "point at them for how many."
            ),
        ),
    ]
    return [text for is_drawn, text in words if is_drawn]


def _in_journey_order(flows: pl.DataFrame) -> pl.DataFrame:
    """Entries first, then the links out of each stage."""
    stages = flows.with_columns(stage=pl.col("from_stage"))
    return stages.sort(stage_order() % len(STAGES), "from_stage", ~pl.col("to_state").is_in(STAGES), "to_state")


def _state(state: str) -> str:
    return said(STATE_WORDS[state]) if state in STATE_WORDS else stage_title(state)


def _flow_lead(flows: pl.DataFrame) -> Html:
    begun = flows.filter(pl.col("from_stage") == "start").sort("journey_count", descending=True).to_dicts()
    if not begun:
        return tag("span", said("No journey has entered a stage yet."))
    where = listed([f"{stage_title(row['to_state'])} ({count(row['journey_count'])})" for row in begun])
    bought = int(flows.filter(pl.col("to_state") == "post_purchase")["journey_count"].sum())
    total = several(sum(row["journey_count"] for row in begun), "journey begins", "journeys begin")
    return tag(
        "span",
        said(
            "{total} in {where}; {come} to a purchase.",
            total=total,
            where=where,
            come=several(bought, "journey comes", "journeys come"),
        ),
    )


def time_in_stage(frames: Frames) -> Section:
    """How long journeys take to move on, as percentiles of all entrants, never a mean."""
    times = frames["mart.time_in_stage"].filter(pl.col("segment") == "all")
    drawn = chart(
        "time-in-stage",
        time_in_stage_figure(times),
        title=said("Time until journeys move on"),
        definition=said(
            "Percentiles of all journeys that entered the stage, open ones counted for as long as they were "
            "seen: the moment at which {percentiles} of them have moved on. Thin lines: 95 % intervals, without an "
            "end where it may be any later time. Asked for are 25, 50, 75 and 90 %; what is not drawn was not "
            "reached within the window, because too many are lost before.",
            percentiles=_percentiles_drawn(times),
        ),
    )
    return Section("time", said("Time in stage"), _time_lead(times), join([drawn, _time_table(times)]))


def _percentiles_drawn(times: pl.DataFrame) -> str:
    """The percentiles that any stage reaches, such as `25 % and 50 %`."""
    reached = times.filter(pl.col("seconds").is_not_null())["percentile"].unique().sort().to_list()
    return listed([f"{percentile} %" for percentile in reached]) or MISSING


def _time_lead(times: pl.DataFrame) -> Html:
    medians = times.filter(pl.col("percentile") == MEDIAN).sort(stage_order())
    words = [
        f"{stage_title(row['stage'])} {duration(row['seconds']) if row['seconds'] is not None else said('not reached')}"
        for row in medians.iter_rows(named=True)
    ]
    return tag(
        "span",
        said("Half of the entrants have moved on after: {words}.", words=", ".join(words))
        if words
        else said("No journeys yet."),
    )


def _time_table(times: pl.DataFrame) -> Html:
    cells = [
        (
            stage_title(row["stage"]),
            f"{row['percentile']} %",
            duration(row["seconds"]) if row["seconds"] is not None else said("not reached"),
            time_interval(row),
            count(row["at_risk_count"]),
            count(row["entered_count"]),
        )
        for row in times.sort(stage_order(), "percentile").iter_rows(named=True)
    ]
    columns = (
        Column("Stage"), Column("Have moved on", number=True), Column("after", number=True),
        Column("95 % interval", number=True),
        Column("Still in the stage just before", number=True), Column("Entered (n)", number=True),
    )  # fmt: skip
    return folded(
        said("Show these numbers as a table"),
        table(columns, cells, caption=said("Percentiles of the time until moving on")),
    )
