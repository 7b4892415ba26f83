"""One file, read as far as its fate is clear: known, a copy, refused, left for later, small, or large."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice

import polars as pl

from journey_analytics.load import ledger
from journey_analytics.load.ledger import Entry
from journey_analytics.load.stager import LANDED_COLUMNS, REJECTION_SCHEMA, Stager
from journey_analytics.sources import Delivery, FileRead, FileRefusedError, Limits, RowBatch, is_unchanged, reader_name
from journey_analytics.sources.files import OpenDelivery
from journey_analytics.warehouse import Warehouse


@dataclass(frozen=True)
class FileLoad:
    """What became of one file. The counts are rows; read = accepted + duplicate + rejected.

    `status`: `loaded`; `copy`, content that was loaded from another file; `refused` as a whole (one rejected row
    stands for the file); `known`, loaded before, no row in the ledger; `left` for the next run, because it changed
    while it was read. `load_id` is null for the last two.
    """

    source: str
    file: str
    status: str
    load_id: int | None = None
    read_count: int = 0
    accepted_count: int = 0
    duplicate_count: int = 0
    rejected_count: int = 0
    warning: str | None = None


def file_load(entry: Entry, status: str, *, warning: str | None = None) -> FileLoad:
    """The outcome of a file that has a row in the ledger."""
    counts = (entry.read_count, entry.accepted_count, entry.duplicate_count, entry.rejected_count)
    return FileLoad(entry.source, entry.file, status, entry.load_id, *counts, warning or entry.warning)


@dataclass(frozen=True)
class Outcome:
    """The fate of a file without rows to load: `result` when nothing is to be recorded, else `entry` is.

    `refusal` is given for a file refused as a whole, and `lifted` are its earlier refusals that this one replaces.
    """

    result: FileLoad | None = None
    entry: Entry | None = None
    refusal: FileRefusedError | None = None
    lifted: tuple[int, ...] = ()


@dataclass(frozen=True)
class Rows:
    """The rows of a file: all of them in one batch, or (`is_large`) batch by batch, read as they are asked for."""

    entry: Entry
    batches: Iterator[RowBatch]
    reading: FileRead
    is_large: bool
    lifted: tuple[int, ...] = ()


@dataclass(frozen=True)
class OpenFile:
    """A file at work: `entry` is its row of the ledger, the counts still 0."""

    warehouse: Warehouse
    stager: Stager
    limits: Limits
    delivery: Delivery
    opened: OpenDelivery
    entry: Entry

    def fate(self) -> Outcome | Rows:
        """What is to be done with the file; a small file is read, a large one begun.

        Raises:
            ConfigurationError: how to read it is not known.
        """
        known = [(entry, self._refusal(entry)) for entry in self._earlier()]
        final = [entry for entry, refusal in known if refusal is None or refusal[0] not in ledger.RETRIED_CODES]
        if any(entry.file == self.entry.file for entry in final):
            return Outcome(result=FileLoad(self.entry.source, self.entry.file, "known"))
        if final:
            return self._copy(final[0])
        before = {entry.load_id: refusal for entry, refusal in known if entry.file == self.entry.file}
        return self._read(before)

    def _earlier(self) -> list[Entry]:
        entry = self.entry
        return ledger.find(
            self.warehouse, source=entry.source, raw_table=entry.raw_table, content_hash=entry.content_hash
        )

    def _refusal(self, entry: Entry) -> tuple[str, str] | None:
        return ledger.file_refusal(self.warehouse, entry.load_id)

    def _copy(self, first: Entry) -> Outcome:
        if not self.is_unchanged():
            return self.left()
        warning = f"the same content as {first.file} (load {first.load_id})"
        rows = first.read_count
        return Outcome(entry=replace(self.entry, read_count=rows, duplicate_count=rows, warning=warning))

    def is_unchanged(self) -> bool:
        """Whether nobody wrote to the file since it was opened."""
        return is_unchanged(self.delivery, self.opened)

    def left(self) -> Outcome:
        """The fate of a file that somebody wrote to."""
        warning = "it changed while it was read and is left for the next run"
        return Outcome(result=FileLoad(self.entry.source, self.entry.file, "left", warning=warning))

    def _read(self, before: dict[int, tuple[str, str] | None]) -> Outcome | Rows:
        """Begin to read; `before` are the refusals so far, by load id, that may be lifted now."""
        reading = FileRead(self.limits)
        try:
            batches = self._batches(reading)
            begun = list(islice(batches, 2))
        except FileRefusedError as refusal:
            return self.refused(refusal, before)
        is_large = len(begun) > 1
        if not is_large and not self.is_unchanged():
            return self.left()
        return Rows(self.entry, chain(begun, batches), reading, is_large=is_large, lifted=tuple(before))

    def refused(self, refusal: FileRefusedError, before: dict[int, tuple[str, str] | None]) -> Outcome:
        """The fate of a file that cannot be trusted as a whole."""
        if not self.is_unchanged():
            return self.left()
        if (refusal.code, refusal.reason) in before.values():
            return Outcome(result=FileLoad(self.entry.source, self.entry.file, "known"))
        entry = replace(self.entry, read_count=1, rejected_count=1)
        return Outcome(entry=entry, refusal=refusal, lifted=tuple(before))

    def _batches(self, reading: FileRead) -> Iterator[RowBatch]:
        source, name = self.delivery.source, self.delivery.path.name
        return reading.batches(
            self.opened.handle,
            name=name,
            reader=reader_name(name, self.stager.declared_reader(source)),
            delimiter=source.delimiter,
            required=self.stager.required(source, self.delivery.key),
        )


def landed_frame(entry: Entry, batch: RowBatch) -> pl.DataFrame:
    """The readable rows of a batch, as the stager takes them."""
    schema = {"row_number": pl.Int64, "payload": pl.String}
    rows = pl.DataFrame({"row_number": batch.numbers, "payload": batch.payloads}, schema=schema)
    return rows.with_columns(_origin(entry)).select(LANDED_COLUMNS)


def refused_frame(entry: Entry, batch: RowBatch) -> pl.DataFrame:
    """The refused rows of a batch, as the quarantine takes them."""
    names = ("row_number", "reason_code", "reason", "payload")
    rows = [(row.row_number, row.code, row.reason, row.payload) for row in batch.refused]
    frame = pl.DataFrame(rows, schema={name: REJECTION_SCHEMA[name] for name in names}, orient="row")
    return frame.with_columns(_origin(entry)).select(*REJECTION_SCHEMA)


def _origin(entry: Entry) -> list[pl.Expr]:
    return [
        pl.lit(entry.load_id, pl.Int64).alias("load_id"),
        pl.lit(entry.source).alias("source"),
        pl.lit(entry.file).alias("file"),
    ]
