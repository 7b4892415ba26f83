"""Alerts: the rows of what changed, or of the drop-off, that a rule asks for. None where nothing happened. Pure."""

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

import polars as pl

from journey_analytics.change.rules import (
    ANY,
    DROPOFF,
    EVERY,
    NOTHING_NEXT,
    RELATIVE,
    SIGNIFICANT,
    THRESHOLD,
    UP,
    AlertRule,
)
from journey_analytics.change.sentences import message, subject
from journey_analytics.change.tallies import WHOLE

ALERT_SCHEMA: Final = pl.Schema({
    "alert_id": pl.String(), "as_of_on": pl.Date(), "rule": pl.String(), "kind": pl.String(), "metric": pl.String(),
    "stage": pl.String(), "activity": pl.String(), "next_activity": pl.String(), "segment": pl.String(),
    "segment_value": pl.String(), "subject": pl.String(), "value": pl.Float64(), "reference_value": pl.Float64(),
    "difference": pl.Float64(), "unit_count": pl.Int64(), "change_id": pl.String(), "message": pl.String(),
})  # fmt: skip
_NAMED_BY: Final = ("rule", "metric", "stage", "activity", "next_activity", "segment", "segment_value")


def alerts(
    changes: pl.DataFrame,
    reasons: pl.DataFrame,
    dropoff: pl.DataFrame,
    *,
    rules: Iterable[AlertRule],
    minimum_count: int,
    length: timedelta,
    follow: timedelta,
) -> pl.DataFrame:
    """One row per rule and figure that it asks for, rules in their order, the strongest evidence first.

    Args:
        changes: of `changes.changes`.
        reasons: of `reasons.reasons`.
        dropoff: of `mart.stage_dropoff`.
        rules: what to look for.
        minimum_count: units below which a rule without a number of its own is silent.
        length: of a period, for the sentence.
        follow: how long an activity had to be followed, for the sentence.

    Returns:
        `ALERT_SCHEMA`. Of a significant change, a segment is silent where the whole of its stage alerts in the same
        direction: that is one piece of news, and `mart.change_reason` says which segments are behind it.
    """
    leading = {row["change_id"]: row for row in reasons.filter(pl.col("place") == 1).to_dicts()}
    rows = [
        _row(rule, found, leading.get(found["change_id"]), length=length, follow=follow)
        for rule in rules
        for found in _found(rule, changes, dropoff, minimum_count=minimum_count).to_dicts()
    ]
    return pl.DataFrame(rows, schema=ALERT_SCHEMA)


def _found(rule: AlertRule, changes: pl.DataFrame, dropoff: pl.DataFrame, *, minimum_count: int) -> pl.DataFrame:
    """The rows that a rule asks for, each with `value`, `reference_value` and `units`."""
    figures = _dropoff_figures(dropoff) if rule.metric == DROPOFF else _change_figures(changes)
    least = minimum_count if rule.minimum_count is None else rule.minimum_count
    asked = figures.filter(_is_about(rule), pl.col("units") >= least)
    found = asked.filter(_HOLDS[rule.kind](rule))
    return _without_parts_of_the_whole(found) if rule.kind == SIGNIFICANT else found


def _change_figures(changes: pl.DataFrame) -> pl.DataFrame:
    """Entrants are told as numbers for each period, everything else as shares."""
    is_number = pl.col("metric") == "entrants"
    mean = pl.col("previous_count") / pl.col("previous_period_count")
    return changes.with_columns(
        value=pl.when(is_number).then(pl.col("present_count").cast(pl.Float64)).otherwise("present_share"),
        reference_value=pl.when(is_number).then(mean).otherwise("previous_share"),
        units=pl.when(is_number).then(pl.max_horizontal("present_count", mean)).otherwise("present_count"),
    )


def _dropoff_figures(dropoff: pl.DataFrame) -> pl.DataFrame:
    none = pl.lit(None, dtype=pl.String)
    return dropoff.with_columns(
        metric=pl.lit(DROPOFF),
        activity=none,
        next_activity=none,
        change_id=none,
        value="estimated_dropoff_share",
        reference_value=pl.lit(None, dtype=pl.Float64),
        relative_change=pl.lit(None, dtype=pl.Float64),
        units=pl.col("entered_count"),
    )


def _is_about(rule: AlertRule) -> pl.Expr:
    asked = [pl.col("metric") == rule.metric]
    asked += [
        pl.col(name) == getattr(rule, name)
        for name in ("stage", "activity", "segment_value")
        if getattr(rule, name) is not None
    ]
    if rule.next_activity is not None:
        is_nothing = pl.col("next_activity").is_null()
        asked += [is_nothing if rule.next_activity == NOTHING_NEXT else pl.col("next_activity") == rule.next_activity]
    if rule.segment != EVERY:
        asked += [pl.col("segment") == (rule.segment or WHOLE)]
    return pl.all_horizontal(asked)


def _is_beyond(rule: AlertRule) -> pl.Expr:
    return pl.col("value") > rule.value if rule.direction == UP else pl.col("value") < rule.value


def _has_changed(rule: AlertRule) -> pl.Expr:
    change = pl.col("relative_change")
    size = change.abs() if rule.direction == ANY else change if rule.direction == UP else -change
    return size >= rule.value


def _is_significant(rule: AlertRule) -> pl.Expr:
    sure = pl.col("is_significant") if rule.maximum_q is None else pl.col("q_value") <= rule.maximum_q
    return sure & _has_changed(rule)


_HOLDS: Final = {THRESHOLD: _is_beyond, RELATIVE: _has_changed, SIGNIFICANT: _is_significant}


def _without_parts_of_the_whole(found: pl.DataFrame) -> pl.DataFrame:
    is_whole = pl.col("segment") == WHOLE
    told = is_whole.any().over("metric", "stage", pl.col("difference_points").sign())
    return found.filter(is_whole | ~told)


def _row(
    rule: AlertRule, found: dict[str, Any], reason: dict[str, Any] | None, *, length: timedelta, follow: timedelta
) -> dict[str, Any]:
    named = {**found, "rule": rule.rule}
    reference = rule.value if rule.kind == THRESHOLD else found["reference_value"]
    return {
        "alert_id": hashlib.sha256(repr([named[name] for name in _NAMED_BY]).encode()).hexdigest()[:12],
        **{name: named[name] for name in ("as_of_on", *_NAMED_BY)},
        "kind": rule.kind,
        "subject": subject(found),
        "value": found["value"],
        "reference_value": reference,
        "difference": found["value"] - reference,
        "unit_count": int(found["units"]),
        "change_id": found["change_id"],
        "message": message(rule, found, reason, length=length, follow=follow),
    }
