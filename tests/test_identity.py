"""The rules of identity, one sentence each; the definitions' section "Identity" in cases."""

import random

import polars as pl
import pytest
from identity_world import Limits, Seen, canonical, customer_name, customers, event_frame, resolved, rules

from journey_analytics.contract import EVENT_COLUMNS
from journey_analytics.errors import ConfigurationError

ANN, BOB = ("user_id", "ann"), ("user_id", "bob")
COOKIE = ("anonymous_id", "cookie")
DAY = 24.0


def test_an_anonymous_touchpoint_goes_to_the_nearest_login_and_not_to_the_last() -> None:
    events = [
        Seen("1", 0, (ANN, COOKIE)),
        Seen("2", 5, (COOKIE,)),
        Seen("3", 20, (BOB, COOKIE)),
        Seen("4", 15, (COOKIE,)),
    ]
    with resolved(events) as warehouse:
        found = customers(warehouse)
    assert [found[event] for event in "1234"] == [customer_name(i) for i in (ANN, ANN, BOB, BOB)]


def test_a_tie_goes_to_the_earlier_login() -> None:
    events = [Seen("1", 0, (BOB, COOKIE)), Seen("2", 5, (COOKIE,)), Seen("3", 10, (ANN, COOKIE))]
    with resolved(events) as warehouse:
        assert customers(warehouse)["2"] == customer_name(BOB)


def test_two_logins_at_one_moment_are_told_apart_by_customer_id() -> None:
    events = [Seen("1", 0, (BOB, COOKIE)), Seen("2", 0, (ANN, COOKIE)), Seen("3", 1, (COOKIE,))]
    with resolved(events) as warehouse:
        assert customers(warehouse)["3"] == min(customer_name(ANN), customer_name(BOB))


@pytest.mark.parametrize(("hour", "expected"), [(30 * DAY, ANN), (30 * DAY + 1e-6, COOKIE)])
def test_the_look_back_includes_its_last_microsecond(hour: float, expected: tuple[str, str]) -> None:
    with resolved([Seen("1", 0, (ANN, COOKIE)), Seen("2", hour, (COOKIE,))]) as warehouse:
        assert customers(warehouse)["2"] == customer_name(expected)


def test_the_nearest_login_is_looked_for_on_all_devices_of_an_event() -> None:
    device = ("device_id", "phone")
    events = [Seen("1", 0, (ANN, COOKIE)), Seen("2", 9, (BOB, device)), Seen("3", 6, (COOKIE, device))]
    with resolved(events) as warehouse:
        assert customers(warehouse)["3"] == customer_name(BOB)


def test_a_device_never_merges_two_logins() -> None:
    events = [Seen(str(n), n, (who, COOKIE)) for n, who in enumerate((ANN, BOB) * 20)]
    with resolved(events) as warehouse:
        assert set(customers(warehouse).values()) == {customer_name(ANN), customer_name(BOB)}
        assert warehouse.rows("select * from core.identity_link") == []


def test_a_login_with_26_cookies_is_one_customer() -> None:
    cookies = [("cookie_id", f"c{n}") for n in range(26)]
    events = [Seen(f"in{n}", n, (ANN, cookie)) for n, cookie in enumerate(cookies)]
    events += [Seen(f"out{n}", 100 - n, (cookie,)) for n, cookie in enumerate(cookies)]
    with resolved(events) as warehouse:
        assert set(customers(warehouse).values()) == {customer_name(ANN)}
        assert warehouse.rows("select device_count, identity_count from core.customer") == [(26, 1)]


def test_a_cookie_with_ten_logins_gives_each_its_own_neighbourhood() -> None:
    events = [Seen(f"in{n}", 10 * n, (("user_id", f"u{n}"), COOKIE)) for n in range(10)]
    events += [Seen(f"out{n}", 10 * n + 3, (COOKIE,)) for n in range(10)]
    with resolved(events) as warehouse:
        found = customers(warehouse)
        assert warehouse.rows("select * from core.quarantined_identity") == []
    assert all(found[f"out{n}"] == found[f"in{n}"] == customer_name(("user_id", f"u{n}")) for n in range(10))


