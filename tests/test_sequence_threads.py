"""Several needs at a time: small lives told in days and topics, and what becomes of them."""

from dataclasses import replace
from datetime import datetime, timedelta

import polars as pl
import pytest
from sequence_case import default_rules, events

from journey_analytics.sequence import Sequence, build_sequence

RULES = replace(default_rules(), splits_by_topic=True)
START = datetime(2026, 1, 1, 10)
CUTOFF = datetime(2026, 12, 31)


def look(name: str, day: float, topic: str | None = None, **more) -> dict:
    activity = "product_viewed" if topic else "home_viewed"
    return {"id": name, "at": START + timedelta(days=day), "activity": activity, "topic": topic} | more


def mail(name: str, day: float, activity: str = "email_opened", **more) -> dict:
    return look(name, day) | {"activity": activity, "source": "email", "category": "newsletter"} | more


def buy(name: str, day: float, topic: str | None, **more) -> dict:
    return look(name, day, topic) | {"activity": "order_placed", "source": "store", "amount": "20.00"} | more


def built(*rows: dict, rules=RULES, cutoff: datetime = CUTOFF) -> Sequence:
    return build_sequence(events(rows), rules=rules, cutoff=cutoff)


def journeys(*rows: dict, **more) -> set[str]:
    """Each journey as the names of its touchpoints in order."""
    touchpoint = built(*rows, **more).touchpoint
    named = touchpoint.group_by("journey_id", maintain_order=True).agg(pl.col("source_event_id"))
    return {" ".join(names) for names in named["source_event_id"].to_list()}


def reasons(*rows: dict) -> dict[str, str]:
    sequence = built(*rows)
    first = sequence.touchpoint.filter(position=1).select("journey_id", "source_event_id")
    found = sequence.journey.join(first, on="journey_id").select("source_event_id", "cut_reason")
    return dict(found.iter_rows())


def test_two_needs_that_alternate_are_two_journeys():
    rows = [look("s1", 0, "shoes"), look("t1", 1, "tents"), look("s2", 2, "shoes"), look("t2", 3, "tents")]
    assert journeys(*rows) == {"s1 s2", "t1 t2"}
    assert journeys(*rows, rules=default_rules()) == {"s1 t1 s2 t2"}
    assert reasons(*rows) == {"s1": "first", "t1": "new_need"}


def test_a_purchase_ends_the_need_of_its_topic_alone():
    rows = [look("s1", 0, "shoes"), look("t1", 1, "tents"), buy("t!", 2, "tents"), look("s2", 3, "shoes")]
    assert journeys(*rows) == {"s1 s2", "t1 t!"}
    assert reasons(*rows, look("t2", 20, "tents")) == {"s1": "first", "t1": "new_need", "t2": "new_need"}


def test_without_another_need_alive_the_reason_is_how_the_last_one_ended():
    ends = [look("a", 0, "shoes"), look("b", 31, "tents"), buy("b!", 32, "tents"), look("c", 70, "bikes")]
    assert reasons(*ends) == {"a": "first", "b": "inactivity", "c": "purchase"}


def test_a_need_pauses_up_to_its_limit_though_the_customer_is_busy_with_another():
    busy = [look(f"t{day}", day, "tents") for day in range(1, 36, 7)]
    assert "s1 s2" in journeys(look("s1", 0, "shoes"), *busy, look("s2", 30, "shoes"))
    assert "s1 s2" not in journeys(look("s1", 0, "shoes"), *busy, look("s2", 30.001, "shoes"))


def test_after_sales_stays_with_its_purchase_while_another_need_goes_on():
    status = {"activity": "order_status_viewed", "order_id": "o1"}
    rows = [
        buy("s!", 0, "shoes", order_id="o1"),
        look("t1", 1, "tents"),
        look("s2", 2) | status,
        look("t2", 3, "tents"),
    ]
    assert journeys(*rows) == {"s! s2", "t1 t2"}


def test_what_was_bought_before_is_known_in_every_thread():
    rows = [buy("s!", 0, "shoes"), look("t1", 1, "tents"), mail("t2", 1.01, "email_opened", category="shipping_update")]
    assert journeys(*rows) == {"s! t2", "t1"}
    assert built(*rows).journey["is_returning"].to_list() == [False, True]


