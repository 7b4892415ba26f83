"""The rows of `process_rule.csv`, checked before SQL reads them. Pure: frames of text in, `ConfigurationError` out."""

import re
from collections.abc import Mapping
from typing import Final

import polars as pl

from journey_analytics.process_rules.kinds import CUSTOMER, KINDS, SAME, SCOPES, Kind
from journey_analytics.rule_cells import Cell, Row, keyed_rows

COLUMNS: Final = (
    "rule_id", "kind", "activity", "category", "other_activity", "other_category", "closing_activity",
    "closing_category", "within", "times", "same", "scope", "description",
)  # fmt: skip
PARTS: Final = (
    ("activity", "category"),
    ("other_activity", "other_category"),
    ("closing_activity", "closing_category"),
)

_SPAN = re.compile(r"[1-9][0-9]{0,5}[smhd]")
_MOST_TIMES: Final = 1_000_000


def check_process_rules(frames: Mapping[str, pl.DataFrame]) -> None:
    """`process_rule`: every rule once, of a known kind, with the cells that its kind needs and no others.

    Raises:
        ConfigurationError: for anything else; it names the file, the row, the column and what was expected.
    """
    for row in keyed_rows(frames, "process_rule", key="rule_id", columns=COLUMNS):
        _check_row(row, KINDS[row.exact("kind").one_of(KINDS, what="a kind of process rule")])


def check_contact_activities(frames: Mapping[str, pl.DataFrame]) -> None:
    """`contact_activity`: activities, each once in a file.

    Raises:
        ConfigurationError: for anything else.
    """
    for row in keyed_rows(frames, "contact_activity", key="activity", columns=("activity",), once_per_file=True):
        _refuse_blanks(row.exact("activity"))


def _check_row(row: Row, kind: Kind) -> None:
    scope = row.exact("scope").one_of(SCOPES, what="journey or customer")
    if scope == CUSTOMER and not kind.in_customer:
        raise row.exact("scope").wrong("possible for this kind, which compares neighbours in a journey: use journey")
    _check_parts(row, (True, kind.has_other, kind.has_closing))
    _check_optional(row, kind)
    if scope == CUSTOMER and kind.needs_end and row.cell("within") is None:
        raise row.exact("within").wrong("a time such as 30d: what a customer will do is never over without one")
    if row.cell("description") is None:
        raise row.required("description").wrong("a sentence: reports show the rule by it")


def _check_parts(row: Row, needed: tuple[bool, bool, bool]) -> None:
    for (activity, category), is_needed in zip(PARTS, needed, strict=True):
        if is_needed:
            _check_patterns(row.required(activity))
        for column in (activity, category):
            if (cell := row.cell(column)) is not None:
                _refuse_unless(is_needed, cell)
                _check_patterns(cell)


def _check_patterns(cell: Cell) -> None:
    parts = [part.strip() for part in cell.text.split("|")]
    if any(not part or "*" in part[:-1] for part in parts):
        raise cell.wrong("a list of names separated by '|', '*' only at the end of a name, or is:purchase")


def _check_optional(row: Row, kind: Kind) -> None:
    if (cell := row.cell("within")) is not None:
        _refuse_unless(kind.has_within, cell)
        if not _SPAN.fullmatch(cell.text):
            raise cell.wrong("a time: a whole number and s, m, h or d, such as 1h or 30d")
    if (cell := row.cell("times")) is not None:
        _refuse_unless(kind.has_times, cell)
        cell.whole(1, _MOST_TIMES)
    if (cell := row.cell("same")) is not None:
        _refuse_unless(kind.has_same, cell)
        cell.one_of(SAME, what=f"one of {', '.join(SAME)}, or empty")
    for column in ("within", "times", "same"):
        _refuse_blanks(row.exact(column))


def _refuse_unless(is_allowed: bool, cell: Cell) -> None:
    if not is_allowed:
        raise cell.wrong("empty: a rule of this kind has no use for it")


def _refuse_blanks(cell: Cell) -> None:
    if cell.text != cell.text.strip():
        raise cell.wrong("without blanks around it")
