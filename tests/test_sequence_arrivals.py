"""Visits that look around in the middle of a need: whose they are, and how that is learnt."""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import polars as pl
import pytest
from sequence_case import default_rules, events

from journey_analytics.sequence import build_sequence, learn, learnt_rules

RULES = replace(default_rules(), splits_by_topic=True, arrivals=frozenset({"landing_viewed"}))
START = datetime(2025, 1, 1, 12)
UNTIL = datetime(2025, 12, 1)


def visit(name: str, day: float, topic: str | None = None, **more) -> dict:
    activity = "product_viewed" if topic else "landing_viewed"
    return {"id": name, "at": START + timedelta(days=day), "activity": activity, "topic": topic} | more


def journeys(*rows: dict, rules=RULES, cutoff: datetime = UNTIL) -> set[str]:
    touchpoint = build_sequence(events(rows), rules=rules, cutoff=cutoff).touchpoint
    named = touchpoint.group_by("journey_id", maintain_order=True).agg(pl.col("source_event_id"))
    return {" ".join(names) for names in named["source_event_id"].to_list()}


def stages(*rows: dict) -> dict[str, str]:
    touchpoint = build_sequence(events(rows), rules=RULES, cutoff=UNTIL).touchpoint
    return dict(touchpoint.select("source_event_id", "stage").iter_rows())


SHOES = visit("s1", 0, "shoes")


def test_an_arrival_goes_with_the_next_topic_that_is_new():
    rows = [SHOES, visit("x", 1), visit("s2", 2, "shoes"), visit("t", 3, "tents")]
    assert journeys(*rows) == {"s1 s2", "x t"}
    assert stages(*rows) == {"s1": "consideration", "x": "awareness", "s2": "consideration", "t": "consideration"}
    assert journeys(*rows, rules=replace(RULES, arrivals=frozenset())) == {"s1 x s2", "t"}


def test_an_arrival_that_nothing_new_follows_looks_around_alone():
    assert journeys(SHOES, visit("x", 1), visit("y", 3), visit("s2", 4, "shoes")) == {"s1 s2", "x y"}


@pytest.mark.parametrize(("day", "expected"), [(31, {"s1 s2 s3", "x t"}), (31.001, {"s1 s2 s3", "x", "t"})])
def test_a_topic_that_comes_beyond_the_reach_is_not_what_the_visit_was_for(day, expected):
    busy = [visit("s2", 15, "shoes"), visit("s3", 29, "shoes")]
    assert journeys(SHOES, visit("x", 1), *busy, visit("t", day, "tents")) == expected


def test_no_arrival_is_a_visit_with_a_topic_one_outside_a_need_and_one_that_begins_otherwise():
    with_topic = visit("x", 1) | {"topic": "shoes"}
    assert journeys(SHOES, with_topic, visit("t", 1.5, "tents")) == {"s1 x", "t"}
    assert journeys(visit("x", -1), SHOES, visit("t", 1.5, "tents")) == {"x s1", "t"}
    other = visit("x", 0.2, activity="home_viewed")
    assert journeys(SHOES, other, visit("t", 1.5, "tents")) == {"s1 x", "t"}


def test_an_arrival_up_to_the_cut_off_hears_of_no_later_topic():
    rows = [SHOES, visit("x", 1), visit("t", 3, "tents")]
    assert journeys(*rows, cutoff=START + timedelta(days=2)) == {"s1", "x", "t"}


def world(*, begins_share: float, seed: int = 1) -> pl.DataFrame:
    """Half of the lives are one need by topic; a landing visit in its middle begins another with `begins_share`.

    The other half begin with a landing visit. A need that begins with one comes to its topic six times in ten.
    """
    random = Random(seed)
    rows = []
    for number in range(3000):
        mine, other = random.sample(["shoes", "tents", "lamps", "bikes"], 2)
        day = 200 * random.random()
        if number % 2:
            looks = [(0.0, None), *([(2.0, mine)] if random.random() < 0.6 else []), (40.0, mine)]
        else:
            comes = random.random() < begins_share and random.random() < 0.6
            new = [(3.0, other)] if comes else []
            looks = [(0.0, mine), (0.5, mine), (1.0, None), (2.0, mine), *new, (4.0, mine), (5.0, mine)]
        rows += [
            visit(f"{number}_{step}", day + after, topic, customer=f"c_{number:04d}")
            for step, (after, topic) in enumerate(looks)
        ]
    return events(rows)


@pytest.mark.parametrize(("begins_share", "is_used"), [(0.0, False), (0.3, False), (0.8, True), (1.0, True)])
def test_the_share_that_begins_a_need_is_learnt(begins_share, is_used):
    rules = default_rules()
    learnt = learn(world(begins_share=begins_share), rules=rules, until=UNTIL)
    (row,) = learnt.need_signal.filter(signal="arrival by landing_viewed").to_dicts()
    assert row["pair_count"] > 1000
    assert row["agreement"] == pytest.approx(begins_share, abs=0.15)
    assert row["is_used"] == is_used
    used = learnt_rules(rules, limits=learnt.inactivity_limit, signals=learnt.need_signal)
    assert used.arrivals == (frozenset({"landing_viewed"}) if is_used else frozenset())


def test_what_would_be_more_than_looking_around_is_never_an_arrival():
    """A search is consideration by itself: it belongs to a need, whatever follows it."""
    searched = world(begins_share=1.0).with_columns(
        activity=pl.col("activity").replace("landing_viewed", "products_searched")
    )
    signals = learn(searched, rules=default_rules(), until=UNTIL).need_signal["signal"].to_list()
    assert signals == ["topic"]