def test_a_session_has_the_topic_it_is_about_most_often_then_first():
    minute = 1 / 1440
    most = [look("a", 0, "shoes"), look("b", minute, "tents"), look("c", 2 * minute, "tents")]
    first = [look("a", 0, "tents"), look("b", minute, "shoes"), look("c", 2 * minute)]
    for session in (most, first):
        assert journeys(*session, look("t", 5, "tents"), look("s", 6, "shoes")) == {"a b c t", "s"}


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ((0, 1, 5), {"s x", "t"}), ((0, 4, 5), {"s", "x t"}), ((0, 2, 4), {"s x", "t"}),
        ((0, 31, 33), {"s", "x t"}), ((0, 1, 40), {"s x", "t"}), ((0, 31, 62), {"s", "x", "t"}),
    ],
)  # fmt: skip
def test_a_session_without_topic_goes_with_the_nearer_neighbour(days, expected):
    assert journeys(look("s", days[0], "shoes"), look("x", days[1]), look("t", days[2], "tents")) == expected


def test_a_run_of_sessions_without_topic_is_parted_at_its_longest_pause():
    run = [look("x", 2), look("y", 5), look("z", 7)]
    assert journeys(look("s", 0, "shoes"), *run, look("t", 9, "tents")) == {"s x", "y z t"}


def test_a_mail_goes_with_the_visit_it_brings():
    rows = [look("s", 0, "shoes"), mail("m", 3), mail("c", 3.001, "email_clicked"), look("t", 3.002, "tents")]
    assert journeys(*rows) == {"s", "m c t"}


@pytest.mark.parametrize("end", [buy("end", 1.1, "shoes"), mail("end", 1.1, "email_unsubscribed", topic="shoes")])
def test_nobody_goes_with_a_need_beyond_its_end(end):
    rows = [look("s", 1, "shoes"), end, look("x", 1.2), look("t", 9, "tents")]
    assert journeys(*rows) == {"s end", "x t"}


def test_sessions_that_no_topic_is_near_are_one_need_of_their_own():
    assert journeys(look("x", 0), look("y", 3), look("z", 40)) == {"x y", "z"}


def test_an_order_that_two_sources_log_is_one_need_whatever_they_call_it():
    twin = look("w", 0.01, "shoes") | {"activity": "order_completed", "order_id": "o1"}
    order = buy("o", 0.02, "Sneaker 12", order_id="o1")
    assert journeys(look("s", 0, "shoes"), twin, order) == {"s w o"}


def test_a_source_that_calls_things_otherwise_tells_no_needs_apart():
    rows = [look("s", 0, "shoes"), buy("o", 2, "Sneaker 12"), look("t", 3, "tents")]
    assert journeys(*rows) == {"s", "o", "t"}
    assert journeys(*rows, rules=replace(RULES, foreign_topics=frozenset({"store"}))) == {"s o", "t"}


def test_passive_mail_goes_with_the_last_thing_the_customer_did():
    delivered = mail("m", 2.5, "email_delivered")
    rows = [look("s1", 0, "shoes"), look("t1", 2, "tents"), delivered, look("s2", 3, "shoes")]
    assert journeys(*rows) == {"s1 s2", "t1 m"}


def test_the_stage_of_a_need_is_not_that_of_another():
    cart = look("t", 1, "tents") | {"activity": "cart_viewed"}
    rows = [look("s", 0, "shoes"), cart, look("h", 2) | {"topic": "shoes"}]
    stages = dict(built(*rows).touchpoint.select("source_event_id", "stage").iter_rows())
    assert stages["h"] == "consideration"
    one = dict(built(*rows, rules=default_rules()).touchpoint.select("source_event_id", "stage").iter_rows())
    assert one["h"] == "decision"


def test_an_advance_in_another_need_is_none():
    cart = look("t", 1, "tents") | {"activity": "cart_viewed"}
    rows = [look("s1", 0, "shoes"), cart, look("s2", 2, "shoes"), buy("t!", 3, "tents")]
    visits = built(*rows).stage_visit.filter(stage="consideration")
    assert visits.select("outcome", "advanced_at").rows() == [("dropped", None)]


def test_what_is_said_after_the_cut_off_names_no_session_before_it():
    rows = [look("x", 0), look("t", 10, "tents")]
    assert journeys(*rows) == {"x t"}
    assert journeys(*rows, cutoff=START + timedelta(days=5)) == {"x", "t"}


def test_a_customer_of_many_touchpoints_and_needs_takes_a_handful_of_steps(monkeypatch):
    from journey_analytics.sequence import stages

    steps = []
    step = stages._with_rules
    monkeypatch.setattr(stages, "_with_rules", lambda *given: steps.append(len(given[0])) or step(*given))
    rows = [look(f"e{n:05}", n / 20, (None, "shoes", "tents", f"noise {n}")[n % 4]) for n in range(6000)]
    assert len(built(*rows).touchpoint) == 6000
    assert len(steps) <= 6
