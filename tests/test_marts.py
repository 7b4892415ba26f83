"""The SQL marts: counts by hand, conservation, and that every check notices the fault it is named for."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from mart_world import CUTOFF, PASSIVE, WINDOW_DAYS, make_marts, make_some_marts, mart_world

from journey_analytics import build
from journey_analytics.dropoff import stage_dropoff, time_in_stage
from journey_analytics.mining.model import process_model_table
from journey_analytics.warehouse import Warehouse

SEGMENTS = ("first_channel", "first_source")
VISITS = (
    "select v.*, j.first_channel, j.first_source from core.stage_visit as v join core.journey as j using (journey_id)"
)
MINE = (
    "active_and_passive_journeys_are_all_journeys",
    "dropoff_counts_every_stage_visit",
    "entered_is_advanced_plus_dropped_plus_open",
    "every_active_journey_begun_by_the_cutoff_is_converted_dropped_or_open_in_the_headline",
    "every_journey_has_one_stage_variant",
    "every_journey_has_one_variant",
    "every_journey_starts_and_ends_once",
    "every_stage_entered_is_in_the_stage_list_of_its_journey",
    "every_segment_of_the_dropoff_adds_up_to_the_whole",
    "every_share_of_the_dropoff_lies_within_its_interval",
    "every_touchpoint_is_in_the_headline_or_lies_after_the_cutoff",
    "every_transition_joins_two_touchpoints_of_a_journey",
    "every_transition_of_a_passive_journey_is_counted_as_such",
    "no_published_model_is_a_flower",
    "stage_regressions_are_those_of_the_touchpoints",
    "the_items_of_a_section_of_the_inference_quality_add_up_to_its_base",
    "the_median_wait_is_at_most_the_90th_percentile",
    "the_stage_flow_is_conserved_at_every_stage",
    "touchpoints_of_journeys_add_up",
    "transitions_into_and_out_of_an_activity_add_up",
    "variants_have_the_transitions_of_directly_follows",
)


@pytest.fixture(scope="module")
def world() -> Iterator[Warehouse]:
    """A warehouse with every mart made; tests that change it undo that."""
    with mart_world() as warehouse:
        make_all(warehouse)
        yield warehouse


def make_all(warehouse: Warehouse) -> None:
    visits = warehouse.frame(VISITS)
    warehouse.create_from("mart.stage_dropoff", stage_dropoff(visits, cutoff=CUTOFF, segments=SEGMENTS))
    warehouse.create_from("mart.time_in_stage", time_in_stage(visits, cutoff=CUTOFF, segments=SEGMENTS))
    make_marts(warehouse)
    process_model_table(warehouse)


def failures(warehouse: Warehouse, check: str) -> list[tuple[object, ...]]:
    models = {model.name: model.sql for model in build.read_models(build.sql_files(), "check")}
    return warehouse.rows(models[f"check.{check}"], name=check)


def one(warehouse: Warehouse, table: str) -> dict[str, object]:
    return warehouse.frame(f"select * from {table}").row(0, named=True)


@pytest.mark.parametrize("check", MINE)
def test_a_sound_world_passes(world: Warehouse, check: str) -> None:
    assert failures(world, check) == []


@pytest.mark.parametrize(
    ("check", "fault"),
    [
        ("active_and_passive_journeys_are_all_journeys", "update mart.headline set journey_count = all_journey_count"),
        ("active_and_passive_journeys_are_all_journeys", "update mart.headline set dropped_count = dropped_count + 1"),
        ("active_and_passive_journeys_are_all_journeys", "update mart.variant set passive_dropped_count = 0"),
        ("active_and_passive_journeys_are_all_journeys", "update mart.stage_variant set passive_count = 0"),
        ("active_and_passive_journeys_are_all_journeys", "update mart.activity set passive_start_count = 0"),
        ("active_and_passive_journeys_are_all_journeys", "update mart.activity set passive_open_end_count = 0"),
        ("active_and_passive_journeys_are_all_journeys", "update mart.activity set dropped_last_act_count = 0"),
        ("active_and_passive_journeys_are_all_journeys", "update mart.journey_end set passive_count = 0"),
        (
            "every_active_journey_begun_by_the_cutoff_is_converted_dropped_or_open_in_the_headline",
            "update mart.headline set journey_count = journey_count + 1, open_count = open_count + 1",
        ),
        (
            "every_active_journey_begun_by_the_cutoff_is_converted_dropped_or_open_in_the_headline",
            "update mart.headline set journey_count = journey_count + 1",
        ),
        (
            "every_touchpoint_is_in_the_headline_or_lies_after_the_cutoff",
            "update mart.headline set later_touchpoint_count = 1",
        ),
        (
            "every_stage_entered_is_in_the_stage_list_of_its_journey",
            "update core.journey set stages = ['decision'] where status = 'converted'",
        ),
        (
            "every_transition_of_a_passive_journey_is_counted_as_such",
            "update mart.directly_follows set passive_follow_count = 0",
        ),
        ("dropoff_counts_every_stage_visit", "delete from core.stage_visit where journey_id = 'j_1'"),
        ("entered_is_advanced_plus_dropped_plus_open", "update mart.stage_dropoff set open_count = open_count + 1"),
        ("every_journey_has_one_variant", "delete from core.journey where journey_id = 'j_1'"),
        ("every_journey_has_one_stage_variant", "delete from core.journey where journey_id = 'j_1'"),
        (
            "every_journey_starts_and_ends_once",
            "update mart.activity set start_count = 0 where activity = 'home_viewed'",
        ),
        (
            "every_segment_of_the_dropoff_adds_up_to_the_whole",
            "delete from mart.stage_dropoff where segment_value = 'email'",
        ),
        (
            "every_share_of_the_dropoff_lies_within_its_interval",
            "update mart.stage_dropoff set estimated_low_share = 0.999",
        ),
        (
            "every_transition_joins_two_touchpoints_of_a_journey",
            "delete from mart.directly_follows where follow_count = 1",
        ),
        ("no_published_model_is_a_flower", "update mart.process_model set is_flower = true"),
        (
            "stage_regressions_are_those_of_the_touchpoints",
            "update mart.stage_regression set regression_count = regression_count + 1 where to_stage = 'consideration'",
        ),
        ("stage_regressions_are_those_of_the_touchpoints", "update mart.stage_regression set journey_count = 0"),
        ("stage_regressions_are_those_of_the_touchpoints", "update mart.stage_regression set entered_count = 0"),
        (
            "the_items_of_a_section_of_the_inference_quality_add_up_to_its_base",
            "update mart.inference_quality set share = share / 2 where section = 'unresolved'",
        ),
        (
            "the_items_of_a_section_of_the_inference_quality_add_up_to_its_base",
            "delete from mart.inference_quality where item = 'has a stage'",
        ),
        (
            "the_items_of_a_section_of_the_inference_quality_add_up_to_its_base",
            "insert into core.set_aside_event values ('web', 'k2', 'bot')",
        ),
        ("the_median_wait_is_at_most_the_90th_percentile", "update mart.directly_follows set p90_seconds = -1"),
        ("the_stage_flow_is_conserved_at_every_stage", "delete from mart.stage_flow where to_state = 'dropped'"),
        ("touchpoints_of_journeys_add_up", "delete from core.touchpoint where touchpoint_id = 't1_0'"),
        (
            "transitions_into_and_out_of_an_activity_add_up",
            "update mart.directly_follows set follow_count = follow_count + 1",
        ),
        (
            "variants_have_the_transitions_of_directly_follows",
            "delete from mart.directly_follows where follow_count = 1",
        ),
    ],
)
def test_a_check_notices_its_fault(world: Warehouse, check: str, fault: str) -> None:
    with pytest.raises(UndoError), world.transaction():
        world.execute(fault)
        assert failures(world, check)
        raise UndoError


class UndoError(Exception):
    """Rolls a deliberate fault back."""


def test_directly_follows_counts_transitions_journeys_and_exact_waits(world: Warehouse) -> None:
    waits: dict[tuple[str, str], list[float]] = {}
    journeys: dict[tuple[str, str], set[str]] = {}
    for _, group in world.frame("select * from core.touchpoint order by journey_id, position").group_by("journey_id"):
        rows = sorted(group.iter_rows(named=True), key=lambda row: row["position"])
        for a, b in pairwise(rows):
            pair = (a["activity"], b["activity"])
            waits.setdefault(pair, []).append((b["occurred_at"] - a["occurred_at"]).total_seconds())
            journeys.setdefault(pair, set()).add(a["journey_id"])
    found = {
        (r["activity"], r["next_activity"]): r for r in world.frame("select * from mart.directly_follows").to_dicts()
    }
    assert found.keys() == waits.keys()
    for pair, seconds in waits.items():
        assert found[pair]["follow_count"] == len(seconds)
        assert found[pair]["journey_count"] == len(journeys[pair])
        assert found[pair]["median_seconds"] == pytest.approx(np.quantile(seconds, 0.5))
        assert found[pair]["p90_seconds"] == pytest.approx(np.quantile(seconds, 0.9))


def test_variants_count_journeys_by_state_and_cumulate_to_all(world: Warehouse) -> None:
    journeys = world.frame("select activities, status, is_passive from core.journey").to_dicts()
    expected = Counter(tuple(j["activities"]) for j in journeys)
    found = world.frame("select * from mart.variant order by variant_rank")
    assert {tuple(r["activities"]): r["journey_count"] for r in found.to_dicts()} == expected
    assert found["variant_id"].n_unique() == found.height
    assert found["cumulative_share"][-1] == pytest.approx(1)
    assert found["journey_share_of_all"].sum() == pytest.approx(1)
    active = (found["journey_count"] - found["passive_count"]).to_list()
    assert active == sorted(active, reverse=True)
    assert sum(active) == sum(not j["is_passive"] for j in journeys) < len(journeys)
    assert found["journey_share_of_all"].to_list() == pytest.approx([n / sum(active) for n in active])
    for state in ("converted", "dropped", "open"):
        assert found[f"{state}_count"].sum() == sum(j["status"] == state for j in journeys)


def test_headline_of_the_world(world: Warehouse) -> None:
    found = one(world, "mart.headline")
    purchases = world.frame("select * from core.touchpoint where is_purchase")
    assert (found["as_of_at"], found["as_of_on"]) == (CUTOFF, datetime(2026, 6, 29).date())
    assert (found["all_journey_count"], found["journey_count"], found["passive_journey_count"]) == (120, 100, 20)
    assert found["converted_count"] + found["dropped_count"] + found["open_count"] == 100
    assert found["customer_count"] == 60
    assert found["identified_customer_count"] == 40
    assert found["currency"] == "EUR"
    assert found["amount"] == purchases.filter(currency="EUR")["amount"].sum()
    assert found["other_currency_count"] == purchases.filter(currency="USD").height
    assert found["rejected_count"] == 6


def test_a_passive_journey_is_counted_and_ranked_nowhere(world: Warehouse) -> None:
    top = world.frame("select * from mart.variant where passive_count > 0 order by variant_rank")
    assert top["journey_count"].to_list() == top["passive_count"].to_list()
    assert top["median_duration_seconds"].null_count() == top.height
    assert top["journey_share_of_all"].sum() == 0
    no_stage = world.frame("select * from mart.stage_variant where len(stages) = 0").row(0, named=True)
    assert no_stage["passive_count"] == 20
    assert no_stage["passive_dropped_count"] + no_stage["passive_open_count"] == 20
    follow = world.frame("select * from mart.directly_follows where activity = 'email_delivered'").to_dicts()
    kept = {row["next_activity"]: row for row in follow}
    mail = kept.pop("email_delivered")
    assert mail["passive_follow_count"] > 0
    assert {row["passive_follow_count"] for row in kept.values()} == {0}
    assert all(row["active_median_seconds"] == row["median_seconds"] for row in kept.values())


def test_an_active_journey_ends_with_the_last_thing_the_customer_did(world: Warehouse) -> None:
    expected = Counter(
        (next(a for a in reversed(activities) if a != PASSIVE), status)
        for activities, status in world.rows("select activities, status from core.journey where not is_passive")
    )
    for row in world.frame("select * from mart.activity").to_dicts():
        for status in ("converted", "dropped", "open"):
            assert row[f"{status}_last_act_count"] == expected[row["activity"], status]


def test_headline_of_an_empty_warehouse_is_one_row_of_zeros() -> None:
    with mart_world(journeys=3) as warehouse:
        for table in (*warehouse.tables("core"), *warehouse.tables("run")):
            warehouse.execute(f"delete from {table}")
        make_all(warehouse)
        found = one(warehouse, "mart.headline")
        assert (found["touchpoint_count"], found["journey_count"], found["currency"]) == (0, 0, None)
        assert all(failures(warehouse, check) == [] for check in MINE)


def test_no_column_is_a_hugeint(world: Warehouse) -> None:
    """sum() gives one, and a frame then holds Decimal instead of integers."""
    listed = """
        select table_name, column_name from information_schema.columns
        where table_schema = 'mart' and data_type = 'HUGEINT'
    """
    assert world.rows(listed) == []


def test_unmatched_activities_come_with_a_suggestion(world: Warehouse) -> None:
    found = world.frame("select * from mart.unknown_activity where activity = 'page_viewed'")
    assert found["touchpoint_count"].sum() == world.value(
        "select count(*) from core.touchpoint where stage = 'unknown' and activity = 'page_viewed'"
    )
    unmatched = world.value("select count(*) from core.touchpoint where stage = 'unknown' and stage_rule is null")
    assert found["unmatched_count"].sum() == unmatched
    assert set(found["suggested_stage"].drop_nulls()) <= set(WINDOW_DAYS)


def test_quality_counts_rows_and_gives_an_example(world: Warehouse) -> None:
    quality = world.frame("select * from mart.source_quality").to_dicts()
    assert [(q["read_count"], q["accepted_count"], q["rejected_share"]) for q in quality] == [(10, 7, 0.2)] * 3
    reason = world.frame("select * from mart.rejected_reason where source = 'web'").row(0, named=True)
    assert (reason["rejected_count"], reason["example_row"]) == (2, 1)
    assert reason["example_reason"] == "row 1 has no time"


def flow_of(visits: list[tuple[str, float, str, float | None]]) -> dict[tuple[str, str], int]:
    """The stage flow of one journey: (stage, day entered, outcome, day advanced)."""
    day = datetime(2026, 1, 1)
    rows = [
        {
            "journey_id": "j", "stage": stage, "entered_at": day + timedelta(days=entered), "outcome": outcome,
            "advanced_at": None if advanced is None else day + timedelta(days=advanced),
        }
        for stage, entered, outcome, advanced in visits
    ]  # fmt: skip
    with mart_world(journeys=2) as warehouse:
        warehouse.create_from(
            "core.stage_visit", pl.DataFrame(rows, schema_overrides={"advanced_at": pl.Datetime("us")})
        )
        make_some_marts(warehouse, "mart.stage_flow")
        return {
            (a, b): n for a, b, n in warehouse.rows("select from_stage, to_state, journey_count from mart.stage_flow")
        }


def test_flow_of_a_purchase_in_the_decision_stage() -> None:
    """The purchase enters decision and post_purchase at one moment; the customer buys again later."""
    visits = [("consideration", 0, "advanced", 2), ("decision", 2, "advanced", 2), ("post_purchase", 2, "advanced", 50)]
    assert flow_of(visits) == {
        ("start", "consideration"): 1,
        ("consideration", "decision"): 1,
        ("decision", "post_purchase"): 1,
        ("post_purchase", "next_purchase"): 1,
    }


def test_flow_of_a_stage_entered_after_the_window_was_over() -> None:
    visits = [("awareness", 0, "dropped", 40), ("decision", 40, "open", None)]
    assert flow_of(visits) == {
        ("start", "awareness"): 1,
        ("awareness", "dropped"): 1,
        ("resumed", "decision"): 1,
        ("decision", "open"): 1,
    }


def test_flow_of_a_regression_has_one_link_into_the_stage_that_both_reach() -> None:
    visits = [("consideration", 0, "advanced", 5), ("awareness", 2, "advanced", 5), ("decision", 5, "open", None)]
    assert flow_of(visits) == {
        ("start", "consideration"): 1,
        ("consideration", "decision"): 1,
        ("resumed", "awareness"): 1,
        ("awareness", "merged"): 1,
        ("decision", "open"): 1,
    }


def test_flow_into_post_purchase_comes_from_decision_though_consideration_was_seen_later() -> None:
    visits = [("decision", 0, "advanced", 5), ("consideration", 2, "advanced", 5), ("post_purchase", 5, "open", None)]
    assert flow_of(visits) == {
        ("start", "decision"): 1,
        ("decision", "post_purchase"): 1,
        ("resumed", "consideration"): 1,
        ("consideration", "merged"): 1,
        ("post_purchase", "open"): 1,
    }
