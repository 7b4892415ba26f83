"""The rules of the process: how often each was kept, broken, or cannot be told yet, as a section."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from journey_analytics.language import said
from journey_analytics.process_rules.sentences import CAUTION, PENDING, notes, worst_first
from journey_analytics.report.blocks import Column, Section, chart, folded, table
from journey_analytics.report.figures.rules import result_words, rules_figure
from journey_analytics.report.markup import Html, join, tag
from journey_analytics.report.stored import retold
from journey_analytics.report.wording import (
    MISSING,
    count,
    interval,
    month,
    points_interval,
    several,
    share,
    signed,
)

_Row = dict[str, Any]
_COLUMNS = (
    Column("Rule"), Column("Asked", number=True), Column("Kept", number=True), Column("Broken", number=True),
    Column("Pending", number=True), Column("Broken, share", number=True), Column("95 % interval", number=True),
    Column("Lost when broken", number=True), Column("n", number=True), Column("Lost when kept", number=True),
    Column("n", number=True), Column("Difference, points", number=True), Column("95 % interval", number=True),
    Column("Note"),
)  # fmt: skip
_VIOLATION_COLUMNS = (Column("Journey"), Column("Month"))
_MEANING = (
    "Share of the cases in which a rule asked for something and it certainly did not come true, of those where that is "
    "certain."
)


def rules(frames: Mapping[str, pl.DataFrame]) -> Section | None:
    """Every process rule with how often it was broken, and the newest violations; None: there are no rules."""
    rows = sorted(frames["mart.rule_conformance"].to_dicts(), key=worst_first)
    if not rows:
        return None
    figure = chart(
        "process-rules",
        rules_figure(rows),
        title=said("Cases that broke the rule"),
        definition=said(
            "{meaning} {pending} A customer's cases are looked at over all journeys, where the rule is about "
            "customers. Hollow: fewer than 30 certain cases.",
            meaning=said(_MEANING),
            pending=said(PENDING),
        ),
    )
    return Section(
        "rules", said("Rules of the process"), _lead(rows), join([figure, _table(rows), *_violations(frames, rows)])
    )


def _lead(rows: Sequence[_Row]) -> Html:
    worst = rows[0]
    broken = sum(1 for row in rows if row["violated_count"])
    most = (
        ""
        if not worst["violated_count"]
        else (
            " "
            + said(
                "Most: “{description}” was {told}.", description=retold(worst["description"]), told=result_words(worst)
            )
        )
    )
    return tag(
        "span",
        said(
            "{broken} of {rules} of the process certainly broken.{most}",
            broken=count(broken),
            rules=several(len(rows), "rule"),
            most=most,
        ),
    )


def _table(rows: Sequence[_Row]) -> Html:
    caption = said("Rules of the process, the most broken first. {caution}", caution=said(CAUTION)).replace(
        " %", "\u00a0%"
    )
    return table(_COLUMNS, map(_cells, rows), caption=caption)


def _cells(row: _Row) -> tuple[str, ...]:
    return (
        retold(row["description"] or row["rule_id"]),
        count(row["activation_count"]),
        count(row["fulfilled_count"]),
        count(row["violated_count"]),
        count(row["pending_count"]),
        share(row["violated_share"]),
        interval(row["violated_low_share"], row["violated_high_share"]),
        share(row["violated_dropoff_share"]),
        count(row["violated_settled_count"]),
        share(row["fulfilled_dropoff_share"]),
        count(row["fulfilled_settled_count"]),
        signed(row["difference_points"]),
        points_interval(row),
        "; ".join(map(retold, notes(row))) or MISSING,
    )


def _violations(frames: Mapping[str, pl.DataFrame], rows: Sequence[_Row]) -> list[Html]:
    return [_violation(frames["mart.rule_violation"], row) for row in rows if row["violated_count"]]


def _violation(found: pl.DataFrame, row: _Row) -> Html:
    newest = found.filter(pl.col("rule_id") == row["rule_id"]).sort("place").to_dicts()
    cells = [
        (said("Journey {n}", n=count(place)), month(one["occurred_at"] and f"{one['occurred_at']:%Y-%m}"))
        for place, one in enumerate(newest, start=1)
    ]
    caption = said("What broke the rule, newest first; all of it: journey rules {rule_id}", rule_id=row["rule_id"])
    return folded(
        said("Show what broke “{description}”", description=retold(row["description"])),
        table(_VIOLATION_COLUMNS, cells, caption=caption),
    )
