"""What `journey rules` reads from the published copy."""

from typing import Any, Final

import polars as pl

from journey_analytics.config import Config
from journey_analytics.errors import ConfigurationError, DataError, nearest
from journey_analytics.process_rules.sentences import worst_first
from journey_analytics.warehouse import Warehouse, open_published

TABLE: Final = "mart.rule_conformance"

_VIOLATIONS: Final = """
select distinct
    rule_id,
    customer_id,
    seen_journey_id as journey_id,
    seen_touchpoint_id as touchpoint_id,
    seen_at as occurred_at
from mart.rule_activation
where outcome = 'violated' and rule_id = ?
order by occurred_at desc, touchpoint_id, journey_id, customer_id
"""


def rule_results(config: Config) -> list[dict[str, Any]]:
    """The rows of `mart.rule_conformance`, the most broken rule first; what cannot be ranked comes last.

    Raises:
        DataError: when nothing is published, or by an earlier release.
    """
    with open_published(config.published) as published:
        return _results(published, config)


def rule_violations(config: Config, rule_id: str) -> pl.DataFrame:
    """Every violation of a rule, the newest first: what is to be looked at, see `mart.rule_violation`.

    Raises:
        ConfigurationError: when there is no such rule.
        DataError: as for `rule_results`.
    """
    with open_published(config.published) as published:
        known = [row["rule_id"] for row in _results(published, config)]
        if rule_id not in known:
            raise ConfigurationError(f"there is no process rule {rule_id!r}; {nearest(rule_id, known)}")
        return published.frame(_VIOLATIONS, parameters=[rule_id], name="violations of a rule")


def _results(published: Warehouse, config: Config) -> list[dict[str, Any]]:
    if not published.has(TABLE):
        raise DataError(f"{config.published} holds no process rules yet: run `journey run` first")
    return sorted(published.frame(f"select * from {TABLE}", name=TABLE).to_dicts(), key=worst_first)