def test_a_kiosk_is_quarantined_and_its_anonymous_touchpoints_are_set_aside() -> None:
    events = [Seen(f"in{n}", n, (("user_id", f"u{n}"), COOKIE)) for n in range(11)]
    events += [Seen("out", 3, (COOKIE,)), Seen("other", 4, (COOKIE, ("device_id", "tablet")))]
    with resolved(events) as warehouse:
        found = customers(warehouse)
        quarantined = "select identity_value, linked_count, reason from core.quarantined_identity"
        assert warehouse.rows(quarantined) == [("cookie", 11, "shared_device")]
        assert rules(warehouse, "cookie") == {}
    assert found["out"] == "quarantined_identity"
    assert found["other"] == customer_name(("device_id", "tablet"))
    assert found["in3"] == customer_name(("user_id", "u3"))


@pytest.mark.parametrize(("count", "is_shared"), [(5, False), (6, True)])
@pytest.mark.parametrize("kind", ["shopify_customer_id", "email"])
def test_a_phone_is_quarantined_above_the_cap_and_not_at_it(kind: str, count: int, is_shared: bool) -> None:
    phone = ("phone", "+4930")
    events = [Seen(str(n), n, (phone, (kind, f"s{n}"))) for n in range(count)] + [Seen("call", 9, (phone,))]
    with resolved(events) as warehouse:
        found = customers(warehouse)
        quarantined = warehouse.rows("select identity_value, linked_count, linked_type from core.quarantined_identity")
    assert quarantined == ([("+4930", count, kind)] if is_shared else [])
    assert len({found[str(n)] for n in range(count)}) == (count if is_shared else 1)
    assert (found["call"] == "quarantined_identity") is is_shared


def test_tickets_connect_and_do_not_count_towards_the_cap() -> None:
    requester = ("zendesk_user_id", "z")
    events = [Seen(f"open{n}", n, (requester, ("zendesk_ticket_id", f"t{n}"))) for n in range(40)]
    events += [Seen(f"note{n}", 50 + n, (("zendesk_ticket_id", f"t{n}"),)) for n in range(40)]
    with resolved(events) as warehouse:
        assert set(customers(warehouse).values()) == {customer_name(requester)}
        assert {rule for rule, _ in rules(warehouse, "t7").values()} == {"reference_link"}


def test_a_ticket_names_a_customer_only_without_a_person() -> None:
    ticket, lonely = ("zendesk_ticket_id", "1"), ("zendesk_ticket_id", "2")
    events = [Seen("a", 0, (ticket,)), Seen("b", 5, (ticket, ("email", "a@x.org"))), Seen("c", 0, (lonely,))]
    with resolved(events) as warehouse:
        found = customers(warehouse)
    assert found == {"a": customer_name(("email", "a@x.org")), "b": found["a"], "c": customer_name(lonely)}


def test_a_super_node_of_5000_events_joins_nobody() -> None:
    phone, kiosk = ("phone", "+49800"), ("device_id", "till")
    events = [Seen(f"{n}", n / 60, (("email", f"{n % 2500}@x.org"), phone, kiosk)) for n in range(5000)]
    with resolved(events) as warehouse:
        assert warehouse.value("select max(identity_count + device_count) from core.customer") == 1
        assert warehouse.value("select count(*) from core.customer_event") == 5000
        counts = warehouse.rows("select identity_type, linked_count from core.quarantined_identity order by all")
    assert counts == [("device_id", 2500), ("phone", 2500)]


def test_a_heavy_customer_is_neither_split_nor_quarantined() -> None:
    rng = random.Random(1)
    events = [Seen(str(n), n / 10, (ANN, ("anonymous_id", f"c{rng.randrange(900)}"))) for n in range(5000)]
    with resolved(events) as warehouse:
        assert set(customers(warehouse).values()) == {customer_name(ANN)}
        assert warehouse.rows("select * from core.quarantined_identity") == []


