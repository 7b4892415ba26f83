"""Plain sentences for alerts: what, how much instead of how much, how sure, and who is behind it. Pure."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from journey_analytics.change.rules import DROPOFF, SIGNIFICANT, THRESHOLD, UP, AlertRule
from journey_analytics.change.tallies import WHOLE
from journey_analytics.language import said

_MOST: Final = 0.5
"""Part of a change that a segment value must explain to be named."""
_BEYOND: Final = 0.2
"""By how much that must exceed its part of the units."""


def subject(found: Mapping[str, Any]) -> str:
    """What a figure is of, in plain words; logged names in it are printable."""
    if found["metric"] == "edge":
        return said("{next} after {activity}", next=_next(found), activity=shown(found["activity"]))
    of = "" if found["segment"] == WHOLE else f", {shown(found['segment'])} {shown(found['segment_value'])}"
    words = {"advance": "advancing from {stage}", "entrants": "entrants of {stage}", DROPOFF: "drop-off of {stage}"}
    return said(words[found["metric"]], stage=shown(found["stage"])) + of


def message(
    rule: AlertRule,
    found: Mapping[str, Any],
    reason: Mapping[str, Any] | None,
    *,
    length: timedelta,
    follow: timedelta,
) -> str:
    """One sentence for one alert; `reason` is the first place of the change's reasons, if it has any."""
    if found["metric"] == DROPOFF:
        fact = _lost(found)
    else:
        fact = f"In the {length.days} days to {found['to_on']} {_happened(found, follow)}"
    why = f" (rule {shown(rule.rule)}: {_bound(rule)})" if rule.kind != SIGNIFICANT else _explained(reason)
    return f"{fact}{why}."


def _happened(found: Mapping[str, Any], follow: timedelta) -> str:
    hours = int(follow.total_seconds() // 3600)
    whom = "" if found["segment"] == WHOLE else f" with {shown(found['segment'])} {shown(found['segment_value'])}"
    if found["metric"] == "entrants":
        return f"{found['present_count']:,} journeys{whom} entered {shown(found['stage'])}, {_instead(found)}"
    if found["metric"] == "edge":
        what = f"{shown(found['activity'])} was followed within {hours} hours by {_next(found)}"
        return f"{what} {_percent(found['present_share'])} of {found['present_count']:,} times, {_instead(found)}"
    who = f"of {found['present_count']:,} journeys{whom} that entered {shown(found['stage'])}"
    return f"{_percent(found['present_share'])} {who} had advanced by the end, {_instead(found)}"


def _instead(found: Mapping[str, Any]) -> str:
    low, high = found["difference_low_points"], found["difference_high_points"]
    if found["metric"] == "entrants":
        interval = "" if low is None or high is None else f"; 95 % interval {low:+.0f} to {high:+.0f} %"
        change = found["difference_points"]
        by = "" if change is None else f" ({change:+.0f} %{interval})"
        return f"not {_mean(found['reference_value'])} as before{by}"
    interval = f"{found['difference_points']:+.1f} points; 95 % interval {low:+.1f} to {high:+.1f}"
    return f"not {_percent(found['previous_share'])} as before ({interval})"


def _mean(value: float) -> str:
    """A mean per period; a small one with its decimal, or the per cent beside it would seem wrong."""
    is_whole = value >= 100 or value == round(value)  # noqa: PLR2004
    return f"{value:,.0f}" if is_whole else f"{value:,.1f}"


def _lost(found: Mapping[str, Any]) -> str:
    whom = "" if found["segment"] == WHOLE else f" with {shown(found['segment'])} {shown(found['segment_value'])}"
    interval = f"{_percent(found['estimated_low_share'])} to {_percent(found['estimated_high_share'])}"
    return (
        f"Of {found['entered_count']:,} journeys{whom} that entered {shown(found['stage'])}, "
        f"{_percent(found['value'])} are lost within {found['window_days']:.0f} days (95 % interval {interval})"
    )


def _bound(rule: AlertRule) -> str:
    if rule.kind == THRESHOLD:
        bound = f"{rule.value:,.0f}" if rule.metric == "entrants" else _percent(rule.value)
        return f"{'above' if rule.direction == UP else 'below'} {bound}"
    return f"changed by at least {_percent(rule.value)}, which may be chance"


def _explained(reason: Mapping[str, Any] | None) -> str:
    """Only a segment value that explains most of a change, and much more than its size would, is named."""
    explained, size = (reason["explained_share"], reason["unit_share"]) if reason else (None, None)
    if not reason or explained is None or size is None or explained < _MOST or explained - size < _BEYOND:
        return "; no single segment explains it"
    who = f"{shown(reason['segment'])} {shown(reason['segment_value'])}"
    return f"; {who}, {_percent(size)} of them, explains {_percent(explained)} of it"


def _next(found: Mapping[str, Any]) -> str:
    return shown(found["next_activity"]) if found["next_activity"] is not None else said("nothing")


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share < 0.995 else f"{100 * share:.0f} %"  # noqa: PLR2004


def shown(text: str) -> str:
    """A logged name without what could steer a terminal."""
    return "".join(char if char.isprintable() else "�" for char in text)
