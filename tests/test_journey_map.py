"""The cells of the journey map on a small world: counts by hand, every query run again, small groups, ranks."""

from collections import defaultdict
from datetime import UTC, datetime
from random import Random

import polars as pl
import pytest
from mart_world import CUTOFF, make_cutoff, mart_world

from journey_analytics import build
from journey_analytics.contract import STAGES
from journey_analytics.dropoff_step import make_dropoff
from journey_analytics.journey_map import lanes
from journey_analytics.journey_map.causes import barrier_cells
from journey_analytics.journey_map.counted import journey_cells
from journey_analytics.journey_map.persona_drivers import make_persona_driver
from journey_analytics.journey_map.step import make_journey_map
from journey_analytics.journey_map.tables import READ
from journey_analytics.warehouse import Warehouse

AT = CUTOFF.replace(tzinfo=UTC)
PERSONAS = ("new_here", "old_friend", "rare")
HOSTILE = "it's \"so\" bad'; drop table core.journey; --"


@pytest.fixture(scope="module")
def world() -> Warehouse:
    return map_world()


def map_world(*, seed: int = 5, order: Random | None = None) -> Warehouse:
    """A small world with personas, drop-off and made-up marts of feelings, friction, voice and causes."""
    warehouse = mart_world(journeys=400, seed=seed)
    if order is not None:
        _shuffle(warehouse, order)
    _give_personas(warehouse)
    make_cutoff(warehouse)
    make_dropoff(warehouse, cutoff=AT)
    make_persona_driver(warehouse, cutoff=AT)
    for table, rows in made_up().items():
        warehouse.create_from(table, pl.DataFrame(rows, schema=dict(READ[table]), orient="row"))
    make_journey_map(warehouse, cutoff=AT)
    return warehouse


def _shuffle(warehouse: Warehouse, order: Random) -> None:
    frame = warehouse.frame("select * from core.touchpoint")
    rows = list(range(frame.height))
    order.shuffle(rows)
    warehouse.create_from("core.touchpoint", frame[rows])


def _give_personas(warehouse: Warehouse) -> None:
    """Three personas by the journey's number; the third one is of two customers."""
    warehouse.execute("""
        create or replace table core.journey_segment as
        select * replace (case
            when journey_id in ('j_2', 'j_3', 'j_4') then 'rare'
            when hash(journey_id) % 3 = 0 then 'new_here' else 'old_friend' end as persona)
        from core.journey_segment
    """)


def made_up() -> dict[str, list[dict[str, object]]]:
    """Marts that other steps make, with the columns that the map reads."""
    feeling, friction, voice, quotes = [], [], [], []
    for persona in ("all", *PERSONAS):
        for number, stage in enumerate(STAGES):
            for kind, measure in (("measured", "all"), ("measured", "csat"), ("inferred", "friction")):
                n = 12 if number == 1 else 40 + number
                feeling.append({
                    "persona": persona, "stage": stage, "kind": kind, "measure": measure, "n": None if number == 0
                    else n, "mean": None if number == 0 else 0.1 * number, "low": None if number == 0 else 0.0,
                    "high": None if number == 0 else 0.5, "is_shown": n >= 30 and number > 0,
                    "is_suppressed": number == 0, "freshest_at": CUTOFF,
                })  # fmt: skip
            for signal, difference in (("error", 30.0), ("any", 50.0), ("waiting", -5.0)):
                friction.append({
                    "persona": persona, "stage": stage, "signal": signal, "entered_count": 100, "journey_count": 40,
                    "journey_share": 0.4, "journey_low_share": 0.3, "journey_high_share": 0.5, "is_ranked": True,
                    "difference_points": difference, "difference_low_points": difference - 5,
                    "difference_high_points": difference + 5,
                })  # fmt: skip
            for topic, count in (("delivery", 50), ("payment", 9), ("secret", 3)):
                share, low, high = (0.5, 0.4, 0.6) if topic == "delivery" else (None, None, None)
                voice.append({
                    "persona": persona, "stage": stage, "topic": topic, "kind": "all", "text_count": count,
                    "felt_count": count if topic == "delivery" else 0, "is_suppressed": topic == "secret",
                    "negative_share": share, "negative_low": low, "negative_high": high,
                    "is_shown": topic == "delivery", "freshest_at": CUTOFF,
                })  # fmt: skip
                quotes.append({
                    "persona": persona, "stage": stage, "topic": topic, "feeling_label": "negative", "quote": HOSTILE,
                    "place": 1,
                })  # fmt: skip
    return {
        "mart.feeling": feeling, "mart.friction": friction, "mart.voice": voice, "mart.voice_quote": quotes,
        "mart.driver": [_driver("decision", "cart_viewed", 20.0, 90), _driver("decision", "help_viewed", -9.0, 80)],
        "mart.opportunity": [
            _opportunity(1, "device", HOSTILE), _opportunity(2, "persona", "old_friend"),
            _opportunity(3, "device", "unknown"),
        ],
        "mart.attribution": [{
            "model": "markov", "dimension": "channel", "touchpoint": "email", "conversion_count": 90,
            "touched_count": 50, "credit_share": 0.7, "credit_low": 50.0, "credit_high": 70.0, "is_ranked": True,
        }],
    }  # fmt: skip


