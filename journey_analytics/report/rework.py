"""Rework and waiting: what journeys do again, where they wait and where they change hands, as a section."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
import polars as pl

from journey_analytics.report.blocks import Column, Section, chart, folded, switch, table
from journey_analytics.report.figures import theme
from journey_analytics.report.figures.forest import Estimate, forest_figure
from journey_analytics.report.markup import Html, join, tag
from journey_analytics.report.wording import (
    capital,
    count,
    duration,
    interval,
    name,
    several,
    share,
    signed,
    signed_interval,
)
from journey_analytics.rework.sentences import (
    CAUTION,
    HANDOVER_MEANING,
    KINDS,
    NO_TOPIC,
    is_loss,
    losses_first,
    subject_words,
)

MAX_DRAWN = 8
"""Rows of a figure: those of most journeys or of most waiting; the tables have more."""
MAX_LISTED = 40

_Row = dict[str, Any]
_LOST = (
    Column("Lost with it", number=True), Column("n", number=True), Column("Lost without", number=True),
    Column("n", number=True), Column("Difference, points", number=True), Column("95 % interval", number=True),
)  # fmt: skip
_AGAIN_COLUMNS = (
    Column("What"), Column("Journeys", number=True), Column("of", number=True), Column("Share", number=True),
    Column("Times", number=True), Column("Median time it took", number=True), *_LOST, Column("Journeys to look at"),
)  # fmt: skip
_WAIT_COLUMNS = (
    Column("From"), Column("To"), Column("Times", number=True), Column("Journeys", number=True),
    Column("Median wait", number=True), Column("90 % within", number=True), Column("Waiting in all", number=True),
    Column("Lost", number=True), Column("n", number=True),
)  # fmt: skip
_HANDOVER_COLUMNS = (
    Column("Of"), Column("From"), Column("To"), Column("Journeys", number=True), Column("Times", number=True),
    Column("Lost after it", number=True), Column("n", number=True), Column("Lost after staying", number=True),
    *_LOST[3:],
)  # fmt: skip
_WHAT = {
    "loop": "Of the journeys with the activity, those in which it came again after others.",
    "self_loop": "Of the journeys with the activity, those in which it came directly again.",
    "ping_pong": "Of the journeys that used both channels, those that went from one to the other and back.",
    "repeated_contact": "Of the journeys with a contact about the topic, those with another one. " + NO_TOPIC,
    "stage_regression": "Of the journeys that entered the stage before the purchase, those that fell back from it.",
}


def rework(frames: Mapping[str, pl.DataFrame]) -> Section | None:
    """What is done again by kind, the most waiting, and the hand-overs that lose most; None: there is nothing of it."""
    again, waits, hands = _again(frames), _waits(frames), _handovers(frames)
    if not (again or waits or hands):
        return None
    parts = [_kind(kind, [row for row in again if row["kind"] == kind]) for kind in KINDS]
    shown = [(kind, KINDS[kind], content) for kind, content in zip(KINDS, parts, strict=True) if content is not None]
    body = [switch("rework-kind", "Done again", shown)] if shown else []
    return Section(
        "rework", "Rework and waiting", _lead(again, waits, hands), join([*body, *_waiting(waits), *_hands(hands)])
    )


def _again(frames: Mapping[str, pl.DataFrame]) -> list[_Row]:
    return frames["mart.rework"].sort("kind", "place").to_dicts()


def _waits(frames: Mapping[str, pl.DataFrame]) -> list[_Row]:
    return frames["mart.bottleneck"].filter(pl.col("place").is_not_null()).sort("place").to_dicts()


def _handovers(frames: Mapping[str, pl.DataFrame]) -> list[_Row]:
    return sorted(frames["mart.handover"].to_dicts(), key=losses_first)


def _lead(again: Sequence[_Row], waits: Sequence[_Row], hands: Sequence[_Row]) -> Html:
    loops = [row for row in again if row["kind"] == "loop"][:1]
    lossy = [row for row in hands if is_loss(row)][:1]
    said = [
        *(
            f"{capital(name(row['subject']))} comes again in {share(row['journey_share'])} of the "
            f"{several(row['base_count'], 'journey')} that have it."
            for row in loops
        ),
        *(
            f"Most waiting in all: from {name(row['activity'])} to {name(row['next_activity'])}, "
            f"{duration(row['median_seconds'])} in the median, {several(row['follow_count'], 'time')}."
            for row in waits[:1]
        ),
        *(
            f"The hand-over that loses most: {name(row['from_value'])} to {name(row['to_value'])}, "
            f"{signed(row['difference_points'])} points against staying."
            for row in lossy
        ),
    ]
    return tag(
        "span", " ".join([*said, *([] if lossy or not hands else ["No hand-over certainly loses more than staying."])])
    )


def _kind(kind: str, rows: Sequence[_Row]) -> Html | None:
    if not rows:
        return None
    part = f" The {MAX_DRAWN} of most journeys." if len(rows) > MAX_DRAWN else ""
    figure = chart(
        f"rework-{kind.replace('_', '-')}",
        rework_figure(rows[:MAX_DRAWN]),
        title=KINDS[kind],
        definition=f"{_WHAT[kind]}{part} Orange: more of the journeys with it are lost than of those without; blue: "
        f"fewer, or it cannot be told. {CAUTION}",
    )
    caption = f"{KINDS[kind]}, by journeys. {CAUTION}"
    listed = folded("Show as a table", table(_AGAIN_COLUMNS, map(_again_cells, rows[:MAX_LISTED]), caption=caption))
    return join([figure, listed])


def rework_figure(rows: Sequence[_Row]) -> go.Figure:
    """The share of the journeys that could have it in which something was done again, with its 95 % interval."""
    return forest_figure(
        [_estimate(row) for row in rows], axis="share of journeys", kind="share", empty="Nothing is done again."
    )


def _estimate(row: _Row) -> Estimate:
    low, high = row["journey_low_share"], row["journey_high_share"]
    label = capital(name(subject_words(row)))
    return Estimate(
        label=label,
        told=f"{share(row['journey_share'])} ({interval(low, high)})",
        value=row["journey_share"],
        low=low,
        high=high,
        sample=row["base_count"],
        hover=(
            label,
            f"{count(row['journey_count'])} of {several(row['base_count'], 'journey')}, "
            f"{several(row['occurrence_count'], 'time')}",
            f"lost {share(row['dropoff_share_with'])} with it, {share(row['dropoff_share_without'])} without",
            f"{signed(row['difference_points'])} points, 95 % {_points_interval(row)}; association, not cause",
            f"median time it took: {duration(row['median_extra_seconds'])}",
        ),
        colour=theme.LOST if is_loss(row) else theme.ADVANCED,
    )


def _points_interval(row: _Row) -> str:
    return signed_interval(row["difference_low_points"], row["difference_high_points"])


def _again_cells(row: _Row) -> tuple[str, ...]:
    return (
        capital(name(subject_words(row))),
        count(row["journey_count"]),
        count(row["base_count"]),
        share(row["journey_share"]),
        count(row["occurrence_count"]),
        duration(row["median_extra_seconds"]),
        *_lost(row, "dropoff_share_with", "settled_with_count", "dropoff_share_without", "settled_without_count"),
        ", ".join(row["example_journey_ids"] or ()),
    )


def _lost(row: _Row, with_: str, n_with: str, without: str, n_without: str) -> tuple[str, ...]:
    return (
        share(row[with_]),
        count(row[n_with]),
        share(row[without]),
        count(row[n_without]),
        signed(row["difference_points"]),
        _points_interval(row),
    )


def _waiting(rows: Sequence[_Row]) -> list[Html]:
    if not rows:
        return []
    part = f"the {MAX_DRAWN} of most waiting of " if len(rows) > MAX_DRAWN else ""
    figure = chart(
        "bottlenecks",
        bottleneck_figure(rows[:MAX_DRAWN]),
        title="Where most is waited in all",
        definition=f"{capital(part)}{several(len(rows), 'pair')} of activities that directly follow each other: times "
        "× median wait. What is only sent to the customer is left out.",
    )
    caption = "Most waiting in all: times × median wait. Lost: of the settled ones of the journeys with it"
    return [
        figure,
        folded("Show as a table", table(_WAIT_COLUMNS, map(_wait_cells, rows[:MAX_LISTED]), caption=caption)),
    ]


def bottleneck_figure(rows: Sequence[_Row]) -> go.Figure:
    """The waiting of each pair of activities in all, in days."""
    return forest_figure([_wait(row) for row in rows], axis="days in all", kind="number", empty="No waits.")


def _wait(row: _Row) -> Estimate:
    label = f"{capital(name(row['activity']))} to {name(row['next_activity'])}"
    return Estimate(
        label=label,
        told=f"{several(row['follow_count'], 'time')}, median {duration(row['median_seconds'])}",
        value=row["waiting_seconds"] / 86_400,
        low=None,
        high=None,
        sample=row["follow_count"],
        hover=(
            label,
            f"{several(row['follow_count'], 'time')} in {several(row['journey_count'], 'journey')}",
            f"median {duration(row['median_seconds'])}, 90 % within {duration(row['p90_seconds'])}",
            f"lost {share(row['dropoff_share'])} of {several(row['settled_count'], 'settled journey')}",
        ),
    )


def _wait_cells(row: _Row) -> tuple[str, ...]:
    return (
        capital(name(row["activity"])),
        name(row["next_activity"]),
        count(row["follow_count"]),
        count(row["journey_count"]),
        duration(row["median_seconds"]),
        duration(row["p90_seconds"]),
        duration(row["waiting_seconds"]),
        share(row["dropoff_share"]),
        count(row["settled_count"]),
    )


def _hands(rows: Sequence[_Row]) -> list[Html]:
    ranked = [row for row in rows if row["is_ranked"] and row["difference_points"] is not None]
    if not rows:
        return []
    part = f" The {MAX_DRAWN} with the highest lower ends." if len(ranked) > MAX_DRAWN else ""
    figure = chart(
        "handovers",
        handover_figure(ranked[:MAX_DRAWN]),
        title="Hand-overs against staying",
        definition=f"Points more (+) or fewer (−) of the journeys lost.{part} {HANDOVER_MEANING}",
    )
    caption = f"Hand-overs, by the lower end of what they lose more. {HANDOVER_MEANING}"
    cells = map(_hand_cells, rows[:MAX_LISTED])
    return [figure, folded("Show as a table", table(_HANDOVER_COLUMNS, cells, caption=caption))]


def handover_figure(rows: Sequence[_Row]) -> go.Figure:
    """How many points more of the journeys are lost after each hand-over than of those that stayed."""
    return forest_figure(
        [_hand(row) for row in rows],
        axis="points more (+) or fewer (−) lost",
        kind="signed",
        empty="No hand-over has enough journeys to compare.",
    )


def _hand(row: _Row) -> Estimate:
    label = f"{capital(name(row['from_value']))} to {name(row['to_value'])} ({name(row['dimension'])})"
    return Estimate(
        label=label,
        told=f"{signed(row['difference_points'])} ({_points_interval(row)})",
        value=row["difference_points"],
        low=row["difference_low_points"],
        high=row["difference_high_points"],
        sample=min(row["compared_count"], row["compared_reference_count"]),
        hover=(
            label,
            f"lost {share(row['dropoff_share'])} of {several(row['settled_count'], 'settled journey')}",
            f"stayed: {share(row['reference_share'])} of {count(row['reference_count'])}",
        ),
        colour=theme.LOST if is_loss(row) else theme.ADVANCED,
    )


def _hand_cells(row: _Row) -> tuple[str, ...]:
    return (
        capital(name(row["dimension"])),
        name(row["from_value"]),
        name(row["to_value"]),
        count(row["journey_count"]),
        count(row["handover_count"]),
        *_lost(row, "dropoff_share", "settled_count", "reference_share", "reference_count"),
    )
