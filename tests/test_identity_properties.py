"""Identity against a slow oracle and under everything that must not matter: order, split, and other people."""

import random
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from identity_oracle import resolve
from identity_world import (
    CHECKS,
    Limits,
    Seen,
    canonical,
    customers,
    failures,
    identity_models,
    random_world,
    resolved,
)

from journey_analytics.warehouse import Warehouse

WORLD_COUNT = 100
"""Worlds per set of limits; worlds share no identity, so one warehouse holds them all."""


@pytest.mark.parametrize(
    "limits", [Limits(2, 2, 3), Limits(3, 1, 10), Limits(5, 10, 30), Limits(5, 3, 10, 3), Limits(4, 3, 5, 2)], ids=str
)
def test_the_tables_equal_a_brute_force_over_small_worlds(limits: Limits) -> None:
    first = limits.cap * 1000 + limits.component_cap
    worlds = [random_world(seed) for seed in range(first, first + WORLD_COUNT)]
    with resolved(*worlds, limits=limits) as warehouse:
        fate, linked = customers(warehouse), _linked(warehouse)
        quarantined, purchases = _quarantined(warehouse), _purchases(warehouse)
        assert _most_people_in_a_customer(warehouse) <= limits.component_cap
    expected = [resolve(world, limits) for world in worlds]
    assert fate == _union(found.fate for found in expected)
    assert linked == _union(found.customers for found in expected)
    assert quarantined == _union(found.quarantined for found in expected)
    assert purchases == set().union(*(found.purchases for found in expected))


def test_the_worlds_are_worth_comparing() -> None:
    found = [resolve(random_world(seed), Limits(2, 2, 3)) for seed in range(2000, 2000 + WORLD_COUNT)]
    fates = [fate for world in found for fate in world.fate.values()]
    assert min(fates.count("bot"), fates.count("quarantined_identity")) > 20
    assert sum(len(owners) > 1 for world in found for owners in world.customers.values()) > 50
    assert {kind for world in found for kind, _ in world.quarantined} >= {
        "email",
        "user_id",
        "anonymous_id",
        "device_id",
    }


def _linked(warehouse: Warehouse) -> dict[tuple[str, str], set[str]]:
    linked: dict[tuple[str, str], set[str]] = {}
    for kind, value, customer in warehouse.rows(
        "select identity_type, identity_value, customer_id from core.customer_identity"
    ):
        linked.setdefault((kind, value), set()).add(customer)
    return linked


def _quarantined(warehouse: Warehouse) -> dict[tuple[str, str], int]:
    rows = warehouse.rows("select identity_type, identity_value, linked_count from core.quarantined_identity")
    return {(kind, value): count for kind, value, count in rows}


def _purchases(warehouse: Warehouse) -> set[str]:
    return {row[0] for row in warehouse.rows("select source_event_id from core.customer_event where is_purchase")}


def _most_people_in_a_customer(warehouse: Warehouse) -> int:
    """Strong identities of the customer that has most."""
    return warehouse.value(
        "select max(n) from (select count(*) as n from core.customer_identity "
        "inner join config.identity_type using (identity_type) where strength = 'strong' group by customer_id)"
    )


def _union(parts: Iterable[Mapping[Any, Any]]) -> dict[Any, Any]:
    return {key: value for part in parts for key, value in part.items()}


@pytest.mark.parametrize("seed", range(6))
def test_order_and_split_of_the_input_change_no_table(seed: int) -> None:
    rng, limits = random.Random(seed), (Limits(2, 2, 3), Limits(5, 3, 10, 3))[seed % 2]
    events = [event for world in range(seed * 10, seed * 10 + 10) for event in random_world(world)]
    shuffled = rng.sample(events, len(events))
    cut = rng.randrange(len(events))
    with resolved(events, limits=limits) as once, resolved(shuffled[:cut], shuffled[cut:], limits=limits) as again:
        assert canonical(once) == canonical(again)


@pytest.mark.parametrize("seed", range(4))
def test_unrelated_customers_change_nothing_for_others(seed: int) -> None:
    limits, own = Limits(3, 3, 5), random_world(seed)
    others = [_renamed(event, name) for name in ("a", "zz") for event in random_world(seed + 50)]
    with resolved(own, limits=limits) as alone, resolved(others, own, limits=limits) as together:
        for table in ("customer_event", "set_aside_event", "customer_identity", "customer", "quarantined_identity"):
            key = "source_event_id" if table.endswith("event") else "identity_value"
            columns = "* exclude (confidence)" if table == "customer_identity" else "*"  # measured over everybody
            mine = f"select {columns} from core.{table} where starts_with({key}, 'w{seed}-')"
            assert sorted(map(repr, together.rows(mine))) == sorted(map(repr, alone.rows(mine)))


def _renamed(event: Seen, name: str) -> Seen:
    order = event.order_id and f"{name}-{event.order_id}"
    owned = tuple((kind, f"{name}-{value}") for kind, value in event.identities)
    return Seen(
        f"{name}-{event.event_id}", event.hour, owned, event.source, event.activity, order, event.amount, event.is_bot
    )


DAMAGE = {
    "every_touchpoint_event_has_a_customer_or_is_set_aside": "delete from core.customer_event",
    "every_customer_event_and_every_set_aside_event_was_staged": "delete from staging.event",
    "every_touchpoint_id_is_unique": "insert into core.customer_event from core.customer_event",
    "every_customer_of_an_event_is_listed": "delete from core.customer",
    "every_customer_is_listed_once_with_an_identity": "insert into core.customer from core.customer",
    "every_strong_identity_belongs_to_at_most_one_customer": (
        "insert into core.customer_identity by name "
        "select * replace ('c_another' as customer_id) from core.customer_identity where rule = 'own'"
    ),
    "every_identity_has_a_customer_or_is_quarantined": "delete from core.customer_identity",
    "every_link_of_an_identity_has_a_rule_and_a_confidence": "update core.customer_identity set confidence = 1.5",
    "linked_identities_have_one_customer": "update core.identity_component set customer_number = identity_number",
    "every_order_is_at_most_one_purchase": (
        "update core.customer_event set is_purchase = true, order_id = 'same' where activity = 'order_placed'"
    ),
}


@pytest.mark.parametrize("check", CHECKS)
def test_each_check_passes_on_good_tables_and_finds_the_damage(check: str) -> None:
    with resolved(*(random_world(seed) for seed in range(20)), limits=Limits(2, 2, 3)) as warehouse:
        assert failures(warehouse, check) == []
        warehouse.execute(DAMAGE[check])
        assert failures(warehouse, check)


def test_every_model_says_what_a_row_is() -> None:
    for model in identity_models():
        lines = model.sql.splitlines()
        assert lines[0].startswith("-- One row per "), model.name
        assert lines[1].startswith("-- grain: "), model.name
        assert lines[2] == "-- rebuild: full", model.name
