"""How often the rule of the nearest login is right, measured on the logins themselves, and the confidence from it."""

import pytest
from identity_world import Seen, customer_name, resolved, rules

from journey_analytics.warehouse import Warehouse

ANN, BOB = ("user_id", "ann"), ("user_id", "bob")
COOKIE = ("anonymous_id", "cookie")
DAY = 24.0

PRIOR = {"near": 0.99, "far": 0.9, "alone": 0.9, "shared": 0.95}
"""What is believed of the cells of core.login_reliability before anything was tried, as its file documents it."""


def test_confidence_is_that_of_the_distance_and_the_kind_of_device() -> None:
    near, far = ("cookie_id", "near"), ("cookie_id", "far")
    events = [Seen("1", 0, (ANN, near)), Seen("2", 0, (ANN, far)), Seen("3", 0.5, (near,)), Seen("4", 700, (far,))]
    events += [Seen("5", 0, (ANN, COOKIE)), Seen("6", 40, (BOB, COOKIE)), Seen("7", 0, (("cookie_id", "alone"),))]
    events += [Seen("8", 40.1, (COOKIE,)), Seen("9", 40.2, (COOKIE,))]
    ann = customer_name(ANN)
    with resolved(events) as warehouse:
        found = {name: rules(warehouse, name) for name in ("ann", "near", "far", "cookie", "alone")}
        tried = dict(
            warehouse.rows("select distance_band, tried_count from core.login_reliability where tried_count > 0")
        )
    assert tried == {"same_week": 2, "any": 2}
    assert found["ann"] == {ann: ("own", 1.0)}
    assert found["near"] == {ann: ("nearest_login", round((0.99 + PRIOR["near"]) / 2, 4))}
    assert found["far"] == {ann: ("nearest_login", round((0.99 + PRIOR["far"]) / 2, 4))}
    shared = round((0.99 + 2 * PRIOR["shared"]) / 3, 4)
    assert found["cookie"] == {ann: ("nearest_login", 0.99), customer_name(BOB): ("nearest_login", shared)}
    assert list(found["alone"].values()) == [("anonymous_device", round((1 + 20 * PRIOR["alone"]) / 22, 4))]


def reliability(warehouse: Warehouse) -> dict[tuple[str, str], tuple[int, int]]:
    """Tries and right ones by kind of device and distance, where there were tries."""
    rows = warehouse.rows(
        "select device_kind, distance_band, tried_count, right_count from core.login_reliability where tried_count > 0"
    )
    return {(kind, band): (tried, right) for kind, band, tried, right in rows}


def test_a_hidden_login_is_looked_for_among_the_others_of_its_device() -> None:
    ann, bob, eve = (("user_id", name) for name in ("ann", "bob", "eve"))
    hours = [(0, ann), (0.2, ann), (10, ann), (100, bob), (101, bob), (110, ann)]
    alone = [(0, eve), (30 * DAY, eve), (60 * DAY + 1, eve)]
    events = [Seen(f"a{n}", hour, (who, COOKIE)) for n, (hour, who) in enumerate(hours)]
    events += [Seen(f"b{n}", hour, (who, ("cookie_id", "own"))) for n, (hour, who) in enumerate(alone)]
    with resolved(events) as warehouse:
        assert reliability(warehouse) == {
            ("several_customers", "same_visit"): (1, 1),
            ("several_customers", "same_day"): (5, 4),
            ("one_customer", "same_month"): (2, 2),
            ("no_login", "any"): (8, 6),
        }


def test_people_who_take_turns_within_half_an_hour_make_the_rule_unsure() -> None:
    events = [Seen(str(n), n / 5, ((ANN, BOB)[n % 2], COOKIE)) for n in range(10)]
    with resolved(events) as warehouse:
        assert reliability(warehouse) == {("several_customers", "same_visit"): (10, 0), ("no_login", "any"): (10, 5)}
        share = (
            "select right_share, low_share, high_share, confidence from core.login_reliability where tried_count = 10"
        )
        (turns, device) = warehouse.rows(f"{share} order by right_share")
    assert turns == pytest.approx((0, 0, 0.2775, 20 * 0.95 / 30), abs=1e-4)
    assert device == pytest.approx((0.5, 0.2366, 0.7634, (5 + 20 * 0.9) / 30), abs=1e-4)


def test_a_long_visit_is_tried_once() -> None:
    events = [Seen(str(n), n / 60, (ANN, COOKIE)) for n in range(500)]
    with resolved(events) as warehouse:
        assert reliability(warehouse) == {("one_customer", "same_visit"): (1, 1)}


def test_a_sighting_names_its_own_device_and_the_nearest_login_at_any_distance() -> None:
    events = [Seen("in", 0, (ANN, COOKIE)), Seen("near", 1, (COOKIE,)), Seen("far", 40 * DAY, (COOKIE,))]
    events += [Seen("never", 5, (("cookie_id", "x"),))]
    with resolved(events) as warehouse:
        rows = warehouse.rows(
            "select customer_id, rule, distance_us, device_customer_id, nearest_customer_id, nearest_distance_us "
            "from core.anonymous_sighting order by identity_set_id, occurred_at"
        )
    ann, device, other = (customer_name(i) for i in (ANN, COOKIE, ("cookie_id", "x")))
    hour = 3_600_000_000
    assert rows == [
        (ann, "nearest_login", hour, device, ann, hour),
        (device, "anonymous_device", None, device, ann, 40 * 24 * hour),
        (other, "anonymous_device", None, other, None, None),
    ]
