"""What changed: the alerts as sentences, the significant changes with their intervals, and who is behind them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from journey_analytics.change.sentences import subject
from journey_analytics.language import said
from journey_analytics.report.blocks import Column, Section, chart, folded, grid, table
from journey_analytics.report.figures.dropoff import stage_order
from journey_analytics.report.figures.forest import Estimate, forest_figure
from journey_analytics.report.markup import Html, join, tag
from journey_analytics.report.segment_words import group_title
from journey_analytics.report.stored import retold
from journey_analytics.report.wording import (
    MISSING,
    capital,
    count,
    day,
    name,
    points_interval,
    readable,
    several,
    share,
    signed,
    stage_title,
    two_digits,
)

MAX_ALERTS = 10
"""Alerts that are shown at once; the others are behind a line that opens them."""
MAX_CHANGES = 8
"""Changes of one kind that are drawn: the surest ones; the table has all of them."""

_Row = dict[str, Any]
_METRICS = {
    "advance": ("How many go on from a stage", "points more (+) or fewer (\u2212) go on"),
    "entrants": ("How many enter a stage", "per cent more (+) or fewer (\u2212) enter"),
    "edge": ("What customers do next", "points more (+) or less (\u2212) often"),
}
_UNITS = {"advance": "points", "edge": "points", "entrants": "%"}
_DEFINITIONS = {
    "advance": "Share of the entrants of the period who went on by its end, less the same share of the periods before, "
    "each seen as from its own end.",
    "edge": "Share of the times an activity was followed by the next one within a set time, less the same share of "
    "the periods before.",
    "entrants": "Journeys that entered, against the mean of the periods before.",
}
_REASONS = 3
_COLUMNS = (
    Column("What"), Column("Now", number=True), Column("Before", number=True), Column("n now", number=True),
    Column("n before", number=True), Column("Change", number=True), Column("95 % interval", number=True),
    Column("q", number=True), Column("Explained by"),
)  # fmt: skip
_REASON_WORDS = "Explained by: part of the change that comes from the value, where that is more than its part of the n"
_MINUS = re.compile(r"(?<=[ (])-(?=\d)")
_NO_CHANGE = "Nothing changed by more than chance would have it."


def changes(frames: Mapping[str, pl.DataFrame]) -> Section:
    """Alerts first, then every change that is more than chance, with what explains it; the periods are in the lead."""
    compared, alerts = frames["mart.change"], frames["mart.alert"]
    reasons = _reasons(frames["mart.change_reason"])
    found = compared.filter(pl.col("is_significant").fill_null(value=False)).sort("q_value", "p_value", "change_id")
    rows = found.to_dicts()
    body = [_alerts(alerts), *_charts(rows, reasons), *_table(rows, reasons), *_stages(compared, reasons)]
    return Section("changes", said("What changed"), _lead(compared, len(rows), alerts.height), join(body))


def _lead(compared: pl.DataFrame, changed: int, alerts: int) -> Html:
    """What was compared with what, and how much of it changed."""
    tested = compared["q_value"].count()
    if compared.is_empty():
        return tag("span", said("The earlier periods do not cover a month yet: nothing to compare."))
    row = compared.sort("from_on", "to_on", "previous_from_on", "change_id", nulls_last=True).row(0, named=True)
    periods = said(
        "{from_on} to {to_on} against the {periods} before it (from {previous_from_on})",
        from_on=day(row["from_on"]),
        to_on=day(row["to_on"]),
        periods=several(row["previous_period_count"] or 0, "period"),
        previous_from_on=day(row["previous_from_on"]),
    )
    if not tested:
        return tag("span", said("Nothing could be tested, too few journeys: {periods}.", periods=periods))
    verdict = f"{said(_NO_CHANGE)} " if not changed and not alerts else ""
    told = said(
        "{changed} of {figures} changed, at a false-discovery rate of 5\u00a0%.",
        changed=count(changed),
        figures=several(tested, "tested figure"),
    )
    other = said("The overview compares months; this compares these days with the ones before.")
    return tag("span", f"{verdict}{capital(periods)}: {told} {other}")


def _alerts(alerts: pl.DataFrame) -> Html:
    rows = alerts.sort("kind", "metric", "alert_id").to_dicts()
    if not rows:
        return tag("p", said("No alert."), class_="empty")
    first, rest = rows[:MAX_ALERTS], rows[MAX_ALERTS:]
    more = [folded(said("Show {alerts}", alerts=several(len(rest), "more alert")), _alert_list(rest))] if rest else []
    return join([_alert_list(first), *more])


def _alert_list(rows: Sequence[_Row]) -> Html:
    return tag("ul", *(tag("li", _sentence(row["message"] or "")) for row in rows), class_="alerts")


def _sentence(message: str) -> str:
    """A message with names, signs and per cent as this page writes them."""
    return _MINUS.sub("\u2212", retold(readable(message))).replace(" %", "\u00a0%")


def _reasons(reasons: pl.DataFrame) -> dict[str, list[_Row]]:
    """By change, the values that explain more of it than their size would, the first ones."""
    tells = reasons.filter(pl.col("explained_share") > pl.col("unit_share")).sort(
        "change_id", "place", "segment", "segment_value"
    )
    groups = tells.group_by("change_id", maintain_order=True).head(_REASONS)
    return {key[0]: part.to_dicts() for key, part in groups.group_by("change_id", maintain_order=True)}


def _explained(row: _Row, reasons: Mapping[str, Sequence[_Row]]) -> str:
    told = [
        f"{group_title(each['segment'], each['segment_value'])} {100 * each['explained_share']:.0f}\u00a0%"
        for each in reasons.get(row["change_id"], ())
    ]
    return "; ".join(told) or MISSING


def _subject(row: _Row) -> str:
    """What `journey changes` calls it, with names as people write them."""
    named = {key: name(row[key]) for key in ("segment", "segment_value", "activity")}
    following = {} if row["next_activity"] is None else {"next_activity": name(row["next_activity"])}
    stage = {} if row["stage"] is None else {"stage": stage_title(row["stage"]).lower()}
    return capital(subject(row | named | following | stage))


def _label(row: _Row) -> str:
    """The subject in few words: the title of the figure says what of it changed."""
    if row["metric"] == "edge":
        return _subject(row)
    of = "" if row["segment"] == "all" else f" · {group_title(row['segment'], row['segment_value'])}"
    return f"{stage_title(row['stage'] or '')}{of}"


def _charts(rows: Sequence[_Row], reasons: Mapping[str, Sequence[_Row]]) -> list[Html]:
    kinds = [(metric, [row for row in rows if row["metric"] == metric]) for metric in _METRICS]
    charts = [_chart(metric, found, reasons) for metric, found in kinds if found]
    return [grid("two", *charts)] if charts else []


def _chart(metric: str, found: Sequence[_Row], reasons: Mapping[str, Sequence[_Row]]) -> Html:
    title, axis = (said(text) for text in _METRICS[metric])
    drawn = [row for row in found if row["difference_points"] is not None]
    shown = sorted(drawn[:MAX_CHANGES], key=lambda row: (-row["difference_points"], row["change_id"]))
    part = (
        (" " + said("Drawn: the {most} surest of {found}.", most=MAX_CHANGES, found=count(len(found))))
        if len(drawn) > MAX_CHANGES
        else ""
    )
    return chart(
        f"changes-{metric}",
        forest_figure(
            [_estimate(row, reasons) for row in shown],
            axis=axis,
            kind="signed",
            empty=said("No difference can be told."),
        ),
        title=title,
        definition=said("{what} Lines: 95 % intervals.{part}", what=said(_DEFINITIONS[metric]), part=part),
    )


def _estimate(row: _Row, reasons: Mapping[str, Sequence[_Row]]) -> Estimate:
    return Estimate.of_difference(
        row,
        label=_label(row),
        unit=said(_UNITS[row["metric"]]),
        sample=row["present_count"],
        hover=(
            _subject(row),
            said(
                "{now} now (n = {present_count}), {before} before (n = {previous_count})",
                now=_now(row),
                present_count=count(row["present_count"]),
                before=_before(row),
                previous_count=count(row["previous_count"]),
            ),
            f"q = {two_digits(row['q_value'])}",
            said("explained by: {explained}", explained=_explained(row, reasons)),
        ),
        is_loss=row["metric"] == "advance" and row["difference_points"] < 0,
    )


def _now(row: _Row) -> str:
    return count(row["present_count"]) if row["metric"] == "entrants" else share(row["present_share"])


def _before(row: _Row) -> str:
    """The share before; of entrants the mean of the periods."""
    if row["metric"] != "entrants":
        return share(row["previous_share"])
    return count(row["previous_count"] / row["previous_period_count"]) if row["previous_period_count"] else MISSING


def _table(rows: Sequence[_Row], reasons: Mapping[str, Sequence[_Row]]) -> list[Html]:
    if not rows:
        return []
    caption = said("Changes that are more than chance, the surest first. {reasons}", reasons=said(_REASON_WORDS))
    every = table(_COLUMNS, [_cells(row, reasons) for row in rows], caption=caption)
    return [
        folded(
            said("Show {changes} as a table", changes=several(len(rows), "change")),
            every,
            is_open=len(rows) <= MAX_CHANGES,
        )
    ]


def _stages(compared: pl.DataFrame, reasons: Mapping[str, Sequence[_Row]]) -> list[Html]:
    """The stages as a whole, changed or not: what a reader asks for who is told that nothing changed."""
    whole = compared.filter((pl.col("segment") == "all") & pl.col("metric").is_in(["advance", "entrants"]))
    rows = whole.sort("metric", stage_order(), "change_id").to_dicts()
    if not rows:
        return []
    caption = said("Every stage as a whole. Without q: not tested, too few journeys")
    numbers = table(_COLUMNS, [_cells(row, reasons) for row in rows], caption=caption)
    return [folded(said("Show every stage, changed or not"), numbers)]


def _cells(row: _Row, reasons: Mapping[str, Sequence[_Row]]) -> tuple[str, ...]:
    unit = f"\u00a0{said(_UNITS[row['metric']]) if row['metric'] in _UNITS else ''}"
    return (
        _subject(row),
        _now(row),
        _before(row),
        count(row["present_count"]),
        count(row["previous_count"]),
        f"{signed(row['difference_points'])}{unit}" if row["difference_points"] is not None else MISSING,
        points_interval(row),
        two_digits(row["q_value"]),
        _explained(row, reasons),
    )
