"""Rows as they may leave the house: no journey by its id or its exact time, nothing that only a few journeys did.

The marts themselves keep all of it: they are what analysts read on their own machine. Pure: frame in, frame out.
"""

from typing import Final

import polars as pl

from journey_analytics.report.group_sizes import SMALLEST_GROUP

_IDS: Final = ("journey_id", "touchpoint_id", "example_journey_ids", "medoid_journey_id")
_TIMES: Final = {"mart.path_example": ("started_at",), "mart.rule_violation": ("occurred_at",)}
"""Times of single journeys: of these the month is left."""
RARE: Final = frozenset({"mart.variant", "mart.stage_variant", "mart.selection_variant", "mart.path_link"})
"""Tables in which a row is what journeys did, with how many did it."""


def nameless(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The rows of a table without what could tell single journeys apart.

    Ids are null, times are the first moment of their month, and rows of `RARE` tables of fewer than `SMALLEST_GROUP`
    journeys are left out.
    """
    ids = [pl.lit(None, dtype=frame.schema[name]).alias(name) for name in _IDS if name in frame.columns]
    months = [pl.col(name).dt.truncate("1mo") for name in _TIMES.get(table, ()) if name in frame.columns]
    return frequent(table, frame).with_columns(*ids, *months)


def frequent(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The rows of a table without what fewer than `SMALLEST_GROUP` journeys did."""
    if table not in RARE or "journey_count" not in frame.columns:
        return frame
    return frame.filter(pl.col("journey_count") >= SMALLEST_GROUP)
