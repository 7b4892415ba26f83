"""A funnel, asked of a workspace or its warehouse: the Python side of `journey funnel`."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import polars as pl

from journey_analytics.config import Config
from journey_analytics.cutoff import last_cutoff
from journey_analytics.errors import ConfigurationError, nearest
from journey_analytics.funnel.attempt_rows import attempt_rows, check_funnel
from journey_analytics.funnel.declared import SavedFunnel
from journey_analytics.funnel.definition import Funnel
from journey_analytics.funnel.instead import dropped_attempts, instead_rows, last_steps
from journey_analytics.funnel.matching import excluded_sql, matching_sql
from journey_analytics.funnel.outcomes import funnel_steps
from journey_analytics.funnel.timing import timed_attempts
from journey_analytics.funnel.words import definition
from journey_analytics.settings import setting
from journey_analytics.warehouse import Warehouse, open_published

_LAST_SEEN = """
select
    {unit}_id as unit_id,
    max_by(activity, (occurred_at, source, source_event_id)) as last_activity,
    max(occurred_at) as last_at,
    max_by(stage, (occurred_at, source, source_event_id)) as stage
from core.touchpoint
where occurred_at <= ? and (not coalesce(is_passive, false) or coalesce(is_purchase, false))
group by {unit}_id
"""


@dataclass(frozen=True)
class FunnelResult:
    """What a funnel came to at T.

    Attributes:
        saved: the funnel and how it is broken down.
        cutoff: T (UTC).
        steps: see `outcomes.funnel_steps`.
        attempts: see `timing.timed_attempts`.
        excluded_count: units that an exclusion with mode `drop_journey` left out; None: the funnel has none.
        last_seen: `unit_id`, `last_activity`, `last_at` and `stage` of the last thing that each unit did up to T.
    """

    saved: SavedFunnel
    cutoff: datetime
    steps: pl.DataFrame
    attempts: pl.DataFrame
    excluded_count: int | None
    last_seen: pl.DataFrame

    @property
    def definition(self) -> str:
        """The funnel in one sentence."""
        return definition(self.saved)

    @property
    def sql(self) -> str:
        """The statement that matched the attempts; it runs in a DuckDB shell on the published copy."""
        return matching_sql(self.saved.funnel, cutoff=self.cutoff)

    @cached_property
    def instead(self) -> pl.DataFrame:
        """What those who dropped did next; see `instead.instead_rows`."""
        return instead_rows(dropped_attempts(self.attempts, self.saved.funnel), self.saved.funnel)

    def dropped(self, step: str) -> pl.DataFrame:
        """Those who reached a required step and dropped before the next one, the latest first.

        Args:
            step: its name or its number in the funnel.

        Returns:
            `unit_id`, `customer_id`, `reached_at` (of the step), `next_activity` (within the window; null: nothing),
            `last_activity`, `last_at` and `stage` of the last thing that the unit did up to T.

        Raises:
            ConfigurationError: when there is no such step, or nobody can drop after it.
        """
        number = _step_number(self.saved.funnel, step)
        rows = dropped_attempts(self.attempts, self.saved.funnel).filter(pl.col("step_number") == number)
        return (
            rows.select("unit_id", "customer_id", "reached_at", next_activity="activity")
            .join(self.last_seen, on="unit_id", how="left")
            .sort("reached_at", "unit_id", descending=[True, False])
        )


def funnel_result(source: Config | Warehouse, asked: Funnel | SavedFunnel) -> FunnelResult:
    """Match a funnel and count it, at T of the last build.

    Args:
        source: a workspace, of which the published copy is read, or an open warehouse or copy.
        asked: the funnel, with or without how to break it down.

    Raises:
        ConfigurationError: an activity or a column is unknown; the nearest known name is given.
        DataError: nothing is published, or built, yet.
    """
    saved = asked if isinstance(asked, SavedFunnel) else SavedFunnel(asked)
    if isinstance(source, Warehouse):
        return _result(source, saved)
    with open_published(source.published) as published:
        return _result(published, saved)


def _result(warehouse: Warehouse, saved: SavedFunnel) -> FunnelResult:
    check_funnel(warehouse, saved)
    cutoff, funnel = last_cutoff(warehouse), saved.funnel
    attempts = attempt_rows(warehouse, saved, cutoff=cutoff)
    return FunnelResult(
        saved=saved,
        cutoff=cutoff,
        steps=counted(warehouse, saved, attempts, cutoff=cutoff),
        attempts=timed_attempts(attempts, funnel, cutoff=cutoff),
        excluded_count=_excluded_count(warehouse, funnel, cutoff),
        last_seen=warehouse.frame(_LAST_SEEN.format(unit=funnel.unit), parameters=[cutoff], name="last seen"),
    )


def counted(warehouse: Warehouse, saved: SavedFunnel, attempts: pl.DataFrame, *, cutoff: datetime) -> pl.DataFrame:
    """The rows of `mart.funnel` of one funnel, with the workspace's settings."""
    return funnel_steps(
        attempts,
        saved.funnel,
        cutoff=cutoff,
        definition=definition(saved),
        minimum_count=setting(warehouse, "minimum_count", 30),
        top_values=setting(warehouse, "segment_value_cap", 30),
        segments=saved.by,
        breakdown_from=saved.breakdown_from,
    )


def _excluded_count(warehouse: Warehouse, funnel: Funnel, cutoff: datetime) -> int | None:
    if funnel.exclusion is None or funnel.exclusion.mode != "drop_journey":
        return None
    return warehouse.value(f"select count(*) from ({excluded_sql(funnel, cutoff=cutoff)}) as excluded")


def _step_number(funnel: Funnel, step: str) -> int:
    known = {rung.name: rung.number for rung in last_steps(funnel)}
    known |= {str(rung.number): rung.number for rung in last_steps(funnel)}
    if step not in known:
        names = [rung.name for rung in last_steps(funnel)]
        raise ConfigurationError(
            f"funnel {funnel.name!r}: nobody drops after {step!r}; expected a required step before the last; "
            f"{nearest(step, names)}"
        )
    return known[step]