def test_a_late_link_merges_the_history() -> None:
    mail = ("email", "ann@x.org")
    events = [Seen("web", 1, (ANN, COOKIE)), Seen("out", 2, (COOKIE,)), Seen("mail", 0, (mail,), source="email")]
    link = Seen("identify", 900, (ANN, mail), activity=None)
    with resolved(events) as before, resolved(events, [link]) as after:
        assert len(set(customers(before).values())) == 2
        assert set(customers(after).values()) == {customer_name(mail)}
        assert set(customers(after)) == {"web", "out", "mail"}


def test_taking_a_link_away_rolls_back_exactly_its_merge() -> None:
    events = [Seen("1", 0, (ANN,)), Seen("2", 1, (BOB,)), Seen("3", 2, (("user_id", "eve"), COOKIE))]
    link = Seen("link", 3, (ANN, BOB), activity=None)
    with resolved(events) as without, resolved(events, [link]) as merged:
        assert len(set(customers(merged).values())) == 2
        assert rules(without, "eve") == rules(merged, "eve")
        assert canonical(without, ["core.customer_event"]) != canonical(merged, ["core.customer_event"])


def test_a_bot_is_set_aside_and_is_no_evidence() -> None:
    events = [Seen("1", 0, (ANN,)), Seen("2", 1, (BOB,)), Seen("bot", 2, (ANN, BOB, COOKIE), is_bot=True)]
    with resolved(events) as warehouse:
        assert customers(warehouse) == {"1": customer_name(ANN), "2": customer_name(BOB), "bot": "bot"}
        assert rules(warehouse, "cookie") == {}


def test_evidence_is_no_touchpoint_but_makes_a_customer_known() -> None:
    with resolved([Seen("profile", 0, (("zendesk_user_id", "z"), ("email", "z@x.org")), activity=None)]) as warehouse:
        assert customers(warehouse) == {}
        assert warehouse.rows("select identity_count, is_anonymous from core.customer") == [(2, False)]


def test_events_that_share_no_order_id_are_all_purchases() -> None:
    events = [Seen(str(n), n, (ANN,), activity="order_completed", amount=5) for n in range(3)]
    with resolved(events) as warehouse:
        assert warehouse.rows(
            "select source_event_id from core.customer_event where is_purchase and amount = 5 order by all"
        ) == [
            ("0",),
            ("1",),
            ("2",),
        ]


def test_an_order_logged_twice_is_one_purchase_and_the_store_carries_the_amount() -> None:
    events = [
        Seen("web", 1, (ANN, COOKIE), activity="order_completed", order_id="o1", amount=9),
        Seen("again", 1.1, (ANN, COOKIE), activity="order_completed", order_id="o1", amount=9),
        Seen("store", 2, (("email", "a@x.org"),), source="store", activity="order_placed", order_id="o1", amount=10),
        Seen("late", 4, (ANN,), activity="order_completed", order_id="o2", amount=7),
        Seen("first", 3, (ANN,), activity="order_completed", order_id="o2", amount=7),
        Seen("view", 5, (ANN,), order_id="o1", amount=3),
    ]
    with resolved(events) as warehouse:
        rows = warehouse.rows("select source_event_id, is_purchase, amount::integer, currency from core.customer_event")
    found = {row[0]: row[1:] for row in rows}
    assert found["store"] == (True, 10, "EUR") and found["first"] == (True, 7, "EUR")
    assert found["web"] == found["again"] == found["late"] == (False, None, None)
    assert found["view"] == (False, 3, "EUR")


def test_an_order_whose_store_event_is_set_aside_stays_the_websites_purchase() -> None:
    shared = ("phone", "+4930")
    events = [Seen(str(n), n, (shared, ("email", f"{n}@x.org"))) for n in range(6)]
    events += [Seen("store", 9, (shared,), source="store", activity="order_placed", order_id="o", amount=8)]
    events += [Seen("web", 8, (ANN,), activity="order_completed", order_id="o", amount=7)]
    with resolved(events) as warehouse:
        bought = "select source_event_id, amount::integer from core.customer_event where is_purchase"
        assert warehouse.rows(bought) == [("web", 7)]


