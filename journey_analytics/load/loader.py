"""Files one after the other into the warehouse, each in one transaction with its row in the ledger.

Small files are staged together, because a call of the staging models costs the same for one row as for thousands. A
large file is staged batch by batch, and while some batches are staged, Python parses the next.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from queue import SimpleQueue

import polars as pl

from journey_analytics.load import ledger
from journey_analytics.load.admit import take_in
from journey_analytics.load.file import FileLoad, OpenFile, Outcome, Rows, file_load, landed_frame, refused_frame
from journey_analytics.load.ledger import Entry
from journey_analytics.load.stager import Staged, Stager
from journey_analytics.load.tables import create_raw_table, empty_scratch
from journey_analytics.sources import Delivery, FileRefusedError, Limits, RowBatch, open_delivery
from journey_analytics.sources.files import OpenDelivery
from journey_analytics.warehouse import Warehouse

_WAITING_FILES = 500
_STAGERS = 2


@dataclass(frozen=True)
class _Waiting:
    """A file whose row of the ledger is to be written, after its rows (if it has any) were staged."""

    delivery: Delivery
    entry: Entry
    batch: RowBatch | None = None
    warning: str | None = None
    refusal: FileRefusedError | None = None
    lifted: tuple[int, ...] = ()


class Loader:
    """Loads files in the order given; `loaded_at` is naive UTC, `root` the workspace that file names are relative to.

    `results` has what became of each file. Call `flush` at the end.
    """

    def __init__(
        self, warehouse: Warehouse, stager: Stager, *, root: Path, loaded_at: datetime, limits: Limits
    ) -> None:
        """Nothing is opened before `load`."""
        self._warehouse = warehouse
        self._stager = stager
        self._root = root
        self._loaded_at = loaded_at
        self._limits = limits
        self._trusted = ledger.trusted_stamps(warehouse)
        self._waiting: list[_Waiting] = []
        self.results: dict[Delivery, FileLoad] = {}

    def load(self, delivery: Delivery) -> None:
        """Load one file, unless it was before; a small one waits for its like.

        Raises:
            ConfigurationError: it cannot be opened, or a model or rule is at fault; nothing of the file is kept.
        """
        with open_delivery(delivery) as opened:
            if self._stamp(delivery, opened) in self._trusted:
                name = delivery.name(self._root)
                self.results[delivery] = FileLoad(delivery.source.name, name, "known")
                return
            content_hash = opened.content_hash()
            if self._must_flush(delivery, content_hash):
                self.flush()
            entry = self._entry(delivery, opened, content_hash)
            file = OpenFile(self._warehouse, self._stager, self._limits, delivery, opened, entry)
            self._follow(file, file.fate())

    def _stamp(self, delivery: Delivery, opened: OpenDelivery) -> ledger.Stamp:
        table = self._stager.table(delivery.source, delivery.key)
        return delivery.source.name, table, delivery.name(self._root), opened.size, opened.modified_ns

    def _must_flush(self, delivery: Delivery, content_hash: str) -> bool:
        """Whether the waiting files must go first: another table, enough of them, or maybe a copy of one of them."""
        if not self._waiting:
            return False
        first = self._waiting[0].delivery
        is_other = (first.source.format, first.key) != (delivery.source.format, delivery.key)
        batches = [file.batch for file in self._waiting if file.batch]
        is_enough = (
            len(self._waiting) >= _WAITING_FILES
            or sum(batch.read_count for batch in batches) >= self._limits.batch_rows
            or sum(batch.byte_count for batch in batches) >= self._limits.batch_bytes
        )
        return is_other or is_enough or any(file.entry.content_hash == content_hash for file in self._waiting)

    def _entry(self, delivery: Delivery, opened: OpenDelivery, content_hash: str) -> Entry:
        return Entry(
            load_id=ledger.next_load_id(self._warehouse) + len(self._waiting),
            source=delivery.source.name,
            file=delivery.name(self._root),
            content_hash=content_hash,
            read_count=0,
            accepted_count=0,
            duplicate_count=0,
            rejected_count=0,
            loaded_at=self._loaded_at,
            format=delivery.source.format,
            raw_table=self._stager.table(delivery.source, delivery.key),
            byte_count=opened.size,
            modified_ns=opened.modified_ns,
        )

    def _follow(self, file: OpenFile, fate: Outcome | Rows) -> None:
        if isinstance(fate, Rows):
            self._follow_rows(file, fate)
        elif fate.result:
            self.results[file.delivery] = fate.result
        elif fate.entry:
            waiting = _Waiting(file.delivery, fate.entry, refusal=fate.refusal, lifted=fate.lifted)
            self._waiting.append(waiting)

    def _follow_rows(self, file: OpenFile, rows: Rows) -> None:
        if rows.is_large:
            self.flush()
            self._load_large(file, rows)
            return
        batch = next(rows.batches, RowBatch())
        waiting = _Waiting(file.delivery, rows.entry, batch, rows.reading.warning, lifted=rows.lifted)
        self._waiting.append(waiting)

    def flush(self) -> None:
        """Stage the waiting files together and take in each in a transaction of its own."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        empty_scratch(self._warehouse)
        first = waiting[0].delivery
        self._stage_together(first, [(file.entry, file.batch) for file in waiting if file.batch])
        for file in waiting:
            with self._warehouse.transaction():
                self.results[file.delivery] = self._record(file, file.batch.read_count if file.batch else 0)

    def _stage_together(self, delivery: Delivery, read: list[tuple[Entry, RowBatch]]) -> None:
        refused = [refused_frame(entry, batch) for entry, batch in read if batch.refused]
        landed = [landed_frame(entry, batch) for entry, batch in read if batch.numbers]
        if refused:
            self._warehouse.append("incoming_rejection", pl.concat(refused))
        if landed:
            self._append(self._stager.stage(delivery.source, delivery.key, pl.concat(landed)))

    def _append(self, staged: Staged) -> None:
        self._warehouse.append("incoming_raw", staged.raw)
        self._warehouse.append("incoming_event", staged.events)
        if staged.rejections.height:
            self._warehouse.append("incoming_rejection", staged.rejections)

    def _load_large(self, file: OpenFile, rows: Rows) -> None:
        empty_scratch(self._warehouse)
        read_count, refusal = 0, None
        try:
            read_count = self._stage_large(file, rows)
        except FileRefusedError as found:
            refusal = found
        if refusal or not file.is_unchanged():
            self._follow(file, file.refused(refusal, dict.fromkeys(rows.lifted)) if refusal else file.left())
            return
        waiting = _Waiting(file.delivery, rows.entry, RowBatch(), rows.reading.warning, lifted=rows.lifted)
        with self._warehouse.transaction():
            self.results[file.delivery] = self._record(waiting, read_count)

    def _stage_large(self, file: OpenFile, rows: Rows) -> int:
        """Stage batch by batch into the scratch tables; returns the number of rows.

        Parsing keeps one core busy and staging another, a batch being too small for the database to split.
        """
        read_count = 0
        with closing(self._stager.twin()) as twin, ThreadPoolExecutor(max_workers=_STAGERS) as pool:
            stagers: SimpleQueue[Stager] = SimpleQueue()
            stagers.put(self._stager)
            stagers.put(twin)
            for batch, staging in _in_flight(rows.batches, lambda batch: pool.submit(_stage, stagers, file, batch)):
                read_count += batch.read_count
                if batch.refused:
                    self._warehouse.append("incoming_rejection", refused_frame(rows.entry, batch))
                self._append(staging.result())
        return read_count

    def _record(self, file: _Waiting, read_count: int) -> FileLoad:
        for load_id in file.lifted:
            ledger.forget(self._warehouse, load_id)
        if file.refusal:
            ledger.record_refusal(self._warehouse, file.entry, file.refusal.code, file.refusal.reason)
            return file_load(file.entry, "refused", warning=f"refused as a whole: {file.refusal.reason}")
        if file.batch is None:
            ledger.record(self._warehouse, file.entry)
            return file_load(file.entry, "copy")
        return self._take_in(file, read_count)

    def _take_in(self, file: _Waiting, read_count: int) -> FileLoad:
        create_raw_table(self._warehouse, file.entry.raw_table)
        accepted, rejected = take_in(self._warehouse, file.entry)
        entry = replace(
            file.entry,
            read_count=read_count,
            accepted_count=accepted,
            duplicate_count=read_count - accepted - rejected,
            rejected_count=rejected,
            warning=_warning(file, read_count),
        )
        ledger.record(self._warehouse, entry)
        return file_load(entry, "loaded")


def _warning(file: _Waiting, read_count: int) -> str | None:
    if read_count:
        return file.warning
    nothing = "the file has no rows" if file.entry.byte_count else "the file is empty"
    return f"{nothing}; {file.warning}" if file.warning else nothing


def _stage(stagers: SimpleQueue[Stager], file: OpenFile, batch: RowBatch) -> Staged:
    stager = stagers.get()
    try:
        return stager.stage(file.delivery.source, file.delivery.key, landed_frame(file.entry, batch))
    finally:
        stagers.put(stager)


def _in_flight(
    batches: Iterator[RowBatch], submit: Callable[[RowBatch], Future[Staged]]
) -> Iterator[tuple[RowBatch, Future[Staged]]]:
    """Each batch in turn with its staging, which goes on while the next ones are read."""
    waiting: deque[tuple[RowBatch, Future[Staged]]] = deque()
    for batch in batches:
        waiting.append((batch, submit(batch)))
        if len(waiting) > _STAGERS:
            yield waiting.popleft()
    yield from waiting
