"""Texts in rows that somebody opens in a spreadsheet: none of them may become a formula, whatever it is split at."""

import re
from typing import Final

_FORMULA: Final = re.compile(r"(^|[;\t\r\n])(?=(?:[^\S\t\r\n]|\")*[=+\-@＝＋－＠])")
"""A place where a spreadsheet may begin a cell, before what it would run.

A text goes on in the next cell after a semicolon, a tab or a new line, where the spreadsheet splits at those; quotes
are taken away before it looks.
"""
_CONTROLS: Final = ("\t", "\r", "\n")


def disarmed(text: str) -> str:
    """The text, with an apostrophe before everything in it that a spreadsheet would run; linear in its length."""
    safe = _FORMULA.sub(r"\1'", text)
    return f"'{safe}" if safe.startswith(_CONTROLS) else safe