def _driver(stage: str, driver: str, points: float, exposed: int) -> dict[str, object]:
    return {
        "stage": stage, "kind": "activity", "driver": driver, "entered_count": 150, "exposed_count": exposed,
        "difference_points": points, "difference_low_points": points - 4, "difference_high_points": points + 4,
        "is_found": True,
    }  # fmt: skip


def _opportunity(place: int, segment: str, value: str) -> dict[str, object]:
    gain = {"customers_per_month": 3.0, "customers_low_per_month": 1.0, "customers_high_per_month": 6.0}
    money = {"amount_per_month": 300.0, "amount_low_per_month": 90.0, "amount_high_per_month": 700.0}
    where = {"place": place, "stage": "decision", "segment": segment, "segment_value": value}
    return {**where, **gain, **money, "entered_count": 77, "currency": "EUR", "is_ranked": True}


def cells(world: Warehouse, where: str = "true") -> list[dict[str, object]]:
    return world.frame(f"select * from mart.journey_map where {where}").to_dicts()


def test_every_query_gives_exactly_what_stands_in_its_cell(world):
    rows = cells(world)
    assert {row["lane"] for row in rows} == set(lanes.LANES)
    for row in rows:
        assert world.rows(row["query"]) == [(row["value"], row["low"], row["high"], row["n"])], row["query"]


def test_every_cell_says_how_new_it_is_and_stands_in_a_place_of_its_own(world):
    rows = cells(world)
    keys = [(row["persona"], row["stage"], row["lane"], row["place"]) for row in rows]
    assert len(set(keys)) == len(keys)
    assert all(row["fresh_at"] is not None and row["fresh_at"] <= CUTOFF for row in rows if row["value"] is not None)
    assert all((row["low"] is None) or row["low"] <= row["value"] <= row["high"] for row in rows)


def test_actions_are_counted_as_by_hand(world):
    entered, did = defaultdict(set), defaultdict(set)
    persona_of = dict(world.rows("select journey_id, persona from core.journey_segment"))
    for journey, stage in world.rows("select journey_id, stage from core.stage_visit"):
        for persona in ("all", persona_of[journey]):
            entered[persona, stage].add(journey)
    acts = "select journey_id, stage, activity from core.touchpoint where not is_passive"
    for journey, stage, activity in world.rows(acts):
        for persona in ("all", persona_of[journey]):
            if journey in entered[persona, stage]:
                did[persona, stage, activity].add(journey)
    found = cells(world, "lane = 'actions' and not is_suppressed")
    assert len(found) > 10
    for row in found:
        key = (row["persona"], row["stage"])
        assert row["n"] == len(did[*key, row["item"]])
        assert row["base_count"] == len(entered[key])
        most = max(len(journeys) for (p, s, _), journeys in did.items() if (p, s) == key)
        assert row["place"] != 1 or row["n"] == most


def test_entrants_are_those_of_the_dropoff(world):
    told = "select segment_value, stage, entered_count from mart.stage_dropoff where segment in ('all', 'persona')"
    dropoff = {(persona, stage): count for persona, stage, count in world.rows(told)}
    entered = cells(world, "lane = 'journeys' and item = 'entered'")
    assert len(entered) > 4
    assert {(row["persona"], row["stage"]): row["n"] for row in entered}.items() <= dropoff.items()
    assert all(row["base_count"] == dropoff[row["persona"], row["stage"]] for row in cells(world, "lane = 'actions'")
               if not row["is_suppressed"])  # fmt: skip


def test_a_persona_of_fewer_than_five_customers_has_no_map(world):
    assert (
        world.value("select count(distinct customer_id) from core.journey where journey_id in ('j_2','j_3','j_4')") == 2
    )
    assert {row["persona"] for row in cells(world)} == {"all", "new_here", "old_friend"}


def test_nothing_is_named_of_fewer_than_five_customers(world):
    for row in cells(world, "lane in ('actions', 'channels', 'touchpoints')"):
        if row["item"] is None:
            assert (row["value"], row["n"], row["is_suppressed"]) == (None, None, True)
            continue
        column = {"actions": "activity", "channels": "channel", "touchpoints": "source"}[row["lane"]]
        customers = world.value(
            f"select count(distinct t.customer_id) from core.touchpoint as t join core.journey_segment as s "
            f"using (journey_id) where t.stage = ? and t.{column} = ? and (? = 'all' or s.persona = ?)",
            [row["stage"], row["item"], row["persona"], row["persona"]],
        )
        assert customers >= 5


def test_what_a_mart_suppresses_stays_untold(world):
    rows = cells(world, "lane in ('feelings_measured', 'friction_inferred') and stage = 'awareness' and unit = 'score'")
    assert rows
    assert all(row["is_suppressed"] and row["value"] is None and row["n"] is None for row in rows)
    assert not cells(world, "lane = 'thoughts' and (item = 'secret' or note = 'secret')")


