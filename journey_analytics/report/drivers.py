"""What goes with being lost: the drivers that were found in each stage, as a section."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.drivers.sentences import CAUTION, driver_sentence, pause_time
from journey_analytics.language import said
from journey_analytics.report.blocks import Column, Section, chart, folded, grid, table
from journey_analytics.report.figures.dropoff import stage_order
from journey_analytics.report.figures.forest import Estimate, forest_figure
from journey_analytics.report.markup import Html, join, tag
from journey_analytics.report.stored import retold
from journey_analytics.report.wording import (
    MISSING,
    capital,
    count,
    name,
    points_interval,
    readable,
    several,
    share,
    signed,
    stage_title,
    two_digits,
)

MAX_DRIVERS = 8
"""Drivers of a stage that are drawn: those with the largest differences."""

_Row = dict[str, Any]
_KINDS = {
    "activity": "Activity", "error": "Error", "channel": "Came again by", "wait": "Wait", "segment": "Segment",
}  # fmt: skip
_COLUMNS = (
    Column("What"), Column("Stage"), Column("Kind"), Column("With it", number=True),
    Column("of entrants", number=True), Column("Hazard ratio", number=True), Column("95 % interval", number=True),
    Column("Lost with it", number=True), Column("Lost without", number=True),
    Column("Difference, points", number=True), Column("95 % interval", number=True), Column("q", number=True),
    Column("Compared within the same"), Column("Note"),
)  # fmt: skip
_MEANING = (
    "Dots: percentage points by which more (orange) or fewer (blue) are lost of the journeys with it than of "
    "comparable journeys without it (yet), with 95 % intervals. Found: at a false-discovery rate of 5 % over all that "
    "was tested in all stages, so at most about one in twenty of these is chance."
)


def drivers(frames: Mapping[str, pl.DataFrame]) -> Section:
    """Found drivers per stage with their difference in points; the hover has the hazard ratio in a sentence."""
    asked = frames["mart.driver"]
    found = asked.filter(pl.col("is_found").fill_null(value=False))
    body = [*_charts(found), *_table(found)]
    return Section("drivers", said("What goes with being lost"), _lead(asked, found), join(body))


def _lead(asked: pl.DataFrame, found: pl.DataFrame) -> Html:
    tested = asked["q_value"].count()
    if not tested:
        return tag("span", said("Nothing was tested yet."))
    if found.is_empty():
        return tag(
            "span",
            said("No driver was found: {were} tested.", were=several(tested, "possible one was", "possible ones were")),
        )
    worst = _by_size(found.filter(pl.col("difference_points") > 0))
    first = (said("Most of all: {said}.", said=_said(worst[0])) + " ") if worst else ""
    return tag(
        "span",
        said(
            "{first}{drivers} found of {tested} tested.",
            first=first,
            drivers=several(found.height, "driver"),
            tested=count(tested),
        ),
    )


def _by_size(rows: pl.DataFrame) -> list[_Row]:
    """Rows with a difference, the largest first, whatever its sign; ties by name."""
    told = rows.filter(pl.col("difference_points").is_not_null()).with_columns(size=pl.col("difference_points").abs())
    order = ["size", "stage_place", "kind", "driver"]
    placed = told.with_columns(stage_place=stage_order())
    return placed.sort(order, descending=[True, False, False, False]).drop("size", "stage_place").to_dicts()


def _said(row: _Row) -> str:
    """The sentence of `journey drivers`, with names as people write them."""
    driver = row["driver"] if row["kind"] == "wait" else name(row["driver"])
    return driver_sentence(row | {"driver": driver, "stage": stage_title(row["stage"]).lower()}).replace(
        " %", "\u00a0%"
    )


def _charts(found: pl.DataFrame) -> list[Html]:
    stages = [stage for stage in STAGES if stage in found["stage"].to_list()]
    charts = [_chart(place, stage, found.filter(pl.col("stage") == stage)) for place, stage in enumerate(stages)]
    caution = tag("p", f"{said(_MEANING)} {said(CAUTION)}".replace(" %", "\u00a0%"), class_="definition")
    return [grid("two", *charts), caution] if charts else []


def _chart(place: int, stage: str, found: pl.DataFrame) -> Html:
    rows = _by_size(found)
    shown = sorted(rows[:MAX_DRIVERS], key=lambda row: -row["difference_points"])
    part = (said("the {most} largest of", most=MAX_DRIVERS) + " ") if len(rows) > MAX_DRIVERS else ""
    untold = " " + said(
        "Without anybody to compare with, only in the table: {height}.", height=found.height - len(rows)
    )
    entered = max(row["entered_count"] for row in found.to_dicts())
    return chart(
        f"drivers-{place}",
        forest_figure(
            [_estimate(row) for row in shown],
            axis=said("points more (+) or fewer (\u2212) lost"),
            kind="signed",
            empty=said("No difference can be told."),
        ),
        title=stage_title(stage),
        definition=said(
            "{part}{drivers} found, of {entered} journeys that entered. Association, never cause.{untold}",
            part=capital(part),
            drivers=several(found.height, "driver"),
            entered=count(entered),
            untold=untold if len(rows) < found.height else "",
        ),
    )


def _estimate(row: _Row) -> Estimate:
    return Estimate.of_difference(
        row,
        label=_label(row),
        sample=row["exposed_count"],
        hover=(
            _label(row),
            capital(_said(row)),
            said(
                "lost {exposed_dropoff_share} with it, {unexposed_dropoff_share} without",
                exposed_dropoff_share=share(row["exposed_dropoff_share"]),
                unexposed_dropoff_share=share(row["unexposed_dropoff_share"]),
            ),
            said(
                "{exposed_count} with it; q = {q_value}",
                exposed_count=count(row["exposed_count"]),
                q_value=two_digits(row["q_value"]),
            ),
            said("compared within the same {adjusted_for}", adjusted_for=_alike(row)),
        ),
        is_loss=row["difference_points"] > 0,
    )


def _alike(row: _Row) -> str:
    """What those who are compared have in common."""
    return ", ".join(retold(part) for part in readable(row["adjusted_for"] or "").split(", "))


def _label(row: _Row) -> str:
    """What it is, in a few words."""
    words = name(row["driver"])
    if row["kind"] == "wait":
        is_pause = row["driver"].startswith("pause_")
        return said(
            "Wait: {what}", what=said("more than {time}", time=pause_time(row["driver"])) if is_pause else words
        )
    if row["kind"] == "segment":
        segment, between, value = words.partition(": ")
        return capital(f"{said(segment)}{between}{value}")
    return said("Came again by {words}", words=words) if row["kind"] == "channel" else capital(words)


def _table(found: pl.DataFrame) -> list[Html]:
    if found.is_empty():
        return []
    rows = [_cells(row) for row in found.sort(stage_order(), "q_value", "kind", "driver").to_dicts()]
    caption = said(
        "Drivers found, the surest of a stage first. Hazard ratio: how many times as often they advance, at "
        "each moment; below 1 they are lost more. Lost: share of the journeys, with it, and of comparable "
        "ones without it"
    )
    return [folded(said("Show every driver found as a table"), table(_COLUMNS, rows, caption=caption))]


def _cells(row: _Row) -> tuple[str, ...]:
    return (
        _label(row),
        stage_title(row["stage"]),
        said(_KINDS[row["kind"]]) if row["kind"] in _KINDS else name(row["kind"]),
        count(row["exposed_count"]),
        share(row["exposed_share"]),
        two_digits(row["hazard_ratio"]),
        f"{two_digits(row['hazard_ratio_low'])}–{two_digits(row['hazard_ratio_high'])}",
        share(row["exposed_dropoff_share"]),
        share(row["unexposed_dropoff_share"]),
        signed(row["difference_points"]),
        points_interval(row),
        two_digits(row["q_value"]),
        _alike(row) or MISSING,
        retold(readable(row["note"])) if row["note"] else MISSING,
    )
