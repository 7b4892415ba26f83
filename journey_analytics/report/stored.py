"""Sentences that a table holds in English, such as a note or an alert, in the language of the page."""

import re
from functools import cache

from journey_analytics.language import ENGLISH, area, catalogue, language, number

_FIGURE = re.compile(r"(?<![\w-])[+\u2212-]?\d[\d.,]*(?![\w-])")
_FIGURES = frozenset({"n", "all", "low", "high", "share", "size", "part", "points", "days", "hours", "least", "value"})
_PLACE = re.compile(r"\\\{(\w+)\\\}")


def retold(text: str) -> str:
    """A stored sentence as the catalogue has it: word by word, or by the row whose `{places}` it fills.

    What fills a place is told again itself, and figures get the separators of the language. A sentence that is in no
    row, one of an analyst for example, stays as it is stored.
    """
    if language() == ENGLISH:
        return text
    rows = catalogue(language())
    return rows[text] if text in rows else _filled(text)


def _filled(text: str) -> str:
    for pattern, translated in _patterns(language()):
        found = pattern.fullmatch(text)
        if found:
            return translated.format_map({place: _told(value) for place, value in found.groupdict().items()})
    return text


def _told(value: str) -> str:
    again = retold(value)
    return _FIGURE.sub(lambda figure: number(figure[0]), value) if again == value else again


@cache
def _patterns(code: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Every row with places as a pattern; those with most words of their own first, then by text."""
    rows = {re.escape(english): translated for english, translated in area(code, "stored").items() if "{" in english}
    order = sorted(rows, key=lambda pattern: (-len(_PLACE.sub("", pattern)), pattern))
    return tuple((re.compile(_PLACE.sub(_group, pattern)), rows[pattern]) for pattern in order)


def _group(place: re.Match[str]) -> str:
    """Figures stand in places of such names, and words do not; the others hold anything."""
    return f"(?P<{place[1]}>{'[^A-Za-z]+?' if place[1] in _FIGURES else '.+?'})"
