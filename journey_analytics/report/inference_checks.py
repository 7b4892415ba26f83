"""What the inference is checked against: other settings of it, and people's judgement."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from journey_analytics.language import number, said
from journey_analytics.report.blocks import Column, chart, folded, table
from journey_analytics.report.figures import inference as drawn
from journey_analytics.report.figures.dropoff import stage_order
from journey_analytics.report.figures.inference import Measured
from journey_analytics.report.inference_blocks import not_yet, part
from journey_analytics.report.inference_words import AUDIT_KINDS, DIMENSIONS, dimension_words, sentence_case, span
from journey_analytics.report.markup import Html, phrase, tag
from journey_analytics.report.stored import retold
from journey_analytics.report.wording import MISSING, count, interval, moment, several, share, stage_title

Frames = Mapping[str, pl.DataFrame]
_Row = dict[str, Any]

_RANGE_COLUMNS = (
    Column("Stage"), Column("What is changed"), Column("Settings", number=True), Column("As configured", number=True),
    Column("95 % interval", number=True), Column("Lowest to highest", number=True),
    Column("Spread, points", number=True), Column("Other rank, of others that rank it", number=True),
    Column("Others that rank it", number=True),
)  # fmt: skip
_AUDIT_COLUMNS = (
    Column("What"), Column("Stratum"), Column("Items", number=True), Column("Judged", number=True),
    Column("Right", number=True), Column("Right, of judged", number=True), Column("95 % interval", number=True),
    Column("Confidence stated", number=True), Column("Cannot tell", number=True), Column("Outdated", number=True),
)  # fmt: skip


def sensitivity(frames: Frames) -> Html:
    """How far each stage's loss moves when the choices behind it are others; says when it is of an older build."""
    title = said("What other choices would say")
    ranges = frames["mart.sensitivity_range"]
    if ranges.filter(pl.col("default_share").is_not_null()).is_empty():
        return part(
            title,
            not_yet(_UNTRIED, "journey sensitivity"),
        )
    return part(title, _build_words(ranges, frames["run.build"]), _range_chart(ranges), _range_table(ranges))


_UNTRIED = (
    "How far the losses move under other settings was not tried yet: {command} tries them, the next report shows it."
)


def _build_words(ranges: pl.DataFrame, builds: pl.DataFrame) -> Html:
    row = ranges.sort("setting_count", descending=True, nulls_last=True).row(0, named=True)
    return tag(
        "p",
        _stale_mark(row, builds),
        phrase(
            "{n} combinations of settings, tried on build {build} of {built_at}; {command} tries them again.",
            n=count(row["setting_count"]),
            build=count(row["build_id"]),
            built_at=moment(row["built_at"]),
            command=tag("code", "journey sensitivity"),
        ),
    )


def _stale_mark(row: _Row, builds: pl.DataFrame) -> Html | None:
    """What is of another build than the newest says so; null where nothing tells which it is of."""
    is_stale = row["build_id"] is not None and any(build != row["build_id"] for build in builds["build_id"])
    return (
        tag("strong", (said("Stale: the tables have been rebuilt since.") + " "), class_="warn") if is_stale else None
    )


def _range_chart(ranges: pl.DataFrame) -> Html:
    return chart(
        "inference-sensitivity",
        drawn.sensitivity_figure(ranges),
        title=said("How far the share lost moves"),
        definition=said(
            "Dot: as configured, with its 95 % interval. Bars, and below the stage: lowest to highest estimate, "
            "over all combinations and for one choice alone, the others as configured. Stitching: which login an "
            "anonymous touchpoint goes to (only one within 30 minutes, as configured, or the nearest at any "
            "distance). Inactivity limit and window: from half to one and a half times as long. Order: how "
            "moving on has to follow the entry."
        ),
        heading="h4",
    )


def _range_table(ranges: pl.DataFrame) -> Html:
    places = {dimension: place for place, dimension in enumerate(DIMENSIONS)}
    dimension_order = pl.col("dimension").replace_strict(places, default=len(places), return_dtype=pl.Int64)
    rows = [_range_cells(row) for row in ranges.sort(stage_order(), dimension_order, "dimension").iter_rows(named=True)]
    caption = said(
        "Estimated share lost over the settings. Other rank: of the other settings that rank the stage, "
        "those in which it ranks elsewhere by loss than as configured"
    )
    return folded(said("Show these ranges as a table"), table(_RANGE_COLUMNS, rows, caption=caption))


