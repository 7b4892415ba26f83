"""The rows of `friction_signal.csv` and `score_scale.csv`, checked before SQL reads them. Pure: frames of text in."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from journey_analytics.rule_cells import Cell, Row, numbered_rows

SIGNALS: Final = ("error", "refund", "repeated_contact", "waiting", "rage_loop")
"""The signs of friction, in the order of their telling; each has a count in `core.stage_friction`."""
TIMES, AGAIN, WAIT = "times", "directly_again", "wait"
COUNTINGS: Final = (TIMES, AGAIN, WAIT)
MEASURES: Final = ("csat", "nps", "rating")

_SIGNAL_COLUMNS: Final = ("signal", "activity", "counting", "threshold", "until", "weight")
_SCALE_COLUMNS: Final = ("activity", "measure", "lowest", "highest")
_WEIGHT: Final = "a number from 0 to 1"


def check_friction_signals(frames: Mapping[str, pl.DataFrame]) -> None:
    """`friction_signal`: known signals, counted in a known way, with activities, a threshold above 0 and a weight 0–1.

    Raises:
        ConfigurationError: for anything else; a row that counts `wait` needs `until`, and no other row may have it.
    """
    for row in numbered_rows(frames, "friction_signal", columns=_SIGNAL_COLUMNS):
        row.exact("signal").one_of(SIGNALS, what=f"one of {', '.join(SIGNALS)}")
        _check_activities(row.exact("activity"))
        counting = row.exact("counting").one_of(COUNTINGS, what=f"one of {', '.join(COUNTINGS)}")
        _check_threshold(row.required("threshold"))
        row.required("weight").number(expected=_WEIGHT, maximum=1.0)
        _check_until(row, counting)


def _check_activities(cell: Cell) -> None:
    if not all(part.strip() for part in cell.text.split("|")):
        raise cell.wrong("one or more activities with | between them")


def _check_threshold(cell: Cell) -> None:
    if cell.number(expected="a number above 0") == 0:
        raise cell.wrong("a number above 0")


def _check_until(row: Row, counting: str) -> None:
    until = row.cell("until")
    if counting == WAIT:
        _check_activities(row.exact("until"))
    elif until is not None:
        raise until.wrong(f"possible for {counting}, which waits for nothing: leave it empty")


def check_score_scales(frames: Mapping[str, pl.DataFrame]) -> None:
    """`score_scale`: an activity, a known measure, and the lowest score below the highest.

    Raises:
        ConfigurationError: for anything else.
    """
    for row in numbered_rows(frames, "score_scale", columns=_SCALE_COLUMNS):
        _check_activities(row.exact("activity"))
        row.exact("measure").one_of(MEASURES, what=f"one of {', '.join(MEASURES)}")
        lowest, highest = row.required("lowest").number(), row.required("highest")
        if highest.number() <= lowest:
            raise highest.wrong(f"a number above the lowest score {lowest:g}")
