"""Where journeys are lost: the largest loss in a sentence, and the section with shares, counts and segments."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from journey_analytics.language import said
from journey_analytics.report.blocks import Column, Section, chart, folded, grid, switch, table
from journey_analytics.report.figures.dropoff import dropoff_figure, of_all, outcome_figure
from journey_analytics.report.figures.segments import (
    IN_TIME,
    MAX_SEGMENT_VALUES,
    ranking_stage,
    segment_figure,
    segment_rows,
)
from journey_analytics.report.markup import Html, join, tag
from journey_analytics.report.segment_words import value_title
from journey_analytics.report.stays import stays
from journey_analytics.report.wording import SMALL_SAMPLE, count, interval, listed, name, several, share, stage_title

Frames = Mapping[str, pl.DataFrame]

SEGMENT_TITLES = {
    "first_channel": "Marketing channel of the first touchpoint",
    "device": "Device",
    "country": "Country",
    "first_source": "System of the first touchpoint",
    "entry_month": "Month of entering the stage",
    "customer_kind": "New or returning customer",
    "persona": "Kind of customer when the journey began",
}
_TABLE_ONLY = frozenset({"all", "entry_week"})
"""Not to be chosen: the whole is drawn beside every segment, and weeks are too many and too small to compare."""

_DROPOFF_COLUMNS = (
    Column("Stage"), Column("Window", number=True), Column("Entered (n)", number=True), Column("Moved on", number=True),
    Column("Lost", number=True), Column("Still open", number=True), Column("Lost, estimated", number=True),
    Column("95 % interval", number=True), Column("Lost, observed", number=True), Column("95 % interval", number=True),
    Column("of n finished", number=True),
)  # fmt: skip


def loss_sentence(dropoff: pl.DataFrame) -> str:
    """The largest estimated share lost before the purchase, with its interval and n; ties go to the earlier stage.

    Where the interval of another stage reaches the largest one's, no stage is named alone: the sentence says so.
    """
    stage = ranking_stage(dropoff)
    row = next((row for row in of_all(dropoff).iter_rows(named=True) if row["stage"] == stage), None)
    if row is None:
        return said("Too few journeys to name the biggest loss.")
    alike = _as_large(dropoff, row)
    if alike:
        return said(
            "No stage stands out: the intervals of {listed} overlap; the largest is {stage} with {share} lost within "
            "{days} days (95 % interval {interval}, {entered} entered).",
            listed=listed([f"{stage_title(one['stage'])} {share(one['estimated_dropoff_share'])}" for one in alike]),
            stage=stage_title(row["stage"]),
            **_lost_figures(row),
        )
    return said(
        "{stage}: {share} of journeys are lost within {days} days (95 % interval {interval}, {entered} entered).",
        stage=stage_title(row["stage"]),
        **_lost_figures(row),
    )


def _as_large(dropoff: pl.DataFrame, largest: dict[str, Any]) -> list[dict[str, Any]]:
    """The largest stage and those whose intervals overlap with its own, in journey order; none where it is alone."""
    ranked = of_all(dropoff).filter(pl.col("is_ranked") & (pl.col("stage") != "post_purchase"))
    rows = [row for row in ranked.to_dicts() if _overlap(row, largest)]
    return rows if len(rows) > 1 else []


def _overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    ends = [(row["estimated_low_share"], row["estimated_high_share"]) for row in (one, other)]
    return all(None not in end for end in ends) and max(low for low, _ in ends) <= min(high for _, high in ends)


def repeat_sentence(dropoff: pl.DataFrame) -> str | None:
    """The same for the time after a purchase: who does not buy again; null where that is not estimated."""
    rows = of_all(dropoff).filter((pl.col("stage") == "post_purchase") & pl.col("is_ranked")).to_dicts()
    if not rows:
        return None
    return said(
        "After a purchase: {share} are not followed by another purchase within {days} days "
        "(95 % interval {interval}, {entered} entered).",
        **_lost_figures(rows[0]),
    )


def _lost_figures(row: dict[str, Any]) -> dict[str, str]:
    return {
        "share": share(row["estimated_dropoff_share"]),
        "days": count(row["window_days"]),
        "interval": interval(row["estimated_low_share"], row["estimated_high_share"]),
        "entered": count(row["entered_count"]),
    }


def losses(frames: Frames) -> Section:
    """Where journeys are lost: shares with intervals, counts with the open ones apart, and by segment."""
    dropoff = frames["mart.stage_dropoff"]
    shares = chart(
        "loss-share",
        dropoff_figure(dropoff),
        title=said("Share of journeys lost in each stage"),
        definition=said(
            "Estimated: of all journeys that entered the stage, the share that does not move on within its "
            "window; journeys still open count for as long as they were seen (Aalen–Johansen). Observed: lost ÷ "
            "(moved on + lost), only journeys whose window is over. Bars: 95 % intervals. Hollow: fewer than 30 "
            "journeys."
        ),
    )
    counts = chart(
        "loss-count",
        outcome_figure(dropoff),
        title=said("What became of the journeys that entered"),
        definition=said(
            "Journeys that entered the stage = moved on + lost + still open, as known at the cut-off. Lost: the "
            "window passed without moving on, or the journey was closed before. Open journeys are never counted "
            "as lost."
        ),
    )
    return Section(
        "losses",
        said("Where customers are lost"),
        _losses_lead(dropoff),
        join([grid("two", shares, counts), _dropoff_table(dropoff), *_stays(frames), _segments(dropoff)]),
    )


def _stays(frames: Frames) -> list[Html]:
    found = stays(frames)
    return [found] if found else []


def _losses_lead(dropoff: pl.DataFrame) -> Html:
    rows = of_all(dropoff).to_dicts()
    words = [_lost_words(row) for row in rows if row["is_ranked"] and row["estimated_dropoff_share"] is not None]
    few = [stage_title(row["stage"]) for row in rows if (row["entered_count"] or 0) < SMALL_SAMPLE]
    told = [
        *(
            [said("Estimated share lost within the stage's window: {listed}.", listed="; ".join(words))]
            if words
            else []
        ),
        *([said("Too few journeys to tell (fewer than 30): {stages}.", stages=listed(few))] if few else []),
    ]
    return tag("span", " ".join(told).replace(" %", "\u00a0%") if told else said("No shares yet."))


def _lost_words(row: dict[str, Any]) -> str:
    return said(
        "{stage} {share} (95 % interval {interval}, n = {n})",
        stage=stage_title(row["stage"]),
        share=share(row["estimated_dropoff_share"]),
        interval=interval(row["estimated_low_share"], row["estimated_high_share"]),
        n=count(row["entered_count"]),
    )


def _dropoff_table(dropoff: pl.DataFrame) -> Html:
    rows = [_dropoff_cells(stage_title(row["stage"]), row) for row in of_all(dropoff).iter_rows(named=True)]
    return table(
        _DROPOFF_COLUMNS,
        rows,
        caption=said("Journeys by stage: entered = moved on + lost + still open"),
        empty=said("No journey has entered a stage yet."),
    )


def _dropoff_cells(first: str, row: dict[str, Any]) -> tuple[str, ...]:
    mark = " *" if row["entered_count"] < SMALL_SAMPLE else ""
    return (
        first,
        said("{window_days} days", window_days=row["window_days"]),
        count(row["entered_count"]) + mark,
        count(row["advanced_count"]),
        count(row["dropped_count"]),
        count(row["open_count"]),
        share(row["estimated_dropoff_share"]),
        interval(row["estimated_low_share"], row["estimated_high_share"]),
        share(row["observed_dropoff_share"]),
        interval(row["observed_low_share"], row["observed_high_share"]),
        count(row["observed_count"]),
    )


def segment_title(segment: str) -> str:
    """A segment as people write it."""
    return said(SEGMENT_TITLES[segment]) if segment in SEGMENT_TITLES else name(segment)


def _segments(dropoff: pl.DataFrame) -> Html:
    present = set(dropoff["segment"].to_list()) - _TABLE_ONLY
    known = [segment for segment in SEGMENT_TITLES if segment in present]
    options = [
        (segment, segment_title(segment), _segment(dropoff, segment, place))
        for place, segment in enumerate([*known, *sorted(present - set(known))])
    ]  # fmt: skip
    if options:
        return switch("segment", said("Compare by"), options)
    none = said(
        "No breakdown by segment: either one group is chosen already and all of this is about it, or no segment is "
        "known yet."
    )
    return tag("p", none, class_="empty")


def _segment(dropoff: pl.DataFrame, segment: str, place: int) -> Html:
    rows = segment_rows(dropoff, segment)
    values = rows["segment_value"].n_unique()
    hidden = max(0, values - MAX_SEGMENT_VALUES)
    more = (" " + said("{values} only in the table.", values=several(hidden, "more value"))) if hidden else ""
    drawn = chart(
        f"segment-{place}",
        segment_figure(dropoff, segment),
        title=said("Estimated share lost, by {lowered}", lowered=_lowered(segment_title(segment))),
        definition=said(
            "Share of the journeys of each value that entered the stage and do not move on within its window, "
            "with 95 % intervals; dotted line: all journeys. {order_words}{more}",
            order_words=_order_words(dropoff, segment),
            more=more,
        ),
        wide=True,
    )
    cells = [_segment_cells(row) for row in rows.iter_rows(named=True)]
    columns = (Column("Value"), *_DROPOFF_COLUMNS)
    return join(
        [
            drawn,
            folded(
                said("Show these numbers as a table"),
                table(columns, cells, caption=said("* fewer than 30 journeys entered: not ranked")),
            ),
        ]
    )


def _segment_cells(row: dict[str, Any]) -> tuple[str, ...]:
    return (value_title(row["segment"], row["segment_value"]), *_dropoff_cells(stage_title(row["stage"]), row))


def _lowered(title: str) -> str:
    return title[0].lower() + title[1:]


def _order_words(dropoff: pl.DataFrame, segment: str) -> str:
    stage = ranking_stage(dropoff)
    if segment in IN_TIME or stage is None:
        return said("Hollow: fewer than 30 journeys; no mark: too few were watched long enough.")
    return said(
        "Highest loss in {stage} first; hollow: fewer than 30 journeys, not ranked; no mark: too few were "
        "watched long enough.",
        stage=stage_title(stage),
    )
