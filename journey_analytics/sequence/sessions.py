"""Sessions: touchpoints of one customer on one source without a pause over the session gap."""

from datetime import timedelta
from typing import Final

import polars as pl

DIRECT: Final = "direct"
"""The channel of a session that carries no signal."""


def with_sessions(rows: pl.DataFrame, *, gap: timedelta) -> pl.DataFrame:
    """Add `session_row` (the row that begins the session) and fill `channel`.

    A pause of exactly `gap` does not split. A null channel becomes the first signal of its session, else `direct`.

    Args:
        rows: in order, with `row` and `us`.
        gap: the longest pause within a session.
    """
    begun = rows.with_columns(_session_row(gap).alias("session_row"))
    signal = _first_signals(begun)
    filled = begun.join(signal, on="session_row", how="left", maintain_order="left")
    return filled.with_columns(channel=pl.coalesce("channel", "session_channel", pl.lit(DIRECT)))


def _session_row(gap: timedelta) -> pl.Expr:
    pause = pl.col("us").diff()
    begins = (pause > gap // timedelta(microseconds=1)).fill_null(value=True)
    return pl.when(begins).then(pl.col("row")).forward_fill().over("customer", "source_code")


def _first_signals(rows: pl.DataFrame) -> pl.DataFrame:
    signals = rows.lazy().filter(pl.col("channel").is_not_null()).select("session_row", session_channel="channel")
    return signals.unique("session_row", keep="first", maintain_order=True).collect()


def session_frame(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per session, in the order of its first touchpoint.

    `channel` is the first signal of the session, else `direct`.
    """
    return (
        rows.group_by("session_row", maintain_order=True)
        .agg(
            pl.col("session_id", "customer_id", "source").first(),
            started_at=pl.col("occurred_at").first(),
            ended_at=pl.col("occurred_at").last(),
            touchpoint_count=pl.len().cast(pl.Int64),
            channel=pl.col("session_channel").first().fill_null(DIRECT),
        )
        .drop("session_row")
    )
