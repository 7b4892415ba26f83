"""Files as delivered → rows, each either readable or refused with a code. No database, no rules: only bytes and shape.

`files` finds and guards, `decompress` bounds, `lines` splits, `json_rows`, `json_array`, `csv_rows` and `parquet_rows`
parse; `reader` chooses among them.
"""

from journey_analytics.sources.files import Delivery, deliveries, is_unchanged, open_delivery
from journey_analytics.sources.reader import FileRead, reader_name
from journey_analytics.sources.rows import DEFAULT_LIMITS, FileRefusedError, Limits, RefusedRow, RowBatch

__all__ = [
    "DEFAULT_LIMITS",
    "Delivery",
    "FileRead",
    "FileRefusedError",
    "Limits",
    "RefusedRow",
    "RowBatch",
    "deliveries",
    "is_unchanged",
    "open_delivery",
    "reader_name",
]
