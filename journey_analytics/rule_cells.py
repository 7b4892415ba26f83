"""The cells and rows of the rule files, each knowing where it stands, so that every complaint about them reads alike.

Pure: frames of text in, `ConfigurationError` out.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import polars as pl

from journey_analytics.errors import ConfigurationError, nearest

FILE: Final = "file of the row"
"""A column that a frame may have besides its own: the file of each row, as a complaint names it."""

_MAX_DAYS: Final = 36_500
_WHOLE = re.compile(r"[0-9]{1,9}")


def shown_file(table: str) -> str:
    """How a complaint names the built-in file of a rule table."""
    return f"sql/config/{table}.csv"


@dataclass(frozen=True)
class Cell:
    """One cell: its file and row in words, its column and its text."""

    file: str
    row: str
    column: str
    text: str

    def wrong(self, expected: str, known: Iterable[str] = ()) -> ConfigurationError:
        """The complaint that the text is not what was expected, with the nearest of the known names."""
        hint = f"; {nearest(self.text, names)}" if (names := list(known)) else ""
        return ConfigurationError(
            f"{self.file}, {self.row}, column {self.column!r}: {self.text!r} is not {expected}{hint}"
        )

    def one_of(self, known: Collection[str], *, what: str) -> str:
        """The text, which must be one of these."""
        if self.text not in known:
            raise self.wrong(what, known)
        return self.text

    def whole(self, minimum: int, maximum: int, *, what: str = "a whole number") -> int:
        """A whole number in decimal digits, within both bounds (inclusive)."""
        if not _WHOLE.fullmatch(self.text) or not minimum <= int(self.text) <= maximum:
            raise self.wrong(f"{what} from {minimum} to {maximum}")
        return int(self.text)

    def whole_days(self) -> timedelta:
        """A whole number of days, at least one."""
        return timedelta(days=self.whole(1, _MAX_DAYS, what="a whole number of days"))

    def number(self, *, expected: str = "a number of at least 0", maximum: float = 1e6) -> float:
        """A number from 0 to the maximum (inclusive)."""
        try:
            number = float(self.text)
        except ValueError:
            raise self.wrong(expected) from None
        if not 0 <= number <= maximum:
            raise self.wrong(expected)
        return number


@dataclass(frozen=True)
class Row:
    """One row of a rule table.

    Attributes:
        file: its file in words.
        label: the row in words: by its key, or by its number within the file.
        key: the text of the key column without blanks around it; empty for a table without key.
        cells: every column's text as it stands in the file; null: empty.
    """

    file: str
    label: str
    key: str
    cells: Mapping[str, str | None]

    def cell(self, column: str) -> Cell | None:
        """The cell without blanks around its text; None when nothing is left."""
        text = (self.cells.get(column) or "").strip()
        return Cell(self.file, self.label, column, text) if text else None

    def required(self, column: str) -> Cell:
        """The cell without blanks around its text, which may be empty: that is for the cell's reader to refuse."""
        return self.cell(column) or Cell(self.file, self.label, column, "")

    def exact(self, column: str) -> Cell:
        """The cell as it stands, blanks included: for what SQL compares as it stands."""
        return Cell(self.file, self.label, column, self.cells.get(column) or "")


def keyed_rows(
    frames: Mapping[str, pl.DataFrame],
    table: str,
    *,
    key: str,
    columns: tuple[str, ...],
    exact: bool = False,
    once_per_file: bool = False,
) -> list[Row]:
    """The rows of a table in their order.

    Args:
        frames: by table; every column text, an empty cell null; with or without the column `FILE`.
        table: which one.
        key: the column that names a row: never empty, every value once.
        columns: those that must be there.
        exact: no others may be.
        once_per_file: a key may stand once in each file, instead of once in all of them.

    Raises:
        ConfigurationError: the table or a column is missing, a column is unknown, or a key is empty or doubled.
    """
    frame = _frame(frames, table, columns=columns, exact=exact)
    rows = [
        Row(cells.get(FILE) or shown_file(table), f"row {text!r}", text, cells)
        for cells in frame.to_dicts()
        for text in [(cells[key] or "").strip()]
    ]
    _check_keys(rows, key, once_per_file=once_per_file)
    return rows


def numbered_rows(frames: Mapping[str, pl.DataFrame], table: str, *, columns: tuple[str, ...]) -> list[Row]:
    """The rows of a table without key, in their order, each named by its number in its file; from 1, without header.

    Raises:
        ConfigurationError: the table or a column is missing.
    """
    number: Counter[str] = Counter()
    rows: list[Row] = []
    for cells in _frame(frames, table, columns=columns, exact=False).to_dicts():
        file = cells.get(FILE) or shown_file(table)
        number[file] += 1
        rows.append(Row(file, f"row number {number[file]}", "", cells))
    return rows


def needed_rows(rows: Iterable[Row], table: str, names: Iterable[str]) -> dict[str, Row]:
    """The rows by key.

    Raises:
        ConfigurationError: for a name without row.
    """
    found = {row.key: row for row in rows}
    files = sorted({row.file for row in found.values()} - {shown_file(table)})
    for name in names:
        if name not in found:
            file = files[0] if files else shown_file(table)
            whole = "; it stands in place of the built-in file and needs all of its rows" if files else ""
            raise ConfigurationError(f"{file}: row {name!r} is missing{whole}; {nearest(name, found)}")
    return found


def _frame(frames: Mapping[str, pl.DataFrame], table: str, *, columns: tuple[str, ...], exact: bool) -> pl.DataFrame:
    if table not in frames:
        raise ConfigurationError(f"{shown_file(table)} is missing; it needs the columns {', '.join(columns)}")
    present = [column for column in frames[table].columns if column != FILE]
    for column in columns:
        if column not in present:
            raise ConfigurationError(f"{shown_file(table)}: column {column!r} is missing; {nearest(column, present)}")
    for column in present if exact else ():
        if column not in columns:
            raise ConfigurationError(f"{shown_file(table)}: unknown column {column!r}; {nearest(column, columns)}")
    return frames[table]


def _check_keys(rows: Iterable[Row], key: str, *, once_per_file: bool) -> None:
    seen: dict[tuple[str, str], Row] = {}
    number: Counter[str] = Counter()
    for row in rows:
        number[row.file] += 1
        if not row.key:
            raise ConfigurationError(
                f"{row.file}, row number {number[row.file]}: column {key!r} is empty; expected a name"
            )
        first = seen.setdefault((row.file if once_per_file else "", row.key), row)
        if first is not row:
            raise _doubled(first, row, key)


def _doubled(first: Row, second: Row, key: str) -> ConfigurationError:
    hint = "once only"
    if first.file != second.file:
        hint = (
            f"once only, but it stands in {second.file} too: a file of that name in your sql/config replaces that one"
        )
    return ConfigurationError(f"{first.file}, {first.label}: column {key!r} has this value twice; {hint}")
