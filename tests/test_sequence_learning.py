"""Learnt limits and topics: worlds whose answer is known, too little data, and what the rows say."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from math import exp
from random import Random

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from sequence_case import default_rules, events

from journey_analytics.sequence import learn, learnt_rules, learnt_until
from journey_analytics.sequence.agreement import Agreement, topic_agreement
from journey_analytics.sequence.learning import LONGEST, SHORTEST, LifeTable, best_limit, life_tables
from journey_analytics.sequence.rules import Rules

RULES = default_rules()
DAY = timedelta(days=1)
DAY_US = 86_400_000_000
UNTIL = datetime(2026, 1, 1)
START = datetime(2025, 1, 1)
GOES_ON, RHYTHM, BACKGROUND = 0.7, 5.0, 0.004
"""Seven of ten pauses end in the same need, five days later on average; after the others new needs begin at a rate."""


def pauses(*, watched: float, seed: int, rhythm: float = RHYTHM, count: int = 40_000) -> pl.DataFrame:
    random = Random(seed)
    return pl.DataFrame([_pause(random, watched, rhythm) for _ in range(count)], orient="row", schema=PAUSE)


PAUSE = {"stage_code": pl.Int64, "length_us": pl.Int64, "is_return": pl.Boolean}


def _pause(random: Random, watched: float, rhythm: float) -> tuple[int, int, bool]:
    days = random.expovariate(1 / rhythm) if random.random() < GOES_ON else random.expovariate(BACKGROUND)
    seen = watched * random.random()
    return 2, round(min(days, seen) * DAY_US), days <= seen


def true_limit(rhythm: float = RHYTHM) -> int:
    """The day on which the fewest are decided wrongly by someone who knows how the pauses were drawn."""

    def cost(day: int) -> float:
        return GOES_ON * exp(-day / rhythm) + (1 - GOES_ON) * (1 - exp(-BACKGROUND * day))

    return min(range(SHORTEST, LONGEST + 1), key=cost)


def learnt_limit(frame: pl.DataFrame) -> int:
    (table,) = life_tables(frame).values()
    assert table.background is not None
    return best_limit(table, table.background).days


def naive_limit(frame: pl.DataFrame) -> float:
    return frame.filter("is_return")["length_us"].quantile(0.95) / DAY_US


@pytest.mark.parametrize("rhythm", [2.5, 5.0, 9.0])
@pytest.mark.parametrize("watched", [150, 400])
def test_the_limit_lies_where_the_fewest_decisions_are_wrong(rhythm, watched):
    assert abs(learnt_limit(pauses(watched=watched, seed=1, rhythm=rhythm)) - true_limit(rhythm)) <= 4


def test_censoring_moves_a_percentile_and_not_the_limit():
    short, long = pauses(watched=150, seed=2), pauses(watched=700, seed=3)
    assert naive_limit(long) > 3 * naive_limit(short)
    assert abs(learnt_limit(long) - learnt_limit(short)) <= 4


def test_the_shares_are_those_of_the_pauses_decided_wrongly():
    (table,) = life_tables(pauses(watched=400, seed=4)).values()
    limit = best_limit(table, table.background)
    assert limit.wrong_cut_share == pytest.approx(GOES_ON * exp(-limit.days / RHYTHM), abs=0.006)
    assert limit.wrong_join_share == pytest.approx((1 - GOES_ON) * (1 - exp(-BACKGROUND * limit.days)), abs=0.02)


def test_a_rest_before_new_needs_begin_is_where_the_limit_lies():
    """Nobody wants something new within 40 days, and then many do: a constant background would cut at 20."""
    random = Random(5)
    old = [(1, round(random.expovariate(1 / 6) * DAY_US), True) for _ in range(6000)]
    new = [(1, round((40 + random.expovariate(1 / 40)) * DAY_US), True) for _ in range(2500)]
    never = [(1, 400 * DAY_US, False)] * 1500
    assert 28 <= learnt_limit(pl.DataFrame(old + new + never, orient="row", schema=PAUSE)) <= 42


def test_days_are_counted_from_their_beginning_and_a_watch_that_ends_counts_half():
    lengths = [(1, True), (DAY_US, True), (DAY_US + 1, True), (2 * DAY_US, False), (500 * DAY_US, True)]
    (table,) = life_tables(pl.DataFrame([(1, *one) for one in lengths], orient="row", schema=PAUSE)).values()
    assert list(table.returns[:3]) == [2, 1, 0]
    assert list(table.at_risk[:3]) == [5, 2.5, 1]
    assert (table.pause_count, table.return_count, table.censored_count) == (5, 3, 2)
    assert table.background is None


def test_a_limit_stays_within_its_bounds():
    at_once = LifeTable([500, *[5] * 179], [1000.0] * 180, 0, 0)
    assert best_limit(at_once, 0.005).days == SHORTEST
    never_new = LifeTable([30] * 180, [1000.0] * 180, 0, 0)
    assert best_limit(never_new, 0.0).days == LONGEST


def life(random: Random, number: int, *, is_sticky: bool) -> list[dict]:
    """Needs of about six visits, two days apart and each of one topic, with a rest of about 80 days between them."""
    at, rows = START + 30 * random.random() * DAY, []
    while at < UNTIL + 30 * DAY:
        about = random.choice(("shoes", "tents", "lamps", "bikes"))
        for _ in range(random.randrange(1, 11)):
            topic = about if is_sticky else random.choice(("shoes", "tents", "lamps", "bikes"))
            rows.append({"id": f"e{number}_{len(rows)}", "at": at, "customer": f"c_{number}", "topic": topic})
            at += random.expovariate(1 / 2) * DAY
        at += (20 + random.expovariate(1 / 60)) * DAY
    return [row | {"activity": "product_viewed"} for row in rows]


def world(*, is_sticky: bool = True, customers: int = 250) -> pl.DataFrame:
    random = Random(6)
    return events(row for number in range(customers) for row in life(random, number, is_sticky=is_sticky))


def choosing(**choices: str) -> Rules:
    return replace(RULES, cut=replace(RULES.cut, **choices))


@pytest.fixture(scope="module")
def sticky() -> pl.DataFrame:
    return world()


def limit_of(learnt, stage: str) -> dict:
    (row,) = learnt.inactivity_limit.filter(stage=stage).to_dicts()
    return row


def test_limits_are_learnt_stage_by_stage_where_the_data_is_enough(sticky):
    learnt = learn(sticky, rules=RULES, until=UNTIL)
    assert learnt.inactivity_limit["stage"].to_list() == list(RULES.inactivity)
    row = limit_of(learnt, "consideration")
    assert row["learnt_days"] == row["used_days"] and 8 <= row["used_days"] <= 24
    assert row["configured_days"] == 30 and row["reason"] == "learnt from the pauses"
    assert row["return_count"] <= row["pause_count"] - row["censored_count"]
    for stage in ("unknown", "awareness", "decision"):
        assert limit_of(learnt, stage) | {"used_days": 30, "learnt_days": None, "pause_count": 0} == limit_of(
            learnt, stage
        )
        assert limit_of(learnt, stage)["reason"] == "configured: fewer than 200 returns within 90 days"
    assert limit_of(learnt, "post_purchase")["used_days"] == 60
    used = learnt_rules(RULES, limits=learnt.inactivity_limit, signals=learnt.need_signal)
    assert used.inactivity["consideration"] == timedelta(days=row["used_days"])
    assert used.inactivity["awareness"] == RULES.inactivity["awareness"]


def test_topics_that_stay_with_a_need_are_used_and_noise_is_not(sticky):
    (used,) = learn(sticky, rules=RULES, until=UNTIL).need_signal.to_dicts()
    assert used["is_used"] and used["agreement"] > 0.9 and used["pair_count"] >= 200
    assert used["reason"] == f"the topic stays with a need: agreement {used['agreement']:.2f}, needed 0.4"
    (noise,) = learn(world(is_sticky=False), rules=RULES, until=UNTIL).need_signal.to_dicts()
    assert not noise["is_used"] and abs(noise["agreement"]) < 0.05
    assert noise["expected_share"] == pytest.approx(0.25, abs=0.02)


def in_shop(frame: pl.DataFrame, words: dict[str, str]) -> pl.DataFrame:
    """Every third visit as one of a shop that has its own words."""
    is_shop = pl.int_range(pl.len()) % 3 == 0
    return frame.with_columns(
        source=pl.when(is_shop).then(pl.lit("shop")).otherwise("source"),
        topic=pl.when(is_shop).then(pl.col("topic").replace(words)).otherwise("topic"),
    )


def test_a_source_is_heard_when_it_calls_things_as_the_others_do(sticky):
    for words, is_heard in (({}, True), ({"shoes": "Sneaker", "tents": "Iglu", "lamps": "LED", "bikes": "MTB"}, False)):
        learnt = learn(in_shop(sticky, words), rules=RULES, until=UNTIL)
        used = dict(learnt.need_signal.select("signal", "is_used").iter_rows())
        assert used == {"topic": True, "topic of shop": is_heard}
        rules = learnt_rules(RULES, limits=learnt.inactivity_limit, signals=learnt.need_signal)
        assert rules.splits_by_topic and rules.foreign_topics == (frozenset() if is_heard else {"shop"})


def test_learning_depends_on_no_order_and_on_nothing_from_the_instant_on(sticky):
    learnt = learn(sticky, rules=RULES, until=UNTIL)
    past = sticky.filter(pl.col("occurred_at") < UNTIL)
    assert len(past) < len(sticky)
    for other in (sticky.sample(fraction=1, shuffle=True, seed=1), past):
        again = learn(other, rules=RULES, until=UNTIL)
        assert_frame_equal(again.inactivity_limit, learnt.inactivity_limit)
        assert_frame_equal(again.need_signal, learnt.need_signal)


def test_without_data_everything_is_as_configured():
    learnt = learn(world(customers=1).clear(), rules=RULES, until=UNTIL)
    assert learnt_rules(RULES, limits=learnt.inactivity_limit, signals=learnt.need_signal) == RULES
    assert learnt.need_signal["reason"].to_list() == ["fewer than 200 pairs of neighbouring sessions with a topic"]


def test_a_short_history_shows_no_background(sticky):
    until = START + 70 * DAY
    reason = limit_of(learn(sticky, rules=RULES, until=until), "consideration")["reason"]
    assert reason == "configured: fewer than 200 pauses were watched for 60 days"


@pytest.mark.parametrize(
    ("choices", "is_learnt", "is_used", "reasons"),
    [
        ({"limits": "configured"}, False, True, ("configured: inactivity_limits is configured", "the topic stays")),
        ({"by_topic": "never"}, True, False, ("learnt", "new_need_by_topic is never")),
        ({"by_topic": "always"}, True, True, ("learnt", "new_need_by_topic is always")),
        ({"method": "fixed_gap"}, False, False, ("configured: journey_cut is fixed_gap", "journey_cut is fixed_gap")),
    ],
)
def test_what_the_analyst_chose_is_done(sticky, choices, is_learnt, is_used, reasons):
    learnt = learn(sticky, rules=choosing(**choices), until=UNTIL)
    row, (signal,) = limit_of(learnt, "consideration"), learnt.need_signal.to_dicts()
    assert (row["used_days"] == row["learnt_days"] != 30) if is_learnt else (row["used_days"] == 30)
    assert signal["is_used"] is is_used
    assert row["reason"].startswith(reasons[0]) and signal["reason"].startswith(reasons[1])


def test_kappa_is_that_of_cohen():
    """Counted by hand: chains aab, bb and a: the pairs (a, a), (a, b), (b, b)."""
    sessions = pl.DataFrame(
        {"source": "web", "chain": [1, 1, 1, 2, 2, 3, 3], "topic": ["a", "a", "b", "b", "b", "a", None]}
    )
    found = topic_agreement(sessions)
    assert (found.pair_count, found.same_count) == (3, 2)
    assert found.expected_share == pytest.approx((2 * 1 + 1 * 2) / 9)
    assert found.kappa == pytest.approx((2 / 3 - 4 / 9) / (5 / 9))
    assert not found.is_enough
    assert Agreement(200, 180, 0.5).is_enough
    assert not Agreement(199, 199, 0.5).is_enough
    assert Agreement(1000, 701, 0.5).is_enough and not Agreement(1000, 699, 0.5).is_enough
    assert Agreement(200, 200, 1.0).kappa is None


@pytest.mark.parametrize(
    ("cutoff", "until"),
    [
        (datetime(2026, 3, 31, 23, 59, 59, 999999), datetime(2026, 3, 1)),
        (datetime(2026, 3, 1), datetime(2026, 3, 1)),
        (datetime(2026, 3, 1, 1, tzinfo=timezone(timedelta(hours=2))), datetime(2026, 2, 1)),
        (datetime(2026, 3, 9, tzinfo=UTC), datetime(2026, 3, 1)),
    ],
)
def test_limits_change_with_the_month(cutoff, until):
    assert learnt_until(cutoff) == until
