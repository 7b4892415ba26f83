"""Rework and waiting: what journeys do again, where they wait and where they change hands, as a section."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from journey_analytics.language import said
from journey_analytics.report.blocks import Column, Section, chart, folded, switch, table
from journey_analytics.report.figures.rework import bottleneck_figure, handover_figure, rework_figure
from journey_analytics.report.markup import Html, join, tag
from journey_analytics.report.wording import (
    capital,
    count,
    duration,
    name,
    points_interval,
    several,
    share,
    signed,
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
    Column("Times", number=True), Column("Median time it took", number=True), *_LOST,
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
    "repeated_contact": "Of the journeys with a contact about the topic, those with another one.",
    "stage_regression": "Of the journeys that entered the stage before the purchase, those that fell back from it.",
}


def rework(frames: Mapping[str, pl.DataFrame]) -> Section | None:
    """What is done again by kind, the most waiting, and the hand-overs that lose most; None: there is nothing of it."""
    again, waits, hands = _again(frames), _waits(frames), _handovers(frames)
    if not (again or waits or hands):
        return None
    parts = [_kind(kind, [row for row in again if row["kind"] == kind]) for kind in KINDS]
    shown = [
        (kind, said(KINDS[kind]), content) for kind, content in zip(KINDS, parts, strict=True) if content is not None
    ]
    body = [switch("rework-kind", said("Done again"), shown)] if shown else []
    return Section(
        "rework",
        said("Rework and waiting"),
        _lead(again, waits, hands),
        join([*body, *_waiting(waits), *_hands(hands)]),
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
    told = [
        *(
            said(
                "{subject} comes again in {journey_share} of the {journeys} that have it.",
                subject=capital(name(row["subject"])),
                journey_share=share(row["journey_share"]),
                journeys=several(row["base_count"], "journey"),
            )
            for row in loops
        ),
        *(
            said(
                "Most waiting in all: from {activity} to {next_activity}, {median_seconds} in the median, {times}.",
                activity=name(row["activity"]),
                next_activity=name(row["next_activity"]),
                median_seconds=duration(row["median_seconds"]),
                times=several(row["follow_count"], "time"),
            )
            for row in waits[:1]
        ),
        *(
            said(
                "The hand-over that loses most: {from_value} to {to_value}, {difference_points} points against "
                "staying.",
                from_value=name(row["from_value"]),
                to_value=name(row["to_value"]),
                difference_points=signed(row["difference_points"]),
            )
            for row in lossy
        ),
    ]
    return tag(
        "span",
        " ".join([*told, *([] if lossy or not hands else [said("No hand-over certainly loses more than staying.")])]),
    )


def _what(kind: str) -> str:
    told = said(_WHAT[kind])
    return f"{told} {said(NO_TOPIC)}" if kind == "repeated_contact" else told


def _kind(kind: str, rows: Sequence[_Row]) -> Html | None:
    if not rows:
        return None
    part = (" " + said("The {most} of most journeys.", most=MAX_DRAWN)) if len(rows) > MAX_DRAWN else ""
    figure = chart(
        f"rework-{kind.replace('_', '-')}",
        rework_figure(rows[:MAX_DRAWN]),
        title=said(KINDS[kind]),
        definition=said(
            "{what}{part} Orange: more of the journeys with it are lost than of those without; blue: fewer, or "
            "it cannot be told. {caution}",
            what=_what(kind),
            part=part,
            caution=said(CAUTION),
        ),
    )
    caption = said("{kind}, by journeys. {caution}", kind=said(KINDS[kind]), caution=said(CAUTION))
    listed = folded(
        said("Show as a table"), table(_AGAIN_COLUMNS, map(_again_cells, rows[:MAX_LISTED]), caption=caption)
    )
    return join([figure, listed])


def _again_cells(row: _Row) -> tuple[str, ...]:
    return (
        capital(name(subject_words(row))),
        count(row["journey_count"]),
        count(row["base_count"]),
        share(row["journey_share"]),
        count(row["occurrence_count"]),
        duration(row["median_extra_seconds"]),
        *_lost(row, "dropoff_share_with", "settled_with_count", "dropoff_share_without", "settled_without_count"),
    )


def _lost(row: _Row, with_: str, n_with: str, without: str, n_without: str) -> tuple[str, ...]:
    return (
        share(row[with_]),
        count(row[n_with]),
        share(row[without]),
        count(row[n_without]),
        signed(row["difference_points"]),
        points_interval(row),
    )


def _waiting(rows: Sequence[_Row]) -> list[Html]:
    if not rows:
        return []
    part = (said("the {most} of most waiting of", most=MAX_DRAWN) + " ") if len(rows) > MAX_DRAWN else ""
    figure = chart(
        "bottlenecks",
        bottleneck_figure(rows[:MAX_DRAWN]),
        title=said("Where most is waited in all"),
        definition=said(
            "{part}{pairs} of activities that directly follow each other: times × median wait. What is only sent "
            "to the customer is left out.",
            part=capital(part),
            pairs=several(len(rows), "pair"),
        ),
    )
    caption = said("Most waiting in all: times × median wait. Lost: of the settled ones of the journeys with it")
    return [
        figure,
        folded(said("Show as a table"), table(_WAIT_COLUMNS, map(_wait_cells, rows[:MAX_LISTED]), caption=caption)),
    ]


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
    part = (" " + said("The {most} with the highest lower ends.", most=MAX_DRAWN)) if len(ranked) > MAX_DRAWN else ""
    figure = chart(
        "handovers",
        handover_figure(ranked[:MAX_DRAWN]),
        title=said("Hand-overs against staying"),
        definition=said(
            "Points more (+) or fewer (\u2212) of the journeys lost.{part} {meaning}",
            part=part,
            meaning=said(HANDOVER_MEANING),
        ),
    )
    caption = said("Hand-overs, by the lower end of what they lose more. {meaning}", meaning=said(HANDOVER_MEANING))
    cells = map(_hand_cells, rows[:MAX_LISTED])
    return [figure, folded(said("Show as a table"), table(_HANDOVER_COLUMNS, cells, caption=caption))]


def _hand_cells(row: _Row) -> tuple[str, ...]:
    return (
        capital(name(row["dimension"])),
        name(row["from_value"]),
        name(row["to_value"]),
        count(row["journey_count"]),
        count(row["handover_count"]),
        *_lost(row, "dropoff_share", "settled_count", "reference_share", "reference_count"),
    )
