"""A driver in one plain sentence, for the report and for people."""

from collections.abc import Mapping
from typing import Any

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
    who = _WHO[row["kind"]].format(name=shown(row), stage=row["stage"])
    seen = f"seen in {100 * row['exposed_share']:.0f} % of {row['entered_count']:,}"
    said = "; ".join([seen, *notes(row), "association, not cause"])
    return f"{who}: {said}" if row["hazard_ratio"] is None else f"{who} advance {_ratio(row)}{_points(row)}; {said}"


def shown(row: Mapping[str, Any]) -> str:
    """The name of a driver in words."""
    if row["kind"] != "wait":
        return row["driver"]
    return row["driver"].replace("pause_", "a pause of more than ").replace("_", " ")


def _ratio(row: Mapping[str, Any]) -> str:
    ratio, low, high = ratio_numbers(row)
    return f"{ratio} times as often (95 % {low}–{high})"


def ratio_numbers(row: Mapping[str, Any]) -> list[str]:
    """How many times as often, and the ends of its 95 % interval, as people write them."""
    return [_number(row[f"hazard_ratio{end}"]) for end in ("", "_low", "_high")]


def _number(value: float) -> str:
    return f"{value:.2g}" if value < 10 else f"{value:,.0f}"  # noqa: PLR2004 - two digits below ten


def _points(row: Mapping[str, Any]) -> str:
    if row["difference_points"] is None:
        return ""
    more = "more" if row["difference_points"] >= 0 else "fewer"
    low, high = row["difference_low_points"], row["difference_high_points"]
    ends = (low, high) if row["difference_points"] >= 0 else (-high, -low)
    size = abs(row["difference_points"])
    return f", {size:.0f} points {more} are lost (95 % {_whole(ends[0])} to {_whole(ends[1])})"


def _whole(points: float) -> str:
    return f"{round(points)}"


def notes(row: Mapping[str, Any]) -> list[str]:
    """What is to be said besides: why there is no finding, what it was looked at in."""
    if row["hazard_ratio"] is None:
        return [row["note"]] if row["note"] else []
    if row["is_found"]:
        return [*(["points not sure"] if _covers_zero(row) else []), *([row["note"]] if row["note"] else [])]
    no = "no finding" if row["q_value"] is None else f"no finding (q = {row['q_value']:.2g})"
    return [no, *([row["note"]] if row["note"] else [])]


def _covers_zero(row: Mapping[str, Any]) -> bool:
    low, high = row["difference_low_points"], row["difference_high_points"]
    return low is not None and low <= 0 <= high