def _range_cells(row: _Row) -> tuple[str, ...]:
    return (
        stage_title(row["stage"]),
        dimension_words(row["dimension"]),
        count(row["setting_count"]),
        share(row["default_share"]),
        interval(row["default_low_share"], row["default_high_share"]),
        span(row["low_share"], row["high_share"]),
        MISSING if row["spread_points"] is None else number(f"{row['spread_points']:.1f}"),
        share(row["flip_share"]),
        count(row["ranked_count"]),
    )


def audit(frames: Frames) -> Html:
    """How much of what was inferred people judged to be right, beside the confidence that is stated for it."""
    title = said("What people judged")
    rows = frames["mart.audit_precision"]
    wholes = rows.filter((pl.col("stratum") == "all") & (pl.sum_horizontal(*_TAKEN_IN) > 0))
    if wholes.is_empty():
        return part(title, not_yet("{command} draws a sample to judge.", "journey audit sheet.csv"))
    told = wholes.filter(pl.col("precision_share").is_not_null())
    figure = None if told.is_empty() else _audit_chart(told)
    return part(title, _audit_words(wholes, frames["run.build"]), figure, _audit_table(rows))


_TAKEN_IN = ("judged_count", "cannot_tell_count", "outdated_count")


def _audit_words(wholes: pl.DataFrame, builds: pl.DataFrame) -> Html:
    """How many judgements there are, when the newest was taken in, and whether the tables are still those judged."""
    row = wholes.row(0, named=True)
    return tag(
        "p",
        _stale_mark(row, builds),
        f"{_taken_in(wholes)}{_judged_when(row)}. ",
        phrase(
            "{judged} holds the judgements against the present tables, {drawn} draws a new sample.",
            judged=tag("code", "journey audit --judged sheet.csv"),
            drawn=tag("code", "journey audit sheet.csv"),
        ),
    )


def _taken_in(wholes: pl.DataFrame) -> str:
    judged, untold, outdated = (int(wholes[column].sum()) for column in _TAKEN_IN)
    told = [said("{items} judged", items=several(judged, "item"))]
    told += [said("{untold} could not be told", untold=count(untold))] if untold else []
    told += [said("{outdated} outdated, as the answer has changed since", outdated=count(outdated))] if outdated else []
    return ", ".join(told)


def _judged_when(row: _Row) -> str:
    """Nothing for a table of an earlier version, which does not tell."""
    taken = (
        said("; the newest judgement was taken in on {judged_at}", judged_at=moment(row["judged_at"]))
        if row["judged_at"]
        else ""
    )
    build = (
        said(
            "; counted on build {build_id} of {built_at}",
            build_id=count(row["build_id"]),
            built_at=moment(row["built_at"]),
        )
        if row["build_id"]
        else ""
    )
    return taken + build


def _audit_chart(wholes: pl.DataFrame) -> Html:
    rows = [
        Measured(
            _kind(row["kind"]), row["precision_share"], row["low_share"], row["high_share"], row["judged_count"],
            row["mean_confidence"],
        )
        for row in _ordered(wholes).iter_rows(named=True)
    ]  # fmt: skip
    return chart(
        "inference-audit",
        drawn.measured_figure(
            rows, measured=said("Judged right"), stated=said("Confidence stated"), axis=said("right, share of judged")
        ),
        title=said("Judged right, beside the confidence stated"),
        definition=said(
            "Of the items that a person could tell, those judged right, weighted to all items of their kind. "
            "Lines: 95 % intervals. Hollow: fewer than 30 judged. No confidence is stated for journey cuts."
        ),
        heading="h4",
    )


def _ordered(rows: pl.DataFrame) -> pl.DataFrame:
    places = {kind: place for place, kind in enumerate(AUDIT_KINDS)}
    order = pl.col("kind").replace_strict(places, default=len(places), return_dtype=pl.Int64)
    return rows.sort(order, "kind", pl.col("stratum") != "all", "stratum")


def _audit_table(rows: pl.DataFrame) -> Html:
    cells = [_audit_cells(row) for row in _ordered(rows).iter_rows(named=True)]
    return folded(
        said("Show the judgements by stratum"), table(_AUDIT_COLUMNS, cells, caption=said("Judged items by stratum"))
    )


def _audit_cells(row: _Row) -> tuple[str, ...]:
    return (
        _kind(row["kind"]),
        said("All") if row["stratum"] == "all" else retold(sentence_case(row["stratum"])),
        count(row["stratum_count"]),
        count(row["judged_count"]),
        count(row["right_count"]),
        share(row["precision_share"]),
        interval(row["low_share"], row["high_share"]),
        share(row["mean_confidence"]),
        count(row["cannot_tell_count"]),
        count(row["outdated_count"]),
    )


def _kind(kind: str) -> str:
    return said(AUDIT_KINDS[kind]) if kind in AUDIT_KINDS else sentence_case(kind)
