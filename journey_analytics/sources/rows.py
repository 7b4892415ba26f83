"""What a reader hands on: batches of rows, refused rows, the refusal of a whole file. Pure: standard library only."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

ROW_CODES: Final = (
    "json_syntax",
    "json_truncated",
    "not_object",
    "duplicate_key",
    "encoding",
    "control_char",
    "too_long",
    "too_deep",
    "too_few_fields",
    "too_many_fields",
    "unclosed_quote",
    "repeated_id",
)
"""Why a reader refuses one row; staging and admission add theirs."""

FILE_CODES: Final = (
    "gzip_truncated",
    "gzip_corrupt",
    "not_gzip",
    "bomb",
    "missing_column",
    "duplicate_column",
    "unreadable_file",
)
"""Why a reader refuses a whole file."""

Warn = Callable[[str], None]
"""Takes one warning about a file; the same one may come many times."""


@dataclass(frozen=True)
class Limits:
    """Bounds of the reader, so that no file can exhaust memory or disk. Sizes in bytes unless named otherwise."""

    row_bytes: int = 4 << 20
    payload_characters: int = 64 << 10
    chunk_bytes: int = 1 << 20
    batch_rows: int = 50_000
    batch_bytes: int = 64 << 20
    output_bytes: int = 2 << 30
    ratio: int = 200
    ratio_from_bytes: int = 64 << 20
    quoted_lines: int = 2_000


DEFAULT_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """One row that is not loaded: where it stands, why, and what it said."""

    row_number: int
    code: str
    reason: str
    payload: str


@dataclass(slots=True)
class RowBatch:
    """Some rows of a file: `numbers[i]` is the row number of `payloads[i]`, a JSON object as text."""

    numbers: list[int] = field(default_factory=list)
    payloads: list[str] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)
    byte_count: int = 0

    def add(self, number: int, payload: str) -> None:
        """Add a readable row."""
        self.numbers.append(number)
        self.payloads.append(payload)
        self.byte_count += len(payload)

    def refuse(self, row: RefusedRow) -> None:
        """Add a refused row."""
        self.refused.append(row)
        self.byte_count += len(row.payload)

    @property
    def read_count(self) -> int:
        """Rows of both kinds."""
        return len(self.numbers) + len(self.refused)

    def is_full(self, limits: Limits) -> bool:
        """Whether it is time to hand the batch on."""
        return self.read_count >= limits.batch_rows or self.byte_count >= limits.batch_bytes


Batches = Iterator[RowBatch]


class FileRefusedError(Exception):
    """The file cannot be trusted as a whole: none of its rows is loaded."""

    def __init__(self, code: str, reason: str) -> None:
        """`code` is one of `FILE_CODES`; `reason` a sentence for a person."""
        super().__init__(reason)
        self.code = code
        self.reason = reason


def shown(raw: bytes, limits: Limits) -> str:
    """Bytes as text for the quarantine: cut to the limit, undecodable bytes and NULs backslash-escaped."""
    return cut(raw[: limits.payload_characters].decode("utf-8", "backslashreplace"), limits)


def cut(text: str, limits: Limits) -> str:
    """Text for the quarantine: cut to the limit, without anything a database would choke on."""
    safe = text[: limits.payload_characters].encode("utf-8", "backslashreplace").decode()
    return safe.replace("\0", "\\x00")[: limits.payload_characters]
