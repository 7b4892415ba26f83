"""Which reader a file needs, and reading it with its warnings collected."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import BinaryIO

from journey_analytics.errors import ConfigurationError, nearest
from journey_analytics.sources.csv_rows import csv_batches
from journey_analytics.sources.decompress import plain_chunks
from journey_analytics.sources.json_rows import json_batches
from journey_analytics.sources.ocel_rows import ocel_batches
from journey_analytics.sources.parquet_rows import parquet_batches
from journey_analytics.sources.rows import Batches, Limits
from journey_analytics.sources.xes_rows import xes_batches

_READERS = {
    "jsonl": "json",
    "ndjson": "json",
    "json": "json",
    "csv": "csv",
    "tsv": "csv",
    "parquet": "parquet",
    "xes": "xes",
    "ocel": "ocel",
    "jsonocel": "ocel",
}
_LOGS = ("xes", "ocel")
"""Event logs: their files end in .xml or .json as often as not, so what the staging model declares goes first."""


def reader_name(file: str, declared: str | None = None) -> str:
    """`json`, `csv`, `parquet`, `xes` or `ocel`: by the file's ending before .gz, else as the staging model declares.

    A model declares it with `-- reads: …`; one of event logs is believed whatever the ending.

    Raises:
        ConfigurationError: neither says.
    """
    ending = PurePath(file.lower().removesuffix(".gz")).suffix.removeprefix(".")
    kind = declared if declared in _LOGS else ending if ending in _READERS else declared or ending
    if kind not in _READERS:
        raise ConfigurationError(
            f"{file}: how to read {kind or 'a file without an ending'!r} is not known; {nearest(kind, _READERS)}. "
            "Rename the file, narrow the path so that it does not match, or declare it in the staging model: "
            "`-- reads: jsonl`"
        )
    return _READERS[kind]


class FileRead:
    """The reading of one file: batches, and afterwards the warnings."""

    def __init__(self, limits: Limits) -> None:
        """Nothing is read before `batches`."""
        self._limits = limits
        self._warnings: Counter[str] = Counter()

    def warn(self, text: str) -> None:
        """Note a warning; the same one is kept once, with its count."""
        self._warnings[text] += 1

    @property
    def warning(self) -> str | None:
        """All warnings in one line, in the order they came; null without any."""
        return "; ".join(self.warnings) or None

    @property
    def warnings(self) -> list[str]:
        """Each warning once, in the order they came."""
        return [text if count == 1 else f"{text} ({count} times)" for text, count in self._warnings.items()]

    def batches(self, handle: BinaryIO, *, name: str, reader: str, delimiter: str, required: Sequence[str]) -> Batches:
        """The rows of an open file.

        Raises:
            FileRefusedError: the file cannot be trusted as a whole.
        """
        if reader == "parquet":
            return parquet_batches(handle, required=required, limits=self._limits, warn=self.warn)
        if reader == "ocel":
            return ocel_batches(lambda: self._again(handle, name), limits=self._limits, warn=self.warn)
        chunks = plain_chunks(handle, name=name, limits=self._limits)
        if reader == "xes":
            return xes_batches(chunks, limits=self._limits, warn=self.warn)
        if reader == "csv":
            return csv_batches(chunks, delimiter=delimiter, required=required, limits=self._limits, warn=self.warn)
        return json_batches(chunks, limits=self._limits, warn=self.warn)

    def _again(self, handle: BinaryIO, name: str) -> Iterator[bytes]:
        """The content from its beginning."""
        handle.seek(0)
        return plain_chunks(handle, name=name, limits=self._limits)
