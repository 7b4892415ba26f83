"""The step `voice_shown`: writes `mart.voice`, the groups of what customers wrote without those that nobody may see."""

from typing import Final

import polars as pl

from journey_analytics.disclosure import with_hidden
from journey_analytics.warehouse import Warehouse

GROUPS: Final = "core.voice_group"
VOICE: Final = "mart.voice"
_NAMES: Final = ("persona", "stage", "topic", "kind")
_MARKS: Final = ("is_shown", "is_suppressed")


def make_voice_shown(warehouse: Warehouse) -> None:
    """Write `mart.voice`: hidden groups keep their row without any figure."""
    warehouse.create_from(VOICE, shown_groups(warehouse.frame(f"select * from {GROUPS}", name=VOICE)))


def shown_groups(groups: pl.DataFrame) -> pl.DataFrame:
    """The groups, sorted by their names, with every figure null where a group is hidden.

    Hidden are groups of fewer than 5 customers, and the next smallest part of a whole (by texts, then by name) of which
    such a group would be the only part not told.
    """
    marked = with_hidden(groups, _NAMES, wholes=_NAMES, count="text_count")
    told = [name for name in groups.columns if name not in (*_NAMES, *_MARKS)]
    hidden = marked.with_columns(
        pl.col("is_shown") & ~pl.col("is_suppressed"),
        *(pl.when(~pl.col("is_suppressed")).then(pl.col(name)).alias(name) for name in told),
    )
    return hidden.select(groups.columns).sort(_NAMES)
