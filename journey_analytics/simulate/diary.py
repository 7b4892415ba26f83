"""When a person is busy with the needs lived so far, so that the visits of two needs never are one."""

from typing import Final

from journey_analytics.simulate.draw import HOUR, MINUTE
from journey_analytics.simulate.things import Need

_BEFORE: Final = 2 * HOUR
"""Longer than any visit lasts."""
_AFTER: Final = 45 * MINUTE
"""Longer than a pause within a session."""


class Diary:
    """The visits of a person's earlier needs; it stays empty in a world where needs come one after the other."""

    def __init__(self) -> None:
        self.visits: list[tuple[int, int]] = []
        self.over_at = 0
        """When the last of those needs is over (ms)."""

    def note(self, need: Need) -> None:
        """Enter a need that has been lived to its end, after-sales included."""
        self.visits = sorted([*self.visits, *((visit.at, visit.last_at) for visit in need.visits)])
        self.over_at = max(self.over_at, need.over_at)

    def free_at(self, at: int) -> int:
        """The earliest instant, not before `at`, for a visit that another need's visits leave room for (ms)."""
        for begins_at, ends_at in self.visits:
            if begins_at - _BEFORE < at < ends_at + _AFTER:
                at = ends_at + _AFTER
        return at
