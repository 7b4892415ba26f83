"""What changed, and the alerts, as a person reads them in the terminal."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from journey_analytics.change.comparison import MINIMUM_EXPECTED
from journey_analytics.change.sentences import shown, subject
from journey_analytics.terminal import table

_REASONS_SHOWN: Final = 3


def changes_text(
    changes: Sequence[Mapping[str, Any]], alerts: Sequence[Mapping[str, Any]], periods: Mapping[str, Any] | None
) -> str:
    """The periods, the significant changes with the segments that explain them, and the alerts."""
    if periods is None:
        return "\n\n".join(["nothing to compare: the earlier periods do not cover 31 days yet", alerts_text(alerts)])
    what = (
        f"{periods['from_on']} to {periods['to_on']} against the {periods['previous_period_count']} periods before it "
        f"(from {periods['previous_from_on']}): {_found(changes, periods)}"
    )
    return "\n\n".join([what, *([table([_cells(row) for row in changes])] if changes else []), alerts_text(alerts)])


def _found(changes: Sequence[Mapping[str, Any]], periods: Mapping[str, Any]) -> str:
    """How many figures changed, or why none could be tested."""
    tested = periods["tested_count"]
    if not tested:
        least = "the setting minimum_count" if periods["minimum_count"] is None else f"{periods['minimum_count']:,}"
        return (
            f"none of the {periods['compared_count']:,} figures could be tested: each is of fewer than {least} "
            f"entrants or occurrences, or with fewer than {MINIMUM_EXPECTED:.0f} expected to go either way, "
            "or of what the shop sends"
        )
    return f"{len(changes)} of {tested:,} tested figures changed, at a false-discovery rate of 5 %"


def alerts_text(alerts: Sequence[Mapping[str, Any]]) -> str:
    """A line per alert; one line that says so when there is none."""
    if not alerts:
        return "no alert"
    return "\n".join(f"alert: {shown(alert['message'])}" for alert in alerts)


def alerts_line(alerts: Sequence[Mapping[str, Any]], *, config: object) -> str:
    """How many alerts there are and where to read them, for the end of a run."""
    if not alerts:
        return "alerts     none"
    return f"alerts     {len(alerts):,}: journey changes --config {config}"


def alert_cells(alert: Mapping[str, Any]) -> dict[str, Any]:
    """One alert as a row for people: what, the figures, and the sentence."""
    names = ("rule", "subject", "value", "reference_value", "difference", "message")
    return {name: alert[name] for name in names}


def alert_payload(alert: Mapping[str, Any]) -> dict[str, Any]:
    """One alert as it goes to other systems: every column, dates as text."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in alert.items()}


def _cells(row: Mapping[str, Any]) -> dict[str, Any]:
    unit = "%" if row["metric"] == "entrants" else "points"
    low, high = row["difference_low_points"], row["difference_high_points"]
    interval = "" if low is None or high is None else f" ({low:+.1f} to {high:+.1f})"
    return {
        "what": subject(row),
        "now": _figure(row["present_share"], row["present_count"]),
        "before": _figure(row["previous_share"], row["previous_count"] / row["previous_period_count"]),
        "change (95 % interval)": f"{row['difference_points']:+.1f} {unit}{interval}",
        "q": f"{row['q_value']:.2g}",
        "explained by": "; ".join(map(_reason, filter(_tells, row["reasons"][:_REASONS_SHOWN]))) or "–",
    }


def _figure(share: float | None, count: float) -> str:
    return f"{count:,.0f}" if share is None else f"{100 * share:.1f} %"


def _tells(reason: Mapping[str, Any]) -> bool:
    """A value that explains no more than its part of the units tells nothing."""
    return reason["explained_share"] is not None and reason["explained_share"] > reason["unit_share"]


def _reason(reason: Mapping[str, Any]) -> str:
    return f"{reason['segment']} {reason['segment_value']} {100 * reason['explained_share']:.0f} %"
