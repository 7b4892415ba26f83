"""Segments and their values as people write them."""

from journey_analytics.language import said
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
    WINDOW: "Window",
}


def segment_title(segment: str) -> str:
    """What a segment, or the window, is called."""
    return said(_TITLES[segment]) if segment in _TITLES else name(segment)


def value_title(segment: str, value: str) -> str:
    """A value of a segment as people write it."""
    if segment in ("month", "entry_month"):
        return "–".join(month(part) for part in value.split(".."))
    return said("{n} days", n=value) if segment == WINDOW else name(value)


def group_title(segment: str, value: str) -> str:
    """A group of customers or journeys, such as `Device: mobile`."""
    return f"{segment_title(segment)}: {value_title(segment, value)}"
