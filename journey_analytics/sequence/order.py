"""The one order of touchpoints, and what is read off it: the row before, and the last row that was something.

Everything after the sort works on integers: `row` is the position in the order of the whole frame, instants are
microseconds. "The last earlier row that …" is a forward fill that starts anew at each customer's first row.
"""

from typing import Final

import polars as pl

ORDER: Final = ("customer_id", "occurred_at", "source_rank", "source", "source_event_id")
"""Total and deterministic: (source, source_event_id) is unique, so no two rows tie."""

NEVER: Final = -(2**62)
"""An instant before all others, far enough from the smallest integer to be added to."""


def in_order(events: pl.DataFrame) -> pl.DataFrame:
    """Sort by customer and `ORDER`; add `row`, `is_first` (of the customer), `us` and the flags without nulls."""
    flags = [pl.col(name).fill_null(value=False) for name in ("is_machine", "is_purchase", "is_passive", "is_end")]
    return (
        events.with_columns(pl.col("occurred_at").cast(pl.Datetime("us")), pl.col("source_rank").cast(pl.Int32), *flags)
        .sort(ORDER)
        .with_row_index("row")
        .with_columns(
            pl.col("row").cast(pl.Int64),
            is_first=(pl.col("customer_id") != pl.col("customer_id").shift(1)).fill_null(value=True),
            us=pl.col("occurred_at").dt.epoch("us"),
            # A purchase is never passive: a machine does not pay.
            is_active=~pl.col("is_passive") | pl.col("is_purchase"),
        )
    )


def before(value: pl.Expr, *, where: pl.Expr, default: int) -> pl.Expr:
    """`value` at the customer's last earlier row where `where` holds; `default` when there is none."""
    marked = pl.when(where).then(value).shift(1)
    return pl.when(pl.col("is_first")).then(pl.lit(default, dtype=pl.Int64)).otherwise(marked).forward_fill()


def at(column: str, row: pl.Expr) -> pl.Expr:
    """`column` at another row of the same frame; null where `row` is null."""
    return pl.col(column).gather(row)
