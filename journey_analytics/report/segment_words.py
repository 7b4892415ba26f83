"""Segments and their values as people write them."""

from journey_analytics.language import said
from journey_analytics.personas.words import persona_title
from journey_analytics.report.selection import WINDOW
from journey_analytics.report.wording import month, name

_TITLES = {
    "first_channel": "Channel",
    "device": "Device",
    "persona": "Persona",
    "customer_kind": "Customers",
    "country": "Country",
    "first_source": "Source",
    "month": "Month",
    "entry_month": "Month",
    "started_month": "Month",
    WINDOW: "Window",
}
_MONTHS = frozenset({"month", "entry_month", "started_month"})


def segment_title(segment: str) -> str:
    """What a segment, or the window, is called."""
    return said(_TITLES[segment]) if segment in _TITLES else name(segment)


def value_title(segment: str, value: str) -> str:
    """A value of a segment as people write it: the one place that names it, for filters, figures and tables."""
    if segment in _MONTHS:
        return "–".join(month(part) for part in value.split(".."))
    if segment == "persona":
        return persona_title(value, ())
    return said("{n} days", n=value) if segment == WINDOW else name(value)


def group_title(segment: str, value: str) -> str:
    """A group of customers or journeys, such as `Device: mobile`."""
    return f"{segment_title(segment)}: {value_title(segment, value)}"
