"""The audit sheet as a CSV file that people open in a spreadsheet. Pure but for the file itself.

Written as UTF-8 with a byte order mark, without which Excel takes accents for something else, and with commas. Read
with or without the mark, in Windows' Western code page too (not in UTF-16, Excel's “Unicode text”), and with commas,
semicolons (what Excel saves where the comma is the decimal mark: Italy, Germany, France …) or tabs.

A cell that a spreadsheet would run as a formula gets an apostrophe in front, and so does one that begins with an
apostrophe; reading takes exactly one away. (OWASP, “CSV Injection”.)
"""

import csv
import hashlib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any, Final

from journey_analytics.errors import ConfigurationError, DataError

KINDS: Final = ("touchpoint", "link", "journey_cut")
"""What a person is asked about: see `population`."""

COLUMNS: Final = (
    "kind", "item_id", "stratum", "stratum_count", "sample_count", "question", "answer", "confidence", "customer_id",
    "occurred_at", "source", "activity", "page", "subject", "before", "after", "evidence", "verdict", "comment",
    "check_code",
)  # fmt: skip
"""The header. Times are UTC. `confidence` is a whole percentage, which reads alike in every language of a spreadsheet
(1.000 is a thousand in some), and empty where none is stated."""

GUARDED: Final = ("kind", "item_id", "stratum", "stratum_count", "sample_count", "answer")
"""What `check_code` vouches for: an edit of one of these is found. The other columns are there to be read."""

_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")
_DELIMITERS: Final = (",", ";", "\t")
_GROUPING: Final = str.maketrans("", "", ".,'’")


def protected(text: str) -> str:
    """A text as a cell that no spreadsheet runs; `unprotected` is its inverse."""
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def unprotected(cell: str) -> str:
    """The text of a cell."""
    return cell.removeprefix("'")


def check_code(row: Mapping[str, str]) -> str:
    """A code over the guarded cells of a row; however a spreadsheet groups digits, the code is the same.

    Raises:
        ValueError: a count is no number any more.
    """
    parts = [_canonical(column, row[column].strip()) for column in GUARDED]
    return "k_" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:12]


def _canonical(column: str, text: str) -> str:
    if column.endswith("_count"):
        return str(int("".join(text.translate(_GROUPING).split())))
    return text


def sheet_row(values: Mapping[str, Any]) -> dict[str, str]:
    """The texts of a row of the sheet, not yet protected; verdict and comment are empty for the person to fill."""
    row = {column: _text(values.get(column)) for column in COLUMNS}
    return row | {"verdict": "", "comment": "", "check_code": check_code(row)}


def _text(value: object) -> str:
    if value is None:
        return ""
    return f"{100 * value:.0f} %" if isinstance(value, float) else str(value)


def write_sheet(file: Path, rows: Sequence[Mapping[str, str]]) -> None:
    """Write a new sheet.

    Raises:
        ConfigurationError: when the file exists (it may hold somebody's judgements) or cannot be written.
    """
    try:
        with file.open("x", encoding="utf-8-sig", newline="") as handle:
            writer = csv.DictWriter(handle, COLUMNS, lineterminator="\r\n")
            writer.writeheader()
            writer.writerows({column: protected(row[column]) for column in COLUMNS} for row in rows)
    except FileExistsError as error:
        raise ConfigurationError(f"{file} exists and may hold judgements; name a new file") from error
    except OSError as error:
        raise ConfigurationError(f"cannot write {file}: {error.strerror}") from error


def read_sheet(file: Path) -> list[tuple[int, dict[str, str]]]:
    """The rows of a sheet with their number as a spreadsheet counts them (the header is 1); blank rows are left out.

    Further columns are left out too. The kind of delimiter is that of the header.

    Raises:
        ConfigurationError: when the file cannot be opened.
        DataError: when it is no such sheet, or one in UTF-16.
    """
    text = _decoded(file)
    header = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=header.count)
    try:
        rows = list(csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise DataError(f"{file} is no readable CSV: {error}") from error
    names = [name.strip() for name in rows[0]] if rows else []
    missing = [column for column in (*GUARDED, "verdict", "comment", "check_code") if column not in names]
    if missing:
        columns = "column" if len(missing) == 1 else "columns"
        raise DataError(f"{file} lacks the {columns} {', '.join(missing)}; give a sheet that `journey audit` wrote")
    return [(number, _row(names, cells)) for number, cells in enumerate(rows[1:], start=2) if any(cells)]


def _decoded(file: Path) -> str:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"cannot read {file}: {error.strerror}") from error
    if _is_utf16(content):
        raise DataError(f"{file} is UTF-16, which Excel calls “Unicode text”; save it as “CSV UTF-8”")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _is_utf16(content: bytes) -> bool:
    """By its byte order mark or, without one, by the zero bytes that every second letter of our header then is."""
    return content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) or b"\0" in content.split(b"\n", 1)[0]


def _row(names: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    padded = [*cells, *[""] * (len(names) - len(cells))]
    return {name: unprotected(cell) for name, cell in zip(names, padded, strict=False)}
