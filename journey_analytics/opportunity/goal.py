"""How likely a purchase is once the next stage is reached: from the overall shares. Pure."""

from typing import Final

import polars as pl

BEFORE: Final = {"consideration": "awareness", "decision": "consideration"}
"""The stage before each one from which a purchase is not certain yet."""

OPEN_ENDED: Final = tuple(BEFORE.values())
"""Stages whose advance is no purchase: that of `decision` is one, that of `post_purchase` the customer's next one."""

_GOAL: Final = "purchase"


def goal_shares(reach: pl.DataFrame, shares: pl.DataFrame) -> pl.DataFrame:
    """P(purchase | next stage reached), a row per stage of `OPEN_ENDED` and segment value, `stage` the one before it.

    Args:
        reach: `stage_reach.stage_reach`; of it the shares that reach the purchase, each within its own window.
        shares: `stage`, `segment`, `segment_value`, `is_comparable`: what may not set a target tells nothing here.

    Returns:
        `stage`, `segment`, `segment_value`, `share`, `low_share`, `high_share` (null where not told), `is_comparable`.
    """
    told = reach.filter((pl.col("to_stage") == _GOAL) & pl.col("from_stage").is_in([*BEFORE])).select(
        pl.col("from_stage").alias("stage"), "segment", "segment_value",
        share="estimated_reach_share", low_share="estimated_low_share", high_share="estimated_high_share",
    )  # fmt: skip
    comparable = shares.select("stage", "segment", "segment_value", "is_comparable")
    joined = told.join(comparable, on=["stage", "segment", "segment_value"], how="inner")
    return joined.with_columns(pl.col("stage").replace_strict(BEFORE, return_dtype=pl.String))
