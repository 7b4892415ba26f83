"""A driver in one plain sentence, for the report and for people."""

from collections.abc import Mapping
from typing import Any

from journey_analytics.language import number, said

CAUTION = "Association, not cause: who meets a driver may differ in what is not recorded."


_WHO = {
    "activity": "journeys with {name} in {stage}",
    "error": "journeys with {name} in {stage}",
    "channel": "journeys that came again by {name} in {stage}",
    "wait": "journeys with {name} in {stage}",
    "segment": "journeys of {name} in {stage}",
}


def driver_sentence(row: Mapping[str, Any]) -> str:
    """One row of `mart.driver` as a sentence: how many times as often they advance, how many points more are lost."""
    who = said(_WHO[row["kind"]], name=shown(row), stage=row["stage"])
    seen = said(
        "seen in {share} % of {entered}",
        share=f"{100 * row['exposed_share']:.0f}",
        entered=number(f"{row['entered_count']:,}"),
    )
    more = "; ".join([seen, *notes(row), said("association, not cause")])
    if row["hazard_ratio"] is None:
        return f"{who}: {more}"
    ratio, low, high = ratio_numbers(row)
    return said(
        "{who} advance {ratio} times as often (95 % {low}–{high}){points}; {more}",
        who=who,
        ratio=ratio,
        low=low,
        high=high,
        points=_points(row),
        more=more,
    )


def shown(row: Mapping[str, Any]) -> str:
    """The name of a driver in words."""
    if row["kind"] != "wait":
        return row["driver"]
    if not row["driver"].startswith("pause_"):
        return row["driver"].replace("_", " ")
    return said("a pause of more than {time}", time=pause_time(row["driver"]))


def pause_time(driver: str) -> str:
    """How long a pause of `pause_1_day`, `pause_3_days` is at least, in words."""
    days = "".join(letter for letter in driver if letter.isdigit())
    return said("{n} day", n=days) if days == "1" else said("{n} days", n=days)


def ratio_numbers(row: Mapping[str, Any]) -> list[str]:
    """How many times as often, and the ends of its 95 % interval, as people write them."""
    return [_number(row[f"hazard_ratio{end}"]) for end in ("", "_low", "_high")]


def _number(value: float) -> str:
    return number(f"{value:.2g}" if value < 10 else f"{value:,.0f}")  # noqa: PLR2004 - two digits below ten


def _points(row: Mapping[str, Any]) -> str:
    if row["difference_points"] is None:
        return ""
    low, high = row["difference_low_points"], row["difference_high_points"]
    ends = (low, high) if row["difference_points"] >= 0 else (-high, -low)
    size = abs(row["difference_points"])
    figures = {"size": f"{size:.0f}", "low": _whole(ends[0]), "high": _whole(ends[1])}
    if row["difference_points"] >= 0:
        return said(", {size} points more are lost (95 % {low} to {high})", **figures)
    return said(", {size} points fewer are lost (95 % {low} to {high})", **figures)


def _whole(points: float) -> str:
    return f"{round(points)}"


def notes(row: Mapping[str, Any]) -> list[str]:
    """What is to be said besides: why there is no finding, what it was looked at in."""
    if row["hazard_ratio"] is None:
        return [row["note"]] if row["note"] else []
    if row["is_found"]:
        return [*([said("points not sure")] if _covers_zero(row) else []), *([row["note"]] if row["note"] else [])]
    no = said("no finding")
    if row["q_value"] is not None:
        no = said("no finding (q = {q})", q=number(f"{row['q_value']:.2g}"))
    return [no, *([row["note"]] if row["note"] else [])]


def _covers_zero(row: Mapping[str, Any]) -> bool:
    low, high = row["difference_low_points"], row["difference_high_points"]
    return low is not None and low <= 0 <= high
