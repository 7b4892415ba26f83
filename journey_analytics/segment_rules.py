"""The rows that name what figures are broken down by, and those that tell personas apart, checked. Pure: frames in.

What a segment is taken from must be known when the stage is entered: a value that only shows later (the status of a
journey, a device seen at the purchase) would make the survivors alike and the lost `unknown`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from journey_analytics.errors import ConfigurationError
from journey_analytics.rule_cells import Cell, Row, keyed_rows, numbered_rows

ENTERED_AT: Final = "entered_at"
PERIODS: Final = ("day", "week", "month", "quarter", "weekday", "hour")
"""What of the moment of entering a stage can be a segment, all UTC."""

TOUCHPOINT_PLACES: Final = {
    "entry": "the touchpoint that entered the stage",
    "first": "the journey's first touchpoint",
    "known_in_journey": "the first value in the journey, if it was there by the entry",
    "known_of_customer": "the customer's latest value by the entry, in any journey",
}
"""Where a column of `core.touchpoint` can be read, besides a table of its own."""

_AT_ITS_END = "it is known at the journey's end, not when the stage is entered"
_AT_T = "it says how things stand at the cut-off, not when the stage is entered"
_LATER = "it is the first one known, possibly after the entry; use taken_from known_in_journey"
_BY_NOW = "it is what is known by now of the customer, who may have told it after the entry"
LATER_KNOWN: Final[Mapping[tuple[str, str], str]] = {
    **{("core.journey", name): _AT_ITS_END for name in ("ended_at", "touchpoint_count", "session_count")},
    **{("core.journey", name): _AT_ITS_END for name in ("activities", "stages", "is_passive")},
    **{("core.journey", name): _AT_T for name in ("status", "furthest_stage", "converted_at", "amount", "currency")},
    **{("core.journey", name): _AT_T for name in ("is_closed", "closed_at", "has_started")},
    **{("core.journey", name): _LATER for name in ("device", "country")},
    **{("core.customer", name): _BY_NOW for name in ("identity_type", "identity_value", "is_anonymous")},
    **{("core.customer", name): _BY_NOW for name in ("identity_count", "device_count", "last_seen_at")},
    **{("core.touchpoint", name): "it tells what follows" for name in ("next_activity", "next_gap_us")},
}
"""Columns by which nothing may be broken down, with the reason: (table, column)."""

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_TABLE: Final = re.compile(r"(?:core|mart|config)\.[a-z][a-z0-9_]*")
_TAKEN: Final = (
    "all", "segment", "segment_value", "stage", "stage_rank", "segment_group", "followable_us", "journey_id",
    "customer_id", "entered_at", "left_at", "outcome", "advanced_at", "duration_us", "window_days",
    "entry_touchpoint_id", "regressed_at", "abandoned_at", "decision_at", "purchased_at", "closed_at",
)  # fmt: skip
"""Names that an entrant's own columns, or the whole, have."""


@dataclass(frozen=True)
class Segment:
    """What drop-off is broken down by.

    Attributes:
        name: the column of an entrant, and the `segment` of a mart.
        taken_from: a table (`core.journey`), a place of `TOUCHPOINT_PLACES`, or `entered_at`.
        column: the column there; of `entered_at` one of `PERIODS`.
        cell: where it was asked for, for complaints.
    """

    name: str
    taken_from: str
    column: str
    cell: Cell

    @property
    def table(self) -> str | None:
        """The table that has the column; none for a period."""
        if self.taken_from == ENTERED_AT:
            return None
        return "core.touchpoint" if self.taken_from in TOUCHPOINT_PLACES else self.taken_from

    @property
    def is_period(self) -> bool:
        """Whether its values are times: these are never folded into `other`."""
        return self.taken_from == ENTERED_AT

    @property
    def why_refused(self) -> str | None:
        """Why nothing may be broken down by it: it is only known after the stage was entered."""
        reason = LATER_KNOWN.get((self.table or "", self.column))
        return reason and f"nothing is broken down by {self.table}.{self.column}, because {reason}"


def read_segments(frames: Mapping[str, pl.DataFrame]) -> tuple[Segment, ...]:
    """The rows of `segment` in their order.

    Raises:
        ConfigurationError: for a name that is none, stands twice or is taken, a place where nothing can be read, or a
            column that is only known after the entry.
    """
    rows = keyed_rows(frames, "segment", key="segment", columns=("segment", "taken_from", "column_name"))
    return tuple(_segment(row) for row in rows)


def _segment(row: Row) -> Segment:
    name, place, column = (row.exact(part) for part in ("segment", "taken_from", "column_name"))
    if not _NAME.fullmatch(name.text) or name.text in _TAKEN:
        raise name.wrong("a name in lower_snake_case that no column of an entrant has")
    if not _TABLE.fullmatch(place.text):
        known = (*TOUCHPOINT_PLACES, ENTERED_AT)
        place.one_of(known, what=f"a table such as core.journey, or one of {', '.join(known)}")
    if not _NAME.fullmatch(column.text):
        raise column.wrong("the name of a column, in lower_snake_case")
    found = Segment(name.text, place.text, column.text, column)
    if found.is_period:
        column.one_of(PERIODS, what=f"one of {', '.join(PERIODS)}")
    if reason := found.why_refused:
        raise column.wrong(f"possible: {reason}")
    return found


def check_personas(frames: Mapping[str, pl.DataFrame]) -> None:
    """`persona_rule`: a name in every row; bounds whole numbers or empty, and no lower one above its upper one.

    Raises:
        ConfigurationError: for anything else.
    """
    bounds = [(f"min_{what}", f"max_{what}") for what in ("purchases", "journeys", "days")]
    columns = ("persona", *(column for pair in bounds for column in pair), "first_channel", "device")
    for row in numbered_rows(frames, "persona_rule", columns=columns):
        if not _NAME.fullmatch(row.exact("persona").text):
            raise row.exact("persona").wrong("a name in lower_snake_case")
        for low, high in bounds:
            _check_bounds(row, low, high)
        for column in ("first_channel", "device"):
            _check_alternatives(row.exact(column))


def _check_bounds(row: Row, low: str, high: str) -> None:
    found = [cell.whole(0, 1_000_000) for column in (low, high) if (cell := row.exact(column)).text]
    if len(found) == 2 and found[0] > found[1]:  # noqa: PLR2004 - both bounds
        raise row.exact(high).wrong(f"at least {low}, which is {found[0]}")


def _check_alternatives(cell: Cell) -> None:
    if cell.text and not all(part and part == part.strip() for part in cell.text.split("|")):
        raise cell.wrong("empty or names with | between them, such as paid_search|paid_social")


def no_such_table(segment: Segment, tables: Iterable[str]) -> ConfigurationError:
    """The complaint that a segment's table is not there."""
    place = Cell(segment.cell.file, segment.cell.row, "taken_from", segment.taken_from)
    return place.wrong("a table of the warehouse", tables)