def test_measured_and_inferred_are_never_in_one_lane(world):
    assert {row["item"] for row in cells(world, "lane = 'feelings_measured'")} == {"all", "csat"}
    assert {row["item"] for row in cells(world, "lane = 'friction_inferred'")} == {"friction", "error", "waiting"}


def test_texts_without_a_known_feeling_are_only_counted(world):
    rows = cells(world, "lane = 'thoughts' and item = 'payment'")
    assert rows
    assert all((row["value"], row["n"], row["is_shown"]) == (None, 9, False) for row in rows)


def test_barriers_come_by_the_journeys_they_lose(world):
    found = cells(world, "lane = 'barriers' and persona = 'all' and stage = 'decision'")
    assert [row["item"] for row in sorted(found, key=lambda row: row["place"])] == ["cart_viewed", "error"]
    assert not cells(world, "lane = 'barriers' and item in ('any', 'waiting', 'help_viewed')")
    helping = cells(world, "lane = 'impact' and persona = 'all' and stage = 'decision'")
    assert [(row["item"], row["value"], row["low"], row["high"]) for row in helping] == [
        ("help_viewed", 9.0, 5.0, 13.0)
    ]


def test_an_error_that_was_found_is_not_told_again_as_a_sign_of_friction():
    friction = pl.DataFrame(made_up()["mart.friction"], schema=dict(READ["mart.friction"]))
    rework = pl.DataFrame(schema=dict(READ["mart.rework"]) | {"stage": pl.String})
    driver = {"persona": "all", **_driver("decision", "checkout_error_shown", 40.0, 60)}
    drivers = pl.DataFrame([driver], schema=dict(READ["mart.persona_driver"]))
    told = list(barrier_cells(drivers, friction, rework, ["all"], cutoff=CUTOFF))
    assert [row["item"] for row in told if row["stage"] == "decision"] == ["checkout_error_shown"]
    assert [row["item"] for row in told if row["stage"] == "awareness"] == ["error"]


def test_the_order_of_the_rows_changes_nothing(world):
    again = map_world(order=Random(9))
    assert again.frame("select * from mart.journey_map").equals(world.frame("select * from mart.journey_map"))


def test_a_copy_of_an_earlier_version_still_has_a_map():
    warehouse = mart_world(journeys=120)
    make_cutoff(warehouse)
    make_journey_map(warehouse, cutoff=AT)
    assert {row["lane"] for row in cells(warehouse)} >= {"actions", "touchpoints"}
    assert not cells(warehouse, "lane in ('barriers', 'thoughts', 'journeys')")


def test_without_a_journey_there_is_an_empty_map():
    warehouse = mart_world(journeys=20)
    for table in ("touchpoint", "journey", "stage_visit", "journey_segment"):
        warehouse.execute(f"delete from core.{table}")
    make_cutoff(warehouse)
    make_journey_map(warehouse, cutoff=AT)
    assert cells(warehouse) == []


def test_every_column_is_in_the_dictionary(world):
    listed = pl.read_csv(build.sql_files()["config/mart_column/journey_map.csv"])
    for table in ("journey_map", "persona_driver"):
        told = listed.filter(pl.col("table_name") == table)["column_name"].to_list()
        assert told == world.columns(f"mart.{table}")


def test_the_newest_data_of_a_cell_is_that_of_its_touchpoints(world):
    row = cells(world, "lane = 'actions' and persona = 'all' and stage = 'decision' and place = 1")[0]
    newest = world.value(
        "select max(occurred_at) from core.touchpoint where stage = 'decision' and activity = ? and not is_passive",
        [row["item"]],
    )
    assert row["fresh_at"] == newest
    assert isinstance(newest, datetime)


@pytest.mark.parametrize(
    ("check", "fault"),
    [
        ("every_cell_of_the_journey_map_lies_within_its_interval_and_names_its_query", "low = 2, high = 3"),
        ("every_stage_of_the_journey_map_has_the_entrants_of_the_dropoff", "base_count = base_count + 1"),
    ],
)
def test_a_check_holds_and_finds_what_is_wrong(world, check, fault):
    sql = build.sql_files()[f"check/{check}.sql"].read_text(encoding="utf-8")
    assert world.rows(sql) == []
    world.execute("begin")
    world.execute(f"update mart.journey_map set {fault} where lane = 'actions' and place = 1 and not is_suppressed")
    found = world.rows(sql)
    world.execute("rollback")
    assert found


@pytest.mark.parametrize(("customers", "lanes_told"), [(4, 0), (5, 2), (None, 2)])
def test_of_a_stage_that_few_customers_entered_nothing_is_told(customers, lanes_told):
    """However many journeys they had; a copy of an older release cannot tell."""
    row = dict.fromkeys(("estimated_dropoff_share", "estimated_low_share", "estimated_high_share", "estimate_note"))
    row |= {"segment": "persona", "segment_value": "new_here", "stage": "decision", "entered_count": 40}
    dropoff = pl.DataFrame([row | {"customer_count": customers, "is_ranked": False}])
    assert len(list(journey_cells(dropoff, ["new_here"], cutoff=datetime(2025, 1, 1)))) == lanes_told
