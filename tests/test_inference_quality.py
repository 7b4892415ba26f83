"""How sure the inference is, in counts: stage regressions by hand, and every item of the quality recounted."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import polars as pl
import pytest
from mart_world import CUTOFF, STAGE_OF, make_marts, mart_world, store

from journey_analytics.warehouse import Warehouse

ACTIVITY_OF = {"a": "home_viewed", "c": "product_viewed", "d": "cart_viewed", "B": "order_placed", "p": "ticket_opened"}
"""A touchpoint by one letter: awareness, consideration, decision, Bought, post_purchase; '-' is a passive one."""


@pytest.fixture(scope="module")
def world() -> Iterator[Warehouse]:
    with mart_world() as warehouse:
        make_marts(warehouse)
        yield warehouse


def journey(number: int, letters: str) -> list[dict[str, object]]:
    return [
        {
            "touchpoint_id": f"t{number}_{step}",
            "source_event_id": f"e{number}_{step}",
            "source": "web",
            "customer_id": f"c_{number}",
            "session_id": f"s{number}",
            "journey_id": f"j_{number}",
            "activity": ACTIVITY_OF.get(letter, "email_delivered"),
            "channel": "direct",
            "device": "mobile",
            "stage": STAGE_OF.get(ACTIVITY_OF.get(letter, ""), "awareness"),
            "stage_rule": "r1",
            "stage_confidence": 0.9,
            "occurred_at": CUTOFF - timedelta(days=90) + timedelta(minutes=step),
            "is_purchase": letter == "B",
            "is_passive": letter == "-",
            "amount": None,
            "currency": "EUR",
        }
        for step, letter in enumerate(letters)
    ]


def regressions(*journeys: str) -> dict[tuple[str, str], tuple[int, int, int, float | None]]:
    rows = [row for number, letters in enumerate(journeys) for row in journey(number, letters)]
    frame = pl.DataFrame(rows, schema_overrides={"amount": pl.Decimal(18, 4)})
    with mart_world(journeys=1) as warehouse:
        store(warehouse, frame)
        make_marts(warehouse)
        found = warehouse.rows("select * from mart.stage_regression")
    return {(row[0], row[1]): row[2:] for row in found}


def test_a_fall_is_counted_once_for_each_time_and_once_for_each_journey() -> None:
    assert regressions("acdcdc", "dcB", "ac", "da") == {
        ("consideration", "awareness"): (0, 0, 3, 0.0),
        ("decision", "consideration"): (2, 3, 3, pytest.approx(2 / 3)),
        ("decision", "awareness"): (1, 1, 3, pytest.approx(1 / 3)),
    }


@pytest.mark.parametrize("letters", ["acB", "dBc", "dBpc", "cpc", "d-d", "ccc"])
def test_what_follows_the_purchase_or_is_passive_is_no_regression(letters: str) -> None:
    assert {row[:2] for row in regressions(letters).values()} == {(0, 0)}


def test_after_sales_contact_does_not_hide_a_regression() -> None:
    assert regressions("dpc")["decision", "consideration"][:2] == (1, 1)


def items(world: Warehouse, section: str) -> dict[str, int]:
    found = world.rows("select item, n from mart.inference_quality where section = ? order by sort_order", [section])
    return dict(found)


def test_touchpoints_are_counted_by_stage_and_by_why_they_have_none(world: Warehouse) -> None:
    rows = world.frame("select activity, stage, stage_rule from core.touchpoint").to_dicts()
    staged = sum(row["stage"] != "unknown" for row in rows)
    why = {True: "no rule matched", False: "left without one by a rule"}
    unknown = Counter(f"{r['activity']}: {why[r['stage_rule'] is None]}" for r in rows if r["stage"] == "unknown")
    assert len(unknown) == 3
    assert items(world, "unknown_stage") == {"has a stage": staged, **unknown}
    assert items(world, "stage_confidence") == {"0.90 or more": staged}


def test_identities_and_devices_are_counted_by_customers(world: Warehouse) -> None:
    assert items(world, "link_confidence") == {"own, 0.99 or more": 40, "anonymous_device, 0.50 to 0.80": 20}
    assert items(world, "shared_device") == {"nobody logged in": 20, "quarantined": 1}
    assert items(world, "cluster_size") == {"no strong identity": 20, "1 strong identity": 40, "largest": 1}


def test_touchpoints_are_counted_by_how_they_got_their_customer(world: Warehouse) -> None:
    known = "select count(*) from core.touchpoint join core.customer_identity using (customer_id) where rule = 'own'"
    count, total = world.value(known), world.value("select count(*) from core.touchpoint")
    assert items(world, "unresolved") == {
        "known by its own identity": count,
        "nobody logged in near it": total - count,
        "set aside: quarantined_identity": 1,
    }


@pytest.mark.parametrize(
    ("seconds", "item"),
    [
        (1800, "login within 30 minutes"),
        (1801, "login within a day"),
        (86_401, "login within 7 days"),
        (604_801, "login within 30 days"),
        (2_592_001, "login further away"),
    ],
)
def test_the_distance_to_the_login_is_told_in_bands(seconds: int, item: str) -> None:
    with mart_world(journeys=12) as warehouse:
        nearest = "update core.anonymous_sighting set rule = 'nearest_login', distance_us = ?"
        warehouse.execute(nearest, [seconds * 1_000_000])
        make_marts(warehouse)
        assert list(items(warehouse, "unresolved")) == [
            "known by its own identity", item, "set aside: quarantined_identity",
        ]  # fmt: skip


def test_journeys_are_counted_by_why_they_began(world: Warehouse) -> None:
    assert items(world, "cut_reason") == {"first": 100, "passive": 20}


def test_every_share_has_its_base_in_words_and_a_place(world: Warehouse) -> None:
    rows = world.frame("select * from mart.inference_quality order by sort_order").to_dicts()
    assert [row["sort_order"] for row in rows] == list(range(1, len(rows) + 1))
    assert all(row["base"] for row in rows)
    assert all(row["share"] == pytest.approx(row["n"] / row["base_count"]) for row in rows if row["base_count"])
    assert [row["item"] for row in rows if row["share"] is None] == ["largest"]