def test_what_an_activity_is_comes_from_its_row() -> None:
    events = [
        Seen("sent", 0, (ANN,), source="email", activity="email_delivered"),
        Seen("machine", 1, (ANN,), source="email", activity="email_opened", is_machine=True),
        Seen("end", 2, (ANN,), source="email", activity="email_unsubscribed"),
        Seen("odd", 3, (ANN,), source="kiosk", activity="never_heard_of"),
    ]
    with resolved(events) as warehouse:
        rows = warehouse.rows(
            "select source_event_id, is_purchase, is_passive, is_end, source_rank from core.customer_event"
        )
    assert {row[0]: row[1:] for row in rows} == {
        "sent": (False, True, False, 2),
        "machine": (False, True, False, 2),
        "end": (False, False, True, 2),
        "odd": (False, False, False, 50),
    }


def test_a_customer_event_has_the_columns_that_the_next_step_reads() -> None:
    dropped = {"identities", "line_of", "load_id", "row_number", "text", "author", "content_hash"}
    added = ["touchpoint_id", "customer_id", "source_rank", "is_purchase", "is_passive", "is_end", "bucket"]
    with resolved([Seen("1", 0, (ANN,))]) as warehouse:
        assert warehouse.columns("core.customer_event") == [c for c in EVENT_COLUMNS if c not in dropped] + added
        frame = warehouse.frame("select * from core.customer_event")
    assert frame.schema["source_rank"] == frame.schema["bucket"] == pl.Int32
    assert frame.schema["amount"] == pl.Decimal(18, 4)


def test_buckets_are_stable_and_even() -> None:
    with resolved([Seen(str(n), n, (("user_id", str(n)),)) for n in range(1600)]) as warehouse:
        sizes = dict(warehouse.rows("select bucket, count(*) from core.customer_event group by bucket"))
    assert set(sizes) == set(range(16))
    assert all(60 < size < 150 for size in sizes.values())


def test_an_unknown_identity_type_is_an_error_that_names_the_file() -> None:
    with pytest.raises(
        ConfigurationError, match=r"config/identity_type\.csv has no row for the identity type passport"
    ):
        resolved([Seen("1", 0, (("passport", "p"),))]).close()


def test_an_empty_warehouse_has_empty_tables_but_for_the_cells_that_were_never_tried() -> None:
    with resolved([]) as warehouse:
        assert [name for name, rows in canonical(warehouse).items() if rows] == ["core.login_reliability"]
        assert warehouse.value("select sum(tried_count) from core.login_reliability") == 0


def test_an_order_that_never_met_a_person_belongs_to_whom_its_device_does() -> None:
    orders = [("order_id", f"o{n}") for n in range(3)]
    guest = ("cookie_id", "guest")
    events = [Seen(f"{n}", n, (guest, order)) for n, order in enumerate(orders)] + [Seen("view", 9, (guest,))]
    events += [Seen("in", 0, (ANN, COOKIE)), Seen("buy", 1, (COOKIE, ("order_id", "o9")))]
    with resolved(events) as warehouse:
        found = customers(warehouse)
        assert warehouse.rows("select identity_count, device_count from core.customer where is_anonymous") == [(3, 1)]
    assert {found[event] for event in ("0", "1", "2", "view")} == {customer_name(guest)}
    assert found["buy"] == customer_name(ANN)


def test_the_event_frame_has_the_columns_of_the_contract() -> None:
    assert event_frame([]).columns == list(EVENT_COLUMNS)


def test_a_device_cap_of_its_own_overrides_the_setting() -> None:
    events = [Seen(str(n), n, (("user_id", f"u{n}"), COOKIE)) for n in range(3)]
    with resolved(events, limits=Limits(cap=1, device_cap=3)) as roomy, resolved(events, limits=Limits(5, 2)) as tight:
        assert roomy.value("select count(*) from core.quarantined_identity") == 0
        assert tight.value("select count(*) from core.quarantined_identity") == 1
