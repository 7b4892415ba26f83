"""Counts in words."""


def several(count: int, noun: str) -> str:
    """A count with its noun: `1 journey`, `1,234 journeys`, `1,234 activities`."""
    plural = f"{noun[:-1]}ies" if noun.endswith("ty") else f"{noun}s"
    return f"{count:,} {noun if count == 1 else plural}"
