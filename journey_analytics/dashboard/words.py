"""Names that the dashboard's controls share, in English; they are translated where they are used."""

from collections.abc import Mapping
from typing import Final

FILTERS: Final[Mapping[str, str]] = {
    "month": "All months",
    "first_channel": "All channels",
    "device": "All devices",
    "persona": "All personas",
    "customer_kind": "All customers",
    "country": "All countries",
    "first_source": "All sources",
}
"""What journeys are chosen by, in the order of the filter bar, with the words for no choice."""

NO_WINDOW: Final = "As set"
"""Each stage has the window of the configuration."""

STATE_TITLES: Final[Mapping[str, str]] = {"dropped": "Lost", "advanced": "Moved on", "open": "Still open"}
