"""Axes that a phone has room for: labels in lines, few and round ticks."""

import math
from collections.abc import Sequence
from textwrap import wrap
from typing import Any

from journey_analytics.language import number as decimal
from journey_analytics.language import said
from journey_analytics.report.figures import theme
from journey_analytics.report.wording import name, plain, shortened

_LABEL_WIDTH = 26
_SHORT_WIDTH = 22
_SHORT_LINES = 2
_STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
_ROUND = (1, 2, 2.5, 5, 10)
_UNITS = ((1e9, "bn"), (1e6, "m"), (1e3, "k"))


def label(text: str, number: str) -> str:
    """A label in lines that leave room for the figure on a phone, with its number below; data is escaped."""
    found = [plain(line) for line in wrap(text, _LABEL_WIDTH)] or [name(None)]
    return "<br>".join([*found, theme.quiet(number)])


def short_label(text: str, number: str) -> str:
    """The same in at most three lines, however long the text is; the number may hold data too."""
    found = wrap(text, _SHORT_WIDTH) or [name(None)]
    if len(found) > _SHORT_LINES:
        rest = shortened(" ".join(found[_SHORT_LINES - 1 :]), _SHORT_WIDTH)
        found = [*found[: _SHORT_LINES - 1], rest]
    return "<br>".join([*map(plain, found), theme.quiet(plain(number))])


def lines(text: str, *, width: int = _LABEL_WIDTH) -> dict[str, str]:
    """The title of an axis, in lines that a phone has room for; the text is ours."""
    return {"text": "<br>".join(wrap(text, width, break_on_hyphens=False))}


def label_axis(labels: Sequence[str]) -> dict[str, Any]:
    """Rows from the top, one for each label."""
    return {
        "range": [len(labels) - 0.45, -0.65],
        "tickvals": list(range(len(labels))),
        "ticktext": list(labels),
        "showgrid": False,
        "ticklabelstandoff": 8,
    }


def percent_axis(low: float, high: float, *, most_steps: int = 2) -> dict[str, Any]:
    """Ticks at round percentages, so few that a phone has room for them: the values stand beside the marks."""
    step = next((step for step in _STEPS if (high - low) / step <= most_steps + 1e-9), _STEPS[-1])
    first, last = math.ceil(low / step - 1e-9), int(high / step + 1e-9)
    ticks = [round(number * step, 4) for number in range(first, last + 1)]
    return {"tickvals": ticks, "ticktext": [f"{decimal(f'{tick * 100:g}')}\u00a0%" for tick in ticks], "tickangle": 0}


def number_axis(low: float, high: float, *, sign: bool = False, most_steps: int = 4) -> dict[str, Any]:
    """Few ticks at round numbers between two bounds, in units (k, m, bn); `sign`: with a plus above zero."""
    step = _round_step(max(high - low, 1e-9) / most_steps)
    ticks = [number * step for number in range(math.ceil(low / step - 1e-9), int(high // step) + 1)]
    return {"tickvals": ticks, "ticktext": [_tick(tick, sign=sign) for tick in ticks], "tickangle": 0}


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 2.5, 5 × a power of ten that is not below `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(part * power for part in _ROUND if part * power >= least * (1 - 1e-9))


def _tick(value: float, *, sign: bool) -> str:
    size, unit = next((unit for unit in _UNITS if abs(value) >= unit[0]), (1.0, ""))
    text = decimal(f"{abs(value) / size:.6g}") + (said(unit) if unit else "")
    mark = "\u2212" if value < 0 else "+" if sign and value > 0 else ""
    return mark + text
