"""What should we do: what goes with most losses, and the groups that may gain most, each where it is sure."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import polars as pl

from journey_analytics.drivers.sentences import pause_time
from journey_analytics.language import said
from journey_analytics.report.markup import Html, tag
from journey_analytics.report.overview_blocks import answer, marked, ranked_opportunities, said_below, said_first
from journey_analytics.report.segment_words import group_title
from journey_analytics.report.wording import count, name, share, signed, stage_title

Frames = Mapping[str, pl.DataFrame]

_MOST_ACTIONS = 3
_Row = dict[str, Any]


def to_do(frames: Frames, rest: Collection[str]) -> Html:
    """What should we do: the barriers and openings that stand out, or that nothing does."""
    barriers = [marked(text, "mart.driver", rest) for text in _barriers(frames["mart.driver"])]
    openings = [marked(text, "mart.opportunity", rest) for text in _openings(ranked_opportunities(frames))]
    actions = [*barriers, *openings][:_MOST_ACTIONS]
    items = [tag("li", action.replace(" %", "\u00a0%")) for action in actions]
    nothing = said_first(said("Nothing stands out yet: wait for more journeys."), "action")
    valued = _unlisted(ranked_opportunities(frames)) if items else None
    return answer(
        said("What should we do?"),
        tag("ol", *items, class_="actions", data_kpi="action") if items else nothing,
        said_below(said("These go together with being lost; whether they cause it, only a trial shows."))
        if items
        else None,
        said_below(valued),
        view="drivers",
        more=said("What goes with being lost, and how sure that is"),
    )


def _unlisted(ranked: Sequence[_Row]) -> str | None:
    """That the gain above is of none of the actions: its interval begins at nothing, so it is no advice."""
    if not ranked or (ranked[0]["customers_low_per_month"] or 0) > 0:
        return None
    return said(
        "The gain above belongs to “{group}” and to none of these: its interval begins at 0.",
        group=group_title(ranked[0]["segment"], ranked[0]["segment_value"]),
    )


def _barriers(drivers: pl.DataFrame) -> list[str]:
    """The error, then the wait, that most losses go with, each where its interval leaves zero out."""
    sure = drivers.filter(pl.col("is_found").fill_null(value=False) & (pl.col("difference_low_points") > 0))
    extra = sure.with_columns(extra=pl.col("difference_points") * pl.col("exposed_count"))
    rows = extra.sort(["extra", "stage", "driver"], descending=[True, False, False], nulls_last=True).to_dicts()
    return [
        _barrier(row)
        for kind in ("error", "wait")
        for row in [one for one in rows if one["kind"] == kind][:1]
    ]  # fmt: skip


def _barrier(row: _Row) -> str:
    values = {
        "what": name(row["driver"]),
        "stage": stage_title(row["stage"]),
        "points": _positive(row["difference_points"]),
        "low": _positive(row["difference_low_points"]),
        "high": _positive(row["difference_high_points"]),
        "n": count(row["exposed_count"]),
        "base": count(row["entered_count"]),
    }
    if row["kind"] == "error":
        return said(
            "Repair “{what}” in {stage}: {n} of {base} journeys meet it, and of these {points} points more are lost "
            "(95 % interval {low} to {high}).",
            **values,
        )
    return said(
        "Come back to customers in {stage} sooner: {n} of {base} journeys pause for more than {time}, and of these "
        "{points} points more are lost (95 % interval {low} to {high}).",
        time=pause_time(row["driver"]),
        **values,
    )


def _positive(points: float | None) -> str:
    """Points that are known to be above zero, without their sign."""
    return signed(points).removeprefix("+")


def _openings(ranked: Sequence[_Row]) -> list[str]:
    """The first of the opportunities whose interval leaves zero out."""
    sure = [row for row in ranked if (row["customers_low_per_month"] or 0) > 0]
    return [_opening(row, is_valued=row is ranked[0]) for row in sure[:_MOST_ACTIONS]]


def _opening(row: _Row, *, is_valued: bool) -> str:
    """`is_valued`: the gain named under “What is it worth?” is that of this one."""
    values = {
        "group": group_title(row["segment"], row["segment_value"]),
        "stage": stage_title(row["stage"]),
        "present": share(row["present_advance_share"]),
        "target": share(row["target_advance_share"]),
    }
    if is_valued:
        return said(
            "Look at “{group}” in {stage}: {present} move on, comparable groups reach {target}. The gain above is "
            "that of this one.",
            **values,
        )
    return said("Look at “{group}” in {stage}: {present} move on, comparable groups reach {target}.", **values)
