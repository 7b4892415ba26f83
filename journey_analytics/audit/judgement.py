"""A judged sheet, validated. Pure: rows in, judgements or a list of faults out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from journey_analytics.audit.sheet import KINDS, check_code
from journey_analytics.errors import DataError, nearest

VERDICTS: Final = ("right", "wrong", "cannot_tell")

JUDGEMENT: Final = pl.Schema(
    {
        "kind": pl.String,
        "item_id": pl.String,
        "stratum": pl.String,
        "answer": pl.String,
        "verdict": pl.String,
        "comment": pl.String,
        "judged_at": pl.Datetime("us"),
    }
)
"""`run.audit_judgement`: one row per (kind, item_id). `stratum` and `answer` are those that were drawn;
`judged_at` (UTC) is when this verdict was taken in first; an empty comment is null."""

_SHOWN_FAULTS: Final = 20


@dataclass(frozen=True)
class SheetRow:
    """A row of a sheet with its number as a spreadsheet counts it."""

    number: int
    cells: dict[str, str]

    @property
    def verdict(self) -> str:
        """As people write it: any letter case, blanks for the underscore; empty when not judged."""
        return self.cells["verdict"].strip().lower().replace(" ", "_")

    @property
    def key(self) -> tuple[str, str]:
        """What a judgement is about."""
        return self.cells["kind"].strip(), self.cells["item_id"].strip()


def judgements(rows: Sequence[tuple[int, dict[str, str]]], *, name: str) -> pl.DataFrame:
    """The judged rows of a sheet, in its order, `judged_at` null; rows without a verdict are skipped.

    Args:
        rows: row numbers with cells, as `read_sheet` gives them.
        name: the sheet, for the error.

    Raises:
        DataError: one, with the row number of every fault: an unknown kind or verdict, an edited row, an item twice.
    """
    sheet = [SheetRow(number, cells) for number, cells in rows]
    faults = [f"row {row.number}: {fault}" for row in sheet if (fault := _fault(row))]
    faults += _repeated(sheet)
    if faults:
        more = [f"and {len(faults) - _SHOWN_FAULTS} more"] if len(faults) > _SHOWN_FAULTS else []
        told = "\n  ".join([*faults[:_SHOWN_FAULTS], *more])
        raise DataError(f"{name}: nothing was taken in; correct these rows ({len(faults)}):\n  {told}")
    return pl.DataFrame([_judgement(row) for row in sheet if row.verdict], schema=JUDGEMENT)


def unjudged(rows: Sequence[tuple[int, dict[str, str]]]) -> pl.DataFrame:
    """Kind and item_id of the rows without a verdict, in the order of the sheet."""
    keys = [row.key for row in (SheetRow(number, cells) for number, cells in rows) if not row.verdict]
    return pl.DataFrame(keys, schema={"kind": pl.String, "item_id": pl.String}, orient="row")


def _fault(row: SheetRow) -> str | None:
    kind = row.key[0]
    if kind not in KINDS:
        return f"unknown kind {kind!r}; {nearest(kind, KINDS)}"
    if row.verdict and row.verdict not in VERDICTS:
        return f"unknown verdict {row.verdict!r}; {nearest(row.verdict, VERDICTS)}"
    if _is_edited(row):
        return "the item was edited: only verdict and comment are yours to fill"
    return None


def _is_edited(row: SheetRow) -> bool:
    try:
        return check_code(row.cells) != row.cells["check_code"].strip()
    except ValueError:
        return True


def _repeated(sheet: Sequence[SheetRow]) -> list[str]:
    first: dict[tuple[str, str], int] = {}
    for row in sheet:
        first.setdefault(row.key, row.number)
    return [
        f"row {row.number}: the item of row {first[row.key]} again" for row in sheet if first[row.key] != row.number
    ]


def _judgement(row: SheetRow) -> dict[str, str | None]:
    told: dict[str, str | None] = {
        column: row.cells[column].strip() for column in ("kind", "item_id", "stratum", "answer")
    }
    return told | {
        "verdict": row.verdict,
        "comment": row.cells["comment"].strip() or None,
        "judged_at": None,
    }


def merged(known: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """Judgements known before with new ones in their place; what says the same again keeps its `judged_at`.

    Returns:
        One row per (kind, item_id), by kind and item_id.
    """
    told = [column for column in JUDGEMENT if column != "judged_at"]
    again = new.join(known, on=told, how="semi", nulls_equal=True)
    replaced = new.join(again, on=("kind", "item_id"), how="anti")
    kept = known.join(replaced, on=("kind", "item_id"), how="anti")
    return pl.concat([kept, replaced]).sort("kind", "item_id")
