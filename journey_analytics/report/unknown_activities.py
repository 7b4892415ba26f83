"""Activities without a stage, with what is suggested for them and why, and the command that accepts it."""

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from journey_analytics.language import said
from journey_analytics.report.blocks import Column, folded, table
from journey_analytics.report.inference_words import accept_command
from journey_analytics.report.markup import Html, join, phrase, tag
from journey_analytics.report.stored import retold
from journey_analytics.report.wording import MISSING, count, name, readable, several, share, stage_title

Frames = Mapping[str, pl.DataFrame]

_SHOWN = 5
_AT_MOST = 40
_COLUMNS = (
    Column("Activity"), Column("Source"), Column("No rule matched", number=True),
    Column("Without stage, of its touchpoints", number=True), Column("Suggested stage"), Column("Evidence"),
)  # fmt: skip
_BY_RULE_COLUMNS = (
    Column("Activity"), Column("Source"), Column("Without stage", number=True),
    Column("of its touchpoints", number=True),
)  # fmt: skip


def unknown_words(headline: pl.DataFrame) -> Html | None:
    """How many touchpoints have no stage, and of how many that is not on purpose."""
    rows = headline.to_dicts()
    if not rows:
        return None
    row = rows[0]
    unknown, unmatched = row["unknown_share"], row["unmatched_share"]
    by_rule = None if unknown is None or unmatched is None else max(0.0, unknown - unmatched)
    return tag(
        "p",
        said(
            "{unknown} of {touchpoints} have no stage: {by_rule} on purpose, because a rule says so (a delivered "
            "e-mail, for example), and {unmatched} because no rule matched.",
            unknown=share(unknown),
            touchpoints=several(row["touchpoint_count"] or 0, "touchpoint"),
            by_rule=share(by_rule),
            unmatched=share(unmatched),
        ),
    )


def unknown_activities(frames: Frames) -> Html:
    """Activities that no rule matched, the most frequent first; those that a rule leaves without a stage are folded."""
    rows = _with_evidence(frames)
    unmatched, by_rule = rows.filter(pl.col("unmatched_count") > 0), rows.filter(pl.col("unmatched_count") == 0)
    shown, rest = unmatched.head(_SHOWN), unmatched.slice(_SHOWN, _AT_MOST)
    caption = (
        said("The {most} with the most touchpoints", most=_SHOWN)
        if rest.height
        else said("By touchpoints that no rule matched")
    )
    blocks = [
        tag("h4", said("Activities that no rule knows")),
        *_accept_words(unmatched),
        _suggestion_table(shown, caption),
        *_folded_table(said("Show the rarer ones"), rest, _suggestion_table),
        *_folded_table(said("Show activities that a rule leaves without a stage, on purpose"), by_rule, _by_rule_table),
    ]
    return join(blocks)


def _folded_table(summary: str, rows: pl.DataFrame, drawn: Callable[[pl.DataFrame, str], Html]) -> list[Html]:
    """A table behind a line that opens it; none where it has no rows."""
    return [folded(summary, drawn(rows, f"{several(rows.height, 'activity', 'activities')}"))] if rows.height else []


def _with_evidence(frames: Frames) -> pl.DataFrame:
    """Unknown activities with the evidence of their suggestion; null where nothing is suggested."""
    told = frames["mart.stage_suggestion"].select("activity", "source", "evidence").unique(["activity", "source"])
    return (
        frames["mart.unknown_activity"]
        .with_columns(pl.col("unmatched_count").fill_null(0))
        .join(told, on=("activity", "source"), how="left")
        .sort(
            ["unmatched_count", "touchpoint_count", "activity", "source"],
            descending=[True, True, False, False],
            nulls_last=True,
        )
    )


def _accept_words(unmatched: pl.DataFrame) -> list[Html]:
    """The command that accepts a suggestion, for the first of them whose name is safe to paste."""
    if unmatched.is_empty():
        return []
    suggested = unmatched.filter(pl.col("suggested_stage").is_not_null())["activity"].drop_nulls().to_list()
    command = next(filter(None, map(accept_command, suggested)), "journey stage accept ACTIVITY")
    words = (
        "No stage is guessed. A suggestion becomes a rule when somebody accepts it, for example with {command}, and "
        "takes effect at the next run."
    )
    return [tag("p", phrase(words, command=tag("code", command)))]


def _suggestion_table(rows: pl.DataFrame, caption: str) -> Html:
    cells = [_cells(row) for row in rows.iter_rows(named=True)]
    return table(_COLUMNS, cells, caption=caption, empty=said("A rule matched every touchpoint."))


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    stage = row["suggested_stage"]
    return (
        name(row["activity"]),
        name(row["source"]),
        count(row["unmatched_count"]),
        share(row["touchpoint_share"]),
        said(
            "{stage}, right for {suggested_share}",
            stage=stage_title(stage),
            suggested_share=share(row["suggested_share"]),
        )
        if stage
        else said("none: the evidence is thin"),
        retold(readable(row["evidence"])) if row["evidence"] else MISSING,
    )


def _by_rule_table(rows: pl.DataFrame, caption: str) -> Html:
    cells = [
        (name(row["activity"]), name(row["source"]), count(row["touchpoint_count"]), share(row["touchpoint_share"]))
        for row in rows.head(_AT_MOST).iter_rows(named=True)
    ]
    return table(_BY_RULE_COLUMNS, cells, caption=caption)
