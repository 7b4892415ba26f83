"""Shares, waits and nodes of paths as the terminal writes them."""

from collections.abc import Mapping
from typing import Any, Final

from journey_analytics.contract import END_NODES, START

MISSING: Final = "–"
TOO_RECENT: Final = "too recent to tell"
NODE_WORDS: Final = {
    START: "(start)",
    **{END_NODES[status]: f"({word})" for status, word in (
        ("converted", "purchased"), ("dropped", "lost"), ("open", "still open"),
    )},
}  # fmt: skip

_UNITS: Final = ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min"), (1.0, "s"))


def node(name: str) -> str:
    """An activity by its name; START and the ends in words."""
    return NODE_WORDS.get(name, name)


def wait(seconds: float | None) -> str:
    """Seconds in the largest unit that gives at least 1, one decimal; `–` for null."""
    if seconds is None:
        return MISSING
    size, unit = next((one for one in _UNITS if seconds >= one[0]), _UNITS[-1])
    return f"{seconds / size:.1f} {unit}"


def percent(share: float | None) -> str:
    """A share from 0 to 1 in %, one decimal; `–` for null."""
    return MISSING if share is None else f"{100 * share:.1f} %"


def unknown_share(row: Mapping[str, Any]) -> str:
    """What stands where no journey is settled: some may be closed, but mainly those that bought."""
    return TOO_RECENT if row["converted_count"] + row["dropped_count"] else MISSING


def conversion(row: Mapping[str, Any]) -> str:
    """Converted ÷ settled with its 95 % interval and n; marked where n is below minimum_count.

    Where no journey is settled there is no share: `too recent to tell` if some are closed, else `–`.
    """
    if row["conversion_share"] is None:
        return unknown_share(row)
    low, high = 100 * row["conversion_low_share"], 100 * row["conversion_high_share"]
    mark = "" if row["is_ranked"] else " *"
    return f"{percent(row['conversion_share'])} ({low:.1f}–{high:.1f}, n {row['settled_count']:,}){mark}"
