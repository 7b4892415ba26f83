"""The funnels that `journey.toml` declares, as tables of the warehouse: made anew in each run that has news."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import polars as pl

from journey_analytics.funnel.attempt_rows import READS, attempt_rows, check_funnel
from journey_analytics.funnel.declared import SavedFunnel
from journey_analytics.funnel.instead import dropped_attempts, empty_instead, instead_rows
from journey_analytics.funnel.outcomes import empty_funnel
from journey_analytics.funnel.result import counted
from journey_analytics.funnel.timing import timed_attempts
from journey_analytics.warehouse import Warehouse

FUNNEL_READS: Final = READS | {"config.activity", "config.setting", "config.source_rank"}
FUNNEL_MAKES: Final = frozenset({"mart.funnel", "mart.funnel_instead"})


def make_funnels(warehouse: Warehouse, funnels: Sequence[SavedFunnel], *, cutoff: datetime) -> None:
    """Make `mart.funnel` and `mart.funnel_instead` of all saved funnels, in their order; empty where there are none.

    Raises:
        ConfigurationError: a funnel names an activity or a column that nothing knows.
    """
    made = [_tables(warehouse, saved, cutoff=cutoff) for saved in funnels]
    warehouse.create_from("mart.funnel", pl.concat([empty_funnel(), *(steps for steps, _ in made)]))
    warehouse.create_from("mart.funnel_instead", pl.concat([empty_instead(), *(instead for _, instead in made)]))


def _tables(warehouse: Warehouse, saved: SavedFunnel, *, cutoff: datetime) -> tuple[pl.DataFrame, pl.DataFrame]:
    check_funnel(warehouse, saved)
    attempts = attempt_rows(warehouse, saved, cutoff=cutoff)
    dropped = dropped_attempts(timed_attempts(attempts, saved.funnel, cutoff=cutoff), saved.funnel)
    return counted(warehouse, saved, attempts, cutoff=cutoff), instead_rows(dropped, saved.funnel)
