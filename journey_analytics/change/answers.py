"""What changed and the alerts, read from the published copy."""

from typing import Any, Final

import polars as pl

from journey_analytics.config import Config
from journey_analytics.settings import setting
from journey_analytics.warehouse import open_published

_CHANGES: Final = "select * from mart.change where is_significant order by p_value, change_id"
_REASONS: Final = "select * from mart.change_reason order by change_id, place"
_ALERTS: Final = "select * from mart.alert order by rowid"
_PERIODS: Final = """
select distinct as_of_on, from_on, to_on, previous_from_on, previous_to_on, previous_period_count,
    count(*)::bigint as compared_count, count(*) filter (where is_ranked)::bigint as tested_count
from mart.change
group by all
"""


def significant_changes(config: Config) -> list[dict[str, Any]]:
    """The significant rows of `mart.change`, the strongest evidence first, each with its `reasons` in their places.

    Raises:
        DataError: when nothing is published yet.
    """
    with open_published(config.published) as published:
        if not published.has("mart.change"):
            return []
        reasons = published.frame(_REASONS)
        changes = published.frame(_CHANGES).to_dicts()
    return [{**change, "reasons": _of(change, reasons)} for change in changes]


def _of(change: dict[str, Any], reasons: pl.DataFrame) -> list[dict[str, Any]]:
    return reasons.filter(pl.col("change_id") == change["change_id"]).drop("change_id").to_dicts()


def current_alerts(config: Config) -> list[dict[str, Any]]:
    """The rows of `mart.alert`, in the order of their rules; empty when nothing happened.

    Raises:
        DataError: when nothing is published yet.
    """
    with open_published(config.published) as published:
        return published.frame(_ALERTS).to_dicts() if published.has("mart.alert") else []


def compared_periods(config: Config) -> dict[str, Any] | None:
    """The days that were compared, how many figures were, and `minimum_count`, null where a copy has no settings.

    None when there was not enough history.
    """
    with open_published(config.published) as published:
        rows = published.frame(_PERIODS).to_dicts() if published.has("mart.change") else []
        least = setting(published, "minimum_count") if published.has("config.setting") else None
    return {**rows[0], "minimum_count": least} if rows else None
