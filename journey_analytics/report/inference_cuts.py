"""Where a journey begins: why journeys are cut, the pauses that end one, and the signals of another need."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from journey_analytics.language import number, said
from journey_analytics.report.blocks import Column, chart, folded, grid, table
from journey_analytics.report.figures import inference as drawn
from journey_analytics.report.figures.dropoff import stage_order
from journey_analytics.report.figures.inference import Part
from journey_analytics.report.inference_blocks import not_yet, part, quality_items
from journey_analytics.report.inference_words import cut_reason, stages_listed
from journey_analytics.report.markup import Html, tag
from journey_analytics.report.stored import retold
from journey_analytics.report.wording import MISSING, count, moment, name, share, stage_title

Frames = Mapping[str, pl.DataFrame]
_Row = dict[str, Any]

_LIMIT_COLUMNS = (
    Column("Stage"), Column("Configured", number=True), Column("Learnt", number=True), Column("Used", number=True),
    Column("Pauses", number=True), Column("Returns", number=True), Column("Still silent", number=True),
    Column("New needs per day", number=True), Column("Wrongly cut, per pause", number=True),
    Column("Wrongly joined, per pause", number=True), Column("Why"),
)  # fmt: skip


def cuts(frames: Frames) -> Html:
    """Why journeys begin, the pauses that end one, and what the signals of another need say."""
    title = said("Where a journey begins")
    reasons = quality_items(frames, "cut_reason")
    limits = frames["core.inactivity_limit"]
    if not reasons and limits.is_empty():
        return part(
            title, not_yet("Why journeys begin, and the pauses that end one, are measured by {command}.", "journey run")
        )
    figures = grid("two", _cut_chart(reasons), _limit_chart(limits))
    return part(title, _limit_words(limits), _signal_words(frames["core.need_signal"]), figures, _limit_table(limits))


def _cut_chart(reasons: Sequence[_Row]) -> Html:
    if not reasons:
        return not_yet("Journeys by why they began are counted by {command}.", "journey run")
    parts = [Part(cut_reason(row["item"]), row["n"], row["share"] or 0.0, said("journeys")) for row in reasons]
    return chart(
        "inference-cut",
        drawn.parts_figure(parts, axis=said("share of journeys")),
        title=said("Why journeys begin"),
        definition=said(
            "Every journey, contact-only ones included, by what separates it from the customer's one before."
        ),
        heading="h4",
    )


def _limit_chart(limits: pl.DataFrame) -> Html:
    if limits.is_empty():
        return not_yet("The pauses that end a journey are learnt by {command}.", "journey run")
    return chart(
        "inference-limit",
        drawn.limits_figure(limits),
        title=said("The pause that ends a journey"),
        definition=said(
            "By the stage the customer was in. Learnt: the day at which the fewest decisions are expected to be "
            "wrong, cut too early or joined too late; pauses that still last count for as long as they were "
            "seen. Where there is too little data the configured limit is used."
        ),
        heading="h4",
    )


def _limit_words(limits: pl.DataFrame) -> Html | None:
    if limits.is_empty():
        return None
    learnt = limits.filter(pl.col("learnt_days").is_not_null()).sort(stage_order())
    if learnt.is_empty():
        return tag("p", said("The pauses that end a journey are those configured; none was learnt."))
    until = learnt["learnt_until_at"][0]
    told = (" " + said("from what happened before {until}", until=moment(until))) if until is not None else ""
    return tag(
        "p",
        said(
            "The pause that ends a journey was learnt{told} for {stage_list}; otherwise as configured.",
            told=told,
            stage_list=_stage_list(learnt),
        ),
    )


def _stage_list(rows: pl.DataFrame) -> str:
    return stages_listed(rows["stage"].to_list())


def _signal_words(signals: pl.DataFrame) -> Html | None:
    rows = signals.sort("signal", descending=True).to_dicts()
    if not rows:
        return None
    stays = [row for row in rows if (row["signal"] or "").startswith("arrival by") and not row["is_used"]]
    told = [_signal_sentence(row) for row in rows if row not in stays]
    return tag("p", " ".join([*told, *([_stays_sentence(stays)] if stays else [])]))


def _stays_sentence(rows: Sequence[_Row]) -> str:
    """The activities whose visits are left with the need they fall into, in one sentence."""
    names = [name(row["signal"].rpartition(" ")[2]) for row in rows]
    opening = names[0]
    if len(names) > 1:
        opening = said("{all} or {last}", all=", ".join(names[:-1]), last=names[-1])
    visits = count(sum(row["pair_count"] or 0 for row in rows))
    return said(
        "A visit that opens with {opening} in the middle of a need stays with it ({visits} visits).",
        opening=opening,
        visits=visits,
    )


def _signal_sentence(row: _Row) -> str:
    kind, _, what = (row["signal"] or "").rpartition(" ")
    pairs = (
        said("; {pair_count} pairs of visits compared", pair_count=count(row["pair_count"]))
        if row["pair_count"]
        else ""
    )
    if kind == "arrival by":
        begins = said("is taken for the beginning of another") if row["is_used"] else said("goes with it")
        return said(
            "A visit in the middle of a need that opens with {what} {begins} ({reason}; {pair_count} visits).",
            what=name(what),
            begins=begins,
            reason=retold(name(row["reason"])),
            pair_count=count(row["pair_count"]),
        )
    if kind == "topic of":
        told = said("are read like those of the other sources") if row["is_used"] else said("are left out")
        return said(
            "Topics of {what} {told} ({reason}{pairs}).",
            what=name(what),
            told=told,
            reason=retold(name(row["reason"])),
            pairs=pairs,
        )
    used = said("is taken for another need") if row["is_used"] else said("does not begin another need")
    return said(
        "Another {signal} {used} ({reason}{pairs}).",
        signal=retold(name(row["signal"])),
        used=used,
        reason=retold(name(row["reason"])),
        pairs=pairs,
    )


def _limit_table(limits: pl.DataFrame) -> Html | None:
    rows = [_limit_cells(row) for row in limits.sort(stage_order()).iter_rows(named=True)]
    if not rows:
        return None
    numbers = table(
        _LIMIT_COLUMNS, rows, caption=said("Pauses between the touchpoints of a customer before a purchase")
    )
    return folded(said("Show how the pauses were learnt as a table"), numbers)


def _limit_cells(row: _Row) -> tuple[str, ...]:
    return (
        stage_title(row["stage"]),
        _days(row["configured_days"]),
        _days(row["learnt_days"]),
        _days(row["used_days"]),
        count(row["pause_count"]),
        count(row["return_count"]),
        count(row["censored_count"]),
        _small(row["background_share_per_day"]),
        share(row["wrong_cut_share"]),
        share(row["wrong_join_share"]),
        retold(name(row["reason"])),
    )


def _days(value: int | None) -> str:
    return MISSING if value is None else said("{value} days", value=count(value))


def _small(value: float | None) -> str:
    """A share per day: it is far below a per cent."""
    return MISSING if value is None else f"{number(f'{value * 100:.2f}')}\u00a0%"
