"""Parquet → rows: JSON objects. Decimals become text, instants ISO text, what is no number null."""

import base64
import json
import math
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO

import pyarrow as pa
from pyarrow import parquet

from journey_analytics.errors import nearest
from journey_analytics.sources.json_text import RowError, safe, too_long
from journey_analytics.sources.rows import Batches, FileRefusedError, Limits, RefusedRow, RowBatch, Warn, cut

_BATCH_ROWS = 10_000


def parquet_batches(handle: BinaryIO, *, required: Sequence[str], limits: Limits, warn: Warn) -> Batches:
    """The rows of a Parquet file, numbered from 1.

    Raises:
        FileRefusedError: `unreadable_file`, or `missing_column`.
    """
    try:
        table = parquet.ParquetFile(handle)
        _require_columns(table.schema_arrow.names, required)
        number = 0
        for part in table.iter_batches(batch_size=min(_BATCH_ROWS, limits.batch_rows)):
            yield _batch(part, number, limits=limits, warn=warn)
            number += part.num_rows
    except (pa.ArrowException, OSError) as error:
        raise FileRefusedError("unreadable_file", f"no readable Parquet: {error}") from error


def _require_columns(names: Sequence[str], required: Sequence[str]) -> None:
    missing = [name for name in required if name not in names]
    if missing:
        hints = "; ".join(f"{name!r} is missing, {nearest(name, names)}" for name in missing)
        raise FileRefusedError("missing_column", f"the file lacks a required column: {hints}")


def _batch(part: pa.RecordBatch, before: int, *, limits: Limits, warn: Warn) -> RowBatch:
    batch = RowBatch()
    for number, record in enumerate(part.to_pylist(), before + 1):
        text = json.dumps(_plain(record), ensure_ascii=False, default=_text)
        try:
            if len(text) > limits.row_bytes:
                raise too_long(len(text), limits)
            batch.add(number, safe(text, record, warn=warn))
        except RowError as found:
            batch.refuse(RefusedRow(number, found.code, found.reason, cut(text, limits)))
    return batch


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _text(value: Any) -> str:
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return str(value.total_seconds()) if isinstance(value, timedelta) else str(value)
