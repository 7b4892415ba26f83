"""The language of what people read: English as written in the code, or a translation of it from `locale/`.

A text is written once, in English, where it is used: `said("{n} still open", n=count(7))`. A folder `locale/<language>`
holds CSV files `english,italian`; a text that is missing there stays English. Pure: standard library only.
"""

import csv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib import resources
from typing import Final

from journey_analytics.errors import ConfigurationError, nearest

ENGLISH: Final = "en"
LANGUAGES: Final = {ENGLISH: "English", "it": "Italiano"}
"""What pages can be written in, each by its own name."""

_SEPARATORS: Final = {ENGLISH: ",.", "it": ".,"}
_SWAPPED: Final = str.maketrans(",.", ".,")
_current: ContextVar[str] = ContextVar("language", default=ENGLISH)


def language() -> str:
    """The code of the language that is written now, such as `it`."""
    return _current.get()


def language_named(code: str) -> str:
    """The code, checked.

    Raises:
        ConfigurationError: for a language that there is no translation of.
    """
    if code not in LANGUAGES:
        raise ConfigurationError(f"no pages are written in {code!r}; {nearest(code, LANGUAGES)}")
    return code


@contextmanager
def written_in(code: str) -> Iterator[None]:
    """Write everything inside in this language.

    Raises:
        ConfigurationError: for a language that there is no translation of.
    """
    token = _current.set(language_named(code))
    try:
        yield
    finally:
        _current.reset(token)


def said(text: str, /, **values: object) -> str:
    """A text in the language that is written now, with its `{names}` filled in.

    Args:
        text: English, as it stands in the catalogue; literal braces are doubled where values are given.
        values: already written for people (`count`, `share`, `name` …).
    """
    found = text if language() == ENGLISH else catalogue(language()).get(text, text)
    return found.format_map(values) if values else found


def number(text: str) -> str:
    """A number written the English way (`1,234.5`) with the separators of the language."""
    return text if language() == ENGLISH else text.translate(_SWAPPED)


def separators() -> str:
    """The decimal and the thousands separator, as Plotly wants them."""
    return _SEPARATORS[language()][::-1]


@cache
def catalogue(code: str) -> Mapping[str, str]:
    """The translations into a language by their English text; of two for one text the later file's counts."""
    folder = resources.files("journey_analytics").joinpath("locale", code)
    found: dict[str, str] = {}
    for file in sorted(folder.iterdir(), key=lambda part: part.name):
        if file.name.endswith(".csv"):
            found.update(area(code, file.name.removesuffix(".csv")))
    return found


@cache
def area(code: str, name: str) -> Mapping[str, str]:
    """The translations of one file of a language, such as `stored`; none where there is no such file."""
    file = resources.files("journey_analytics").joinpath("locale", code, f"{name}.csv")
    if not file.is_file():
        return {}
    rows = csv.reader(file.read_text(encoding="utf-8").splitlines(keepends=True))
    return dict(list(rows)[1:])
