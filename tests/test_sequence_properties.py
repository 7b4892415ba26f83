"""What must hold for the kernel's tables whatever the touchpoints are; and the slow telling as a second opinion."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from sequence_case import default_rules, events
from sequence_reference import tell

from journey_analytics.contract import STAGES
from journey_analytics.sequence import Rules, Sequence, build_sequence
from journey_analytics.sequence.rules import STAGE_CODES

RULES = default_rules()
OTHER_RULES = replace(
    # Every limit another, and a purchase that the rules take for after-sales.
    RULES,
    stage_rules=tuple(
        replace(rule, stage="post_purchase") if rule.rule_id == "order_placed" else rule for rule in RULES.stage_rules
    ),
    inactivity={name: timedelta(days=days) for name, days in zip(STAGE_CODES, (1, 2, 20, 14, 5), strict=True)},
    window={name: timedelta(days=days) for name, days in zip(STAGES, (30, 14, 60, 20), strict=True)},
    tail=timedelta(days=20),
    session_gap=timedelta(minutes=5),
)
SPLIT_RULES = replace(RULES, splits_by_topic=True)
OTHER_SPLIT_RULES = replace(OTHER_RULES, splits_by_topic=True, foreign_topics=frozenset({"email", "store"}))
ARRIVAL_RULES = replace(SPLIT_RULES, arrivals=frozenset({"blog_viewed", "home_viewed", "email_opened"}))
CUTOFF = datetime(2026, 6, 1)
START = datetime(2025, 6, 1)
TABLES = ("touchpoint", "session", "journey", "stage_visit")
MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)
PAUSES = [
    timedelta(0), timedelta(0), timedelta(minutes=5), timedelta(minutes=30), timedelta(minutes=30) + MICROSECOND,
    DAY, DAY, 2 * DAY, 5 * DAY, 14 * DAY, 14 * DAY + MICROSECOND, 20 * DAY, 30 * DAY, 30 * DAY, 30 * DAY + MICROSECOND,
    31 * DAY, 60 * DAY, 60 * DAY + MICROSECOND, 75 * DAY,
]  # fmt: skip
"""On a coarse grid, so that ties and touches exactly at a limit are common."""

ACTIVITIES = [
    *[{"activity": name} for name in ("home_viewed", "blog_viewed", "product_viewed", "cart_viewed", "page_viewed")],
    *[{"activity": name} for name in ("product_viewed", "account_viewed", "order_status_viewed", "brand_new_thing")],
    {"activity": "order_completed"},
    {"activity": "help_viewed", "page_path": "/help/returns"},
    {"activity": "help_viewed", "page_path": "/help/sizing"},
    *[
        {"activity": name, "source": "email", "category": category}
        for name in ("email_delivered", "email_opened", "email_clicked")
        for category in ("newsletter", "shipping_update", "browse_reminder", None)
    ],
    {"activity": "email_opened", "source": "email", "category": "newsletter", "is_machine": "true"},
    {"activity": "email_unsubscribed", "source": "email"},
    *[
        {"activity": "ticket_opened", "source": "support", "subject": subject}
        for subject in ("Where is my order", "Question about sizing", "Hello", None)
    ],
    {"activity": "ticket_solved", "source": "support"},
    {"activity": "ticket_commented", "source": "support"},
    *[{"activity": "order_placed", "source": "store", "amount": "20.00", "currency": "EUR"}] * 3,
    {"activity": "order_placed", "source": "store", "is_machine": "true"},
    {"activity": "order_refunded", "source": "store"},
]


def world(*, customers: int, seed: int, touches: int = 14) -> pl.DataFrame:
    random = Random(seed)
    return events(row for number in range(customers) for row in _life(random, number, random.randrange(1, touches)))


def _life(random: Random, number: int, count: int) -> list[dict]:
    at = START + random.randrange(120) * DAY
    rows = []
    for step in range(count):
        at += random.choice(PAUSES)
        about = {"topic": random.choice(["shoes", "tents", None]), "order_id": random.choice(["o1", "o2", None, None])}
        signal = {"channel": random.choice([None, None, "paid_search"]), "device": random.choice([None, "mobile"])}
        # Ids run against time, so that a tie-break by id is not the order of the rows.
        key = f"e{number}_{random.randrange(1000)}_{step}"
        rows.append({"at": at, "id": key, "customer": f"c_{number:04d}"} | about | signal | random.choice(ACTIVITIES))
    return rows


@pytest.fixture(
    scope="module", params=[RULES, SPLIT_RULES, ARRIVAL_RULES], ids=["one need at a time", "needs by topic", "arrivals"]
)
def rules(request) -> Rules:
    return request.param


@pytest.fixture(scope="module")
def build(rules):
    def with_rules(frame: pl.DataFrame, cutoff: datetime = CUTOFF) -> Sequence:
        return build_sequence(frame, rules=rules, cutoff=cutoff)

    return with_rules


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    return world(customers=120, seed=1)


@pytest.fixture(scope="module")
def sequence(frame, build) -> Sequence:
    return build(frame)


@pytest.mark.parametrize(
    "told_rules",
    [RULES, OTHER_RULES, SPLIT_RULES, OTHER_SPLIT_RULES, ARRIVAL_RULES],
    ids=["built-in rules", "other rules", "built-in rules by topic", "other rules by topic", "with arrivals"],
)
@pytest.mark.parametrize("seed", range(6))
def test_the_kernel_tells_the_same_as_the_slow_telling(seed, told_rules):
    frame = world(customers=60, seed=seed)
    for cutoff in (START + 200 * DAY, CUTOFF):
        told = tell(frame.to_dicts(), told_rules, cutoff)
        sequence = build_sequence(frame, rules=told_rules, cutoff=cutoff)
        rows = {row["touchpoint_id"]: row for row in sequence.touchpoint.to_dicts()}
        assert {key: row["stage_rule"] for key, row in rows.items()} == told.rule
        assert {key: row["stage"] for key, row in rows.items()} == told.stage
        assert {key: row["session_id"] for key, row in rows.items()} == _ids("s_", told.session)
        assert {key: row["journey_id"] for key, row in rows.items()} == _ids("j_", told.journey)
        assert dict(sequence.journey.select("journey_id", "status").iter_rows()) == {
            f"j_{key[:16]}": status for key, status in told.status.items()
        }
        assert dict(sequence.journey.select("journey_id", "closed_at").iter_rows()) == {
            f"j_{key[:16]}": closed_at for key, closed_at in told.closed_at.items()
        }
        assert dict(sequence.journey.select("journey_id", "cut_reason").iter_rows()) == {
            f"j_{key[:16]}": reason for key, reason in told.reason.items()
        }
        assert set(_visits(sequence)) == {(f"j_{key[:16]}", *rest) for key, *rest in told.visits}


def _ids(prefix: str, founders: dict[str, str]) -> dict[str, str]:
    return {key: prefix + founder[:16] for key, founder in founders.items()}


def _visits(sequence: Sequence):
    for row in sequence.stage_visit.to_dicts():
        duration = timedelta(microseconds=row["duration_us"])
        names = ("journey_id", "stage", "entered_at", "advanced_at", "outcome", "left_at")
        followed = ("entry_touchpoint_id", "regressed_at", "abandoned_at", "decision_at", "purchased_at", "closed_at")
        yield (*(row[name] for name in names), duration, *(row[name] for name in followed))


def test_the_order_of_the_rows_does_not_matter(frame, sequence, build):
    shuffled = build(frame.sample(fraction=1, shuffle=True, seed=3))
    for table in TABLES:
        assert_frame_equal(getattr(shuffled, table), getattr(sequence, table))


@pytest.mark.parametrize("parts", [2, 7, 120])
def test_any_split_by_customer_gives_the_same_rows(frame, sequence, parts, build):
    part = pl.col("customer_id").str.slice(2).cast(pl.Int64) % parts
    built = [build(frame.filter(part == number)) for number in range(parts)]
    for table in TABLES:
        together = pl.concat([getattr(one, table) for one in built])
        key = {"stage_visit": ["journey_id", "stage"]}.get(table, [f"{table}_id"])
        assert_frame_equal(together.sort(key), getattr(sequence, table).sort(key))


def test_unrelated_customers_change_nothing_for_others(frame, sequence, build):
    others = world(customers=40, seed=9).with_columns(
        customer_id=pl.lit("a_") + pl.col("customer_id"),
        source_event_id=pl.lit("x") + pl.col("source_event_id"),
        touchpoint_id=pl.col("touchpoint_id").str.reverse(),
    )
    late = others.with_columns(customer_id=pl.lit("z_") + pl.col("customer_id"))
    for strangers in (others, late):
        mixed = build(pl.concat([strangers, frame]))
        for table in TABLES:
            ours = pl.col("customer_id").str.starts_with("c_")
            assert_frame_equal(getattr(mixed, table).filter(ours), getattr(sequence, table))


def test_touchpoints_are_conserved_and_placed(frame, sequence):
    assert sorted(sequence.touchpoint["touchpoint_id"]) == sorted(frame["touchpoint_id"])
    assert (
        sequence.touchpoint.select("journey_id", "session_id", "channel", "stage").null_count().sum_horizontal()[0] == 0
    )
    assert sequence.journey["touchpoint_count"].sum() == sequence.session["touchpoint_count"].sum() == len(frame)
    assert set(sequence.touchpoint["journey_id"]) == set(sequence.journey["journey_id"])
    assert set(sequence.touchpoint["session_id"]) == set(sequence.session["session_id"])
    assert sequence.journey["journey_id"].is_unique().all()


def test_positions_count_up_and_next_adds_up(sequence):
    touchpoint = sequence.touchpoint
    expected = touchpoint.select(pl.int_range(1, pl.len() + 1).over("journey_id")).to_series()
    assert touchpoint["position"].to_list() == expected.to_list()
    assert touchpoint["next_activity"].count() == len(touchpoint) - len(sequence.journey)
    assert touchpoint["next_gap_us"].count() == touchpoint["next_activity"].count()
    assert touchpoint["next_gap_us"].drop_nulls().min() >= 0
    spans = sequence.journey.select(pl.col("ended_at") - pl.col("started_at")).to_series().dt.total_microseconds()
    assert touchpoint["next_gap_us"].sum() == spans.sum()


def test_entered_is_advanced_plus_dropped_plus_open_and_durations_stay_in_the_window(sequence):
    visits = sequence.stage_visit
    assert set(visits["outcome"]) == {"advanced", "dropped", "open"}
    assert visits.select("journey_id", "stage").is_unique().all()
    assert visits.filter(pl.col("duration_us") > pl.col("window_days") * 86_400_000_000).is_empty()
    assert visits.filter((pl.col("outcome") == "open") != pl.col("left_at").is_null()).is_empty()
    assert visits.filter(pl.col("entered_at") > CUTOFF).is_empty()


def test_the_stages_of_a_journey_are_those_it_visited_and_repeat_none(sequence):
    visited = sequence.stage_visit.group_by("journey_id").agg("stage")
    for row in sequence.journey.join(visited, on="journey_id").iter_rows(named=True):
        assert set(row["stage"]) <= set(row["stages"])
        assert all(one != following for one, following in pairwise(row["stages"]))


def test_a_purchase_is_followed_by_post_purchase(sequence):
    bought = sequence.touchpoint.filter("is_purchase")["journey_id"]
    for stages in sequence.journey.filter(pl.col("journey_id").is_in(bought.implode()))["stages"].to_list():
        assert ("decision", "post_purchase") in set(pairwise(stages))


def test_a_journey_has_at_most_one_purchase(sequence):
    purchases = sequence.touchpoint.group_by("journey_id").agg(pl.col("is_purchase").sum())
    assert purchases["is_purchase"].max() == 1


def test_what_happens_after_the_cut_off_changes_no_state(frame, build):
    cutoff = START + 200 * DAY
    known = frame.filter(pl.col("occurred_at") <= cutoff)
    assert 0 < len(known) < len(frame)
    assert_frame_equal(build(frame, cutoff).stage_visit, build(known, cutoff).stage_visit)
    columns = ["journey_id", "status", "furthest_stage", "converted_at", "amount", "is_closed", "closed_at"]
    begun = build(frame, cutoff).journey.filter("has_started")
    assert_frame_equal(begun.select(columns), build(known, cutoff).journey.select(columns))


def test_a_shift_of_all_times_shifts_only_the_times(frame, sequence, build):
    weeks = timedelta(weeks=60)
    later = frame.with_columns(pl.col("occurred_at", "received_at") + weeks)
    moved = build(later, CUTOFF + weeks)
    for table in TABLES:
        before = getattr(sequence, table)
        times = [name for name, kind in before.schema.items() if kind == pl.Datetime]
        assert_frame_equal(getattr(moved, table), before.with_columns(pl.col(times) + weeks))


def test_no_touchpoint_gives_empty_tables_of_the_same_types(frame, sequence, build):
    empty = build(frame.clear())
    for table in TABLES:
        assert getattr(empty, table).is_empty()
        assert getattr(empty, table).schema == getattr(sequence, table).schema
