"""Texts that fit a column: widths by letter, lines between words, a cut that is marked."""

from journey_analytics.report.wording import shortened

_NARROW = frozenset("fijlrtI.,;:'|!()[]- ·")
_WIDE = frozenset("mwMWGOQ@%…=<>�–—")
_AT_12 = 12.0
BOLD = 13.4
"""The size that makes bold letters of 12 px as wide as they are."""


def text_width(text: str, *, size: float = _AT_12) -> float:
    """Pixels in a wide sans serif: an upper bound for the fonts that pages ask for."""
    at_12 = sum(3.9 if letter in _NARROW else 10.6 if letter in _WIDE else 7.0 for letter in text)
    return at_12 * size / _AT_12


def fitted(text: str, room: float, *, size: float = _AT_12) -> str:
    """The longest beginning that fits, the cut marked."""
    if text_width(text, size=size) <= room:
        return text
    limit = next((n for n in range(len(text), 1, -1) if text_width(shortened(text, n), size=size) <= room), 1)
    return shortened(text, limit)


def wrapped(text: str, room: float, *, size: float = _AT_12, lines: int = 9) -> list[str]:
    """Lines that fit, broken between words; what is beyond the last line is cut and marked."""
    found: list[str] = []
    words = text.split(" ") if text else []
    while words:
        if len(found) == lines - 1:
            return [*found, fitted(" ".join(words), room, size=size)]
        taken = _fitting(words, room, size)
        found.append(fitted(" ".join(words[:taken]), room, size=size))
        words = words[taken:]
    return found


def _fitting(words: list[str], room: float, size: float) -> int:
    """How many words fit a line; at least one, which is cut where it does not."""
    taken = 1
    while taken < len(words) and text_width(" ".join(words[: taken + 1]), size=size) <= room:
        taken += 1
    return taken
