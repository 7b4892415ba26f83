"""How numbers, times and names are written: one way everywhere, in the language of the page."""

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from html import escape
from typing import Any
from unicodedata import category

from journey_analytics.language import area, language, number, said

MISSING = "–"
SMALL_SAMPLE = 30
"""Below this n a share is marked and not ranked (DEFINITIONS: drop-off)."""

_SPACE = "\u00a0"
_HIDDEN = frozenset({"Cc", "Cf", "Cs"})
_STAGE_TITLES = {
    "awareness": "Awareness",
    "consideration": "Consideration",
    "decision": "Decision",
    "post_purchase": "Post-purchase",
    "unknown": "No stage",
}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ONE_DECIMAL_BELOW = 9.95
_UNITS = ((86_400.0, "day", "days"), (3_600.0, "h", "h"), (60.0, "min", "min"), (1.0, "s", "s"))


def count(value: float | None) -> str:
    """A whole number with thousands separators, `–` for null."""
    return MISSING if value is None else number(f"{int(value):,}")


def share(value: float | None) -> str:
    """A share 0–1 as per cent with one decimal, `–` for null."""
    return MISSING if value is None or math.isnan(value) else f"{number(f'{value * 100:.1f}')}{_SPACE}%"


def two_digits(value: float | None) -> str:
    """A number to two significant digits, such as a q-value or a hazard ratio; `–` for null."""
    return MISSING if value is None else number(f"{value:.2g}")


def interval(low: float | None, high: float | None) -> str:
    """A 95 % interval of a share as per cent: `39.8–42.6 %`."""
    return MISSING if low is None or high is None else f"{number(f'{low * 100:.1f}')}–{share(high)}"


def duration(seconds: float | None) -> str:
    """Seconds in the largest unit that gives at least 1, one decimal below 10; `–` for null."""
    if seconds is None or math.isnan(seconds):
        return MISSING
    for size, one, many in _UNITS:
        if seconds >= size:
            return _with_unit(seconds / size, one, many)
    return f"<{_SPACE}1{_SPACE}s"


def _with_unit(amount: float, one: str, many: str) -> str:
    written = f"{amount:.1f}" if amount < _ONE_DECIMAL_BELOW else f"{amount:,.0f}"
    written = written.removesuffix(".0")
    return f"{number(written)}{_SPACE}{said(one if written == '1' else many)}"


def moment(value: datetime | None) -> str:
    """A UTC instant to the minute, `–` for null."""
    return MISSING if value is None else f"{day(value)}, {value:%H:%M}{_SPACE}UTC"


def day(value: date | None) -> str:
    """A day, `–` for null."""
    return MISSING if value is None else f"{value.day}{_SPACE}{said(_MONTHS[value.month - 1])}{_SPACE}{value.year}"


def month(text: str | None) -> str:
    """A month `2025-10` as `Oct 2025`; what is none stays as it is."""
    year, _, number_ = (text or "").partition("-")
    known = len(year) == len("2025") and year.isdigit() and number_.isdigit() and 1 <= int(number_) <= len(_MONTHS)
    return f"{said(_MONTHS[int(number_) - 1])}{_SPACE}{year}" if known else name(text)


def signed(value: float | None, digits: int = 1) -> str:
    """A difference with its sign, `–` for null; what rounds to nothing has none."""
    if value is None or math.isnan(value):
        return MISSING
    text = f"{value:+.{digits}f}"
    return number(text.replace("-", "\u2212") if float(text) else text[1:])


def signed_interval(low: float | None, high: float | None, digits: int = 1) -> str:
    """A 95 % interval of a difference: `−3.1 to +0.4`, in words because of the signs."""
    return (
        MISSING
        if low is None or high is None
        else said("{low} to {high}", low=signed(low, digits), high=signed(high, digits))
    )


def points_interval(row: Mapping[str, Any]) -> str:
    """The 95 % interval of a row's `difference_points`."""
    return signed_interval(row["difference_low_points"], row["difference_high_points"])


def lost_words(row: Mapping[str, Any]) -> str:
    """The drop-off shares of a row with something and without it."""
    return said(
        "lost {dropoff_share_with} with it, {dropoff_share_without} without",
        dropoff_share_with=share(row["dropoff_share_with"]),
        dropoff_share_without=share(row["dropoff_share_without"]),
    )


def stage_title(stage: str) -> str:
    """A stage as people write it; other names with spaces for underscores."""
    return said(_STAGE_TITLES[stage]) if stage in _STAGE_TITLES else name(stage).capitalize()


def name(text: str | None) -> str:
    """A lower_snake_case name as words; `(none)` for null or nothing.

    The values that come with us (built-in channels, devices, `unknown`) are told in the language of the page.
    """
    words = (text or "").replace("_", " ").strip()
    return area(language(), "values").get(words, words) if words else said("(none)")


def readable(text: str) -> str:
    """A sentence with its stages and names as people write them."""
    return name(text).replace("post purchase", "post-purchase")


def capital(text: str) -> str:
    """A sentence with its first letter in upper case; the others stay."""
    return text[:1].upper() + text[1:]


def several(amount: int, one: str, many: str | None = None) -> str:
    """A count with its noun: `1 journey`, `1,234 journeys`."""
    return f"{count(amount)} {said(one if amount == 1 else many or one + 's')}"


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters, the cut marked by an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def listed(parts: Sequence[str]) -> str:
    """`a, b and c`."""
    return said("{all} and {last}", all=", ".join(parts[:-1]), last=parts[-1]) if len(parts) > 1 else "".join(parts)


def visible(text: str) -> str:
    """Text without characters that hide or turn round what follows: controls and bidirectional overrides become `�`."""
    if text.isprintable():
        return text
    return "".join(
        "\ufffd" if category(letter) in _HIDDEN and letter not in "\n\t\u00ad" else letter for letter in text
    )


def plain(text: str) -> str:
    """Text for Plotly, which reads `<…>` as markup and `$…$` as a formula: shown as written, never obeyed."""
    return escape(visible(text), quote=False).replace("$", "&#36;").replace("%{", "%&#123;")
