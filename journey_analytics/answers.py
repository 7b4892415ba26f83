"""Answers to a single question from the warehouse: who is this customer, what was refused."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from journey_analytics.config import Config
from journey_analytics.contract import STAGES
from journey_analytics.errors import DataError
from journey_analytics.links import Identity, chain_of_links, owners, quarantined_because, shortest_chain
from journey_analytics.naming import customer_named, identities_named, identity_named, naming_identity
from journey_analytics.warehouse import Warehouse, open_published
from journey_analytics.workspace import existing

_REJECTED = """
with refused as (
    select
        source,
        reason_code,
        count(*)::bigint as row_count,
        min_by(reason, (load_id, row_number)) as example_reason,
        min_by(file, (load_id, row_number)) as example_file
    from run.rejected_event
    group by source, reason_code
)
select source, reason_code, row_count, example_reason, example_file
from refused
order by row_count desc, source, reason_code
"""

_IDENTITIES = """
select identity_type, identity_value, rule, confidence, event_count, first_seen_at, last_seen_at
from core.customer_identity
where customer_id = ?
order by first_seen_at, identity_type, identity_value
"""

_TIMELINE = """
select
    touchpoint.occurred_at, touchpoint.source, touchpoint.activity, touchpoint.channel, touchpoint.stage,
    touchpoint.stage_rule, rule.description as why, touchpoint.stage_confidence, touchpoint.journey_id,
    touchpoint.session_id, touchpoint.amount, touchpoint.currency
from core.touchpoint as touchpoint
left join config.stage_rule as rule on rule.rule_id = touchpoint.stage_rule
left join core.customer_event as event on event.touchpoint_id = touchpoint.touchpoint_id
where touchpoint.customer_id = ?
order by touchpoint.occurred_at, event.source_rank, touchpoint.source, touchpoint.source_event_id
"""

_JOURNEYS = """
select journey_id, started_at, ended_at, status, furthest_stage, touchpoint_count, cut_reason, amount
from core.journey
where customer_id = ?
order by started_at, journey_id
"""


def rejected_by_reason(config: Config) -> list[dict[str, Any]]:
    """Refused rows by source and reason, most frequent first; ties by name."""
    with existing(config, table="run.rejected_event") as warehouse:
        return warehouse.frame(_REJECTED, name="rejected").to_dicts()


def explain_customer(config: Config, identity: str) -> list[dict[str, Any]]:
    """Every customer whom a text names: identities, journeys, timeline.

    The text is a customer_id, an identity as some source logs it, or TYPE:VALUE; all in any letter case. A device can
    have served several customers: then all of them are returned, by customer_id.

    Raises:
        DataError: when nobody is known by that name.
    """
    with existing(config) as warehouse:
        named = identities_named(warehouse, config, identity)
        found = {owner for one in named for owner in owners(warehouse, one)} | {customer_named(warehouse, identity)}
        customer_ids = sorted(customer_id for customer_id in found if customer_id is not None)
        if not customer_ids:
            raise DataError(_unknown(warehouse, identity.strip(), named))
        return [_explained(warehouse, customer_id) for customer_id in customer_ids]


def _unknown(warehouse: Warehouse, identity: str, named: Sequence[Identity]) -> str:
    reasons = [(one, reason) for one in named if (reason := quarantined_because(warehouse, one))]
    if reasons:
        listed = ", ".join(f"{one} ({reason})" for one, reason in reasons)
        return f"{identity!r} belongs to nobody, it is quarantined: {listed}"
    return f"nobody is known as {identity!r}: give an e-mail, login, cookie, phone or customer_id as logged"


def _explained(warehouse: Warehouse, customer_id: str) -> dict[str, Any]:
    return {
        "customer_id": customer_id,
        "identities": warehouse.frame(_IDENTITIES, parameters=[customer_id]).to_dicts(),
        "journeys": warehouse.frame(_JOURNEYS, parameters=[customer_id]).to_dicts(),
        "touchpoints": warehouse.frame(_TIMELINE, parameters=[customer_id]).to_dicts(),
    }


def explain_link(config: Config, identity: str, other: str) -> dict[str, Any]:
    """Why two identities (as logged, in any letter case, or TYPE:VALUE) are one customer, or that they are not.

    A customer_id stands for the identity that names the customer. `links` is the shortest chain of links between both,
    in order, each with its rule, the events that carry both ends and one of them as an example; empty when no customer
    holds both. `customer_ids` are the customers who hold both. `identity` and `other` are the two ends, each with
    `given_customer_id`: the customer_id that was given in its place, null when the identity itself was.

    Raises:
        DataError: when a value names no identity, or several.
    """
    with existing(config, table="core.undone_link") as warehouse:
        ends, held = zip(*(_end(warehouse, config, typed) for typed in (identity, other)), strict=True)
        common = sorted(set(held[0]["customer_ids"]) & set(held[1]["customer_ids"]))
        chain = shortest_chain(warehouse, *ends) if common else []
        return {
            "is_one_customer": bool(common),
            "customer_ids": common,
            "identity": held[0],
            "other": held[1],
            "links": chain_of_links(warehouse, chain),
        }


def _end(warehouse: Warehouse, config: Config, typed: str) -> tuple[Identity, dict[str, Any]]:
    customer_id = customer_named(warehouse, typed)
    named = naming_identity(warehouse, customer_id) if customer_id else identity_named(warehouse, config, typed)
    return named, {
        "identity_type": named.identity_type,
        "identity_value": named.value,
        "given_customer_id": customer_id,
        "customer_ids": owners(warehouse, named),
        "quarantined_because": quarantined_because(warehouse, named),
    }


def stage_dropoff(config: Config) -> pl.DataFrame:
    """Drop-off of the whole, a row per stage in journey order, as the published `mart.stage_dropoff` has it.

    Raises:
        DataError: when nothing is published yet.
    """
    with open_published(config.published) as published:
        rows = published.frame("select * from mart.stage_dropoff where segment = 'all'", name="mart.stage_dropoff")
    return rows.sort(pl.col("stage").replace_strict({stage: place for place, stage in enumerate(STAGES)}))
