"""What drop-off can be broken down by: where a value comes from, that it was known by then, and what is refused."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import polars as pl
import pytest
from mart_world import CUTOFF, mart_world
from segment_world import make_segments

from journey_analytics import build
from journey_analytics.dropoff_step import make_dropoff
from journey_analytics.entrants import OTHER, entrants, segment_tables, segments
from journey_analytics.errors import ConfigurationError
from journey_analytics.segment_rules import LATER_KNOWN, check_personas, read_segments
from journey_analytics.steps import python_steps
from journey_analytics.warehouse import Warehouse, open_memory

START = datetime(2026, 1, 5)
BUILTIN = (
    "first_channel",
    "first_source",
    "device",
    "country",
    "entry_month",
    "entry_week",
    "persona",
    "customer_kind",
)


@pytest.fixture
def world() -> Iterator[Warehouse]:
    with mart_world(journeys=60) as warehouse:
        yield warehouse


def add_segment(warehouse: Warehouse, name: str, taken_from: str, column: str) -> None:
    warehouse.execute("insert into config.segment values (?, ?, ?, null)", [name, taken_from, column])


def values(warehouse: Warehouse, name: str) -> dict[tuple[str, str], str]:
    return {(row["journey_id"], row["stage"]): row[name] for row in entrants(warehouse).iter_rows(named=True)}


def test_there_is_one_row_per_visit_with_a_text_for_every_segment(world: Warehouse) -> None:
    found = entrants(world)
    assert segments(world) == BUILTIN
    assert found.height == world.value("select count(*) from core.stage_visit") > 0
    assert found.select(BUILTIN).null_count().sum_horizontal()[0] == 0
    assert set(found.select(BUILTIN).dtypes) == {pl.String}
    assert found.select("journey_id", "stage").is_unique().all()


def test_periods_are_those_of_the_entry(world: Warehouse) -> None:
    for unit in ("day", "quarter", "weekday", "hour"):
        add_segment(world, f"entry_{unit}", "entered_at", unit)
    for row in entrants(world).iter_rows(named=True):
        at: datetime = row["entered_at"]
        monday = at.date() - timedelta(days=at.weekday())
        assert (row["entry_month"], row["entry_week"]) == (f"{at:%Y-%m}", monday.isoformat())
        assert (row["entry_day"], row["entry_weekday"]) == (f"{at:%Y-%m-%d}", f"{at.isoweekday()} {at:%A}")
        assert (row["entry_hour"], row["entry_quarter"]) == (f"{at:%H}:00", f"{at.year}-Q{(at.month + 2) // 3}")


def test_a_column_of_the_entering_and_of_the_first_touchpoint(world: Warehouse) -> None:
    add_segment(world, "entry_activity", "entry", "activity")
    add_segment(world, "first_activity", "first", "activity")
    entered, first = values(world, "entry_activity"), values(world, "first_activity")
    told = world.rows("""
        select v.journey_id, v.stage, e.activity, f.activity from core.stage_visit as v
        inner join core.touchpoint as e on e.touchpoint_id = v.entry_touchpoint_id
        inner join core.touchpoint as f on f.journey_id = v.journey_id and f.position = 1
    """)
    assert {(journey, stage): activity for journey, stage, activity, _ in told} == entered
    assert {(journey, stage): activity for journey, stage, _, activity in told} == first
    assert entered != first


def touched(*rows: tuple[str, str, int, str | None]) -> Warehouse:
    """A warehouse of bare touchpoints (customer, journey, day, country) and a visit at each third one of a journey."""
    warehouse = open_memory()
    build.load_config(warehouse, build.sql_files())
    frame = pl.DataFrame(rows, schema=["customer_id", "journey_id", "day", "country"], orient="row").with_columns(
        occurred_at=pl.lit(START) + pl.duration(days="day"),
        position=pl.int_range(1, pl.len() + 1).over("journey_id"),
        touchpoint_id=pl.format("t{}", pl.int_range(pl.len())),
        device="country",
    )
    warehouse.create_from("core.touchpoint", frame)
    visits = frame.select(
        "journey_id", "customer_id", stage=pl.format("s{}", "position"), entered_at="occurred_at",
        entry_touchpoint_id="touchpoint_id",
    )  # fmt: skip
    warehouse.create_from("core.stage_visit", visits)
    warehouse.execute("delete from config.segment where segment not in ('device', 'country')")
    return warehouse


def test_what_shows_after_the_entry_is_unknown_at_the_entry() -> None:
    with touched(("c", "j", 0, None), ("c", "j", 1, "AT"), ("c", "j", 2, "DE")) as warehouse:
        assert [*values(warehouse, "device").values()] == ["unknown", "AT", "AT"]
        assert [*values(warehouse, "country").values()] == ["unknown", "AT", "DE"]


def test_what_the_customer_showed_in_an_earlier_journey_is_known_of_the_customer_alone() -> None:
    rows = [("c", "j1", 0, "AT"), ("c", "j2", 5, None), ("c", "j2", 9, "DE"), ("d", "j3", 7, None)]
    with touched(*rows) as warehouse:
        assert values(warehouse, "country") == {
            ("j1", "s1"): "AT",
            ("j2", "s1"): "AT",
            ("j2", "s2"): "DE",
            ("j3", "s1"): "unknown",
        }
        assert values(warehouse, "device")["j2", "s1"] == "unknown"


def test_values_beyond_the_cap_are_folded_by_name_on_ties_and_periods_never(world: Warehouse) -> None:
    add_segment(world, "entry_id", "entry", "touchpoint_id")
    world.execute("update config.setting set value = '3' where setting = 'segment_value_cap'")
    found = entrants(world)
    counted = world.rows(
        "select entry_touchpoint_id from core.stage_visit group by all order by count(*) desc, 1 limit 3"
    )
    assert set(found["entry_id"]) == {*(key for (key,) in counted), OTHER}
    assert found["entry_week"].n_unique() > 3
    assert found.height == world.value("select count(*) from core.stage_visit")


def folded(world: Warehouse, logged: list[str], *, cap: int) -> dict[str, str]:
    """What becomes of each logged source; the first of them has the most entrants."""
    ranked = world.rows("select touchpoint_id from core.touchpoint order by touchpoint_id")
    share = [name for at, name in enumerate(logged) for _ in range(len(logged) - at)]
    given = [(key, share[at % len(share)]) for at, (key,) in enumerate(ranked)]
    world.create_from("core.logged", pl.DataFrame(given, schema=["touchpoint_id", "campaign_name"], orient="row"))
    world.execute(
        "create or replace table core.touchpoint as "
        "select t.*, l.campaign_name from core.touchpoint as t inner join core.logged as l using (touchpoint_id)"
    )
    add_segment(world, "mine", "entry", "campaign_name")
    world.execute("update config.setting set value = ? where setting = 'segment_value_cap'", [str(cap)])
    joined = entrants(world).join(
        world.frame("select * from core.logged"), left_on="entry_touchpoint_id", right_on="touchpoint_id"
    )
    return dict(joined.select("campaign_name", "mine").unique().iter_rows())


def test_a_logged_other_takes_no_place_of_the_cap_and_unknown_is_never_other(world: Warehouse) -> None:
    assert folded(world, [OTHER, "a", "b", "c", "d", "unknown"], cap=2) == {
        OTHER: OTHER,
        "a": "a",
        "b": "b",
        "c": OTHER,
        "d": OTHER,
        "unknown": "unknown",
    }


def test_a_logged_other_folds_nothing_where_the_own_values_are_within_the_cap(world: Warehouse) -> None:
    logged = [OTHER, "a", "b", "unknown"]
    assert folded(world, logged, cap=2) == {name: name for name in logged}


def test_a_table_of_the_analysts_own_by_journey_or_customer(world: Warehouse) -> None:
    world.execute("create table core.loyalty_tier as select distinct customer_id, 'gold' as tier from core.journey")
    world.execute("delete from core.loyalty_tier where customer_id = 'c_0'")
    add_segment(world, "tier", "core.loyalty_tier", "tier")
    assert values(world, "tier")["j_1", "post_purchase"] == "unknown"
    assert set(values(world, "tier").values()) == {"gold", "unknown"}
    assert "core.loyalty_tier" in segment_tables(world)
    reads = {step.name: step.reads for step in python_steps(CUTOFF, segment_tables=segment_tables(world))}
    assert {"core.loyalty_tier", "core.journey_segment"} <= reads["dropoff"]
    assert "core.loyalty_tier" not in reads["sequence"]


def test_a_table_with_several_rows_per_key_is_refused(world: Warehouse) -> None:
    add_segment(world, "visit_stage", "core.stage_visit", "stage")
    with pytest.raises(ConfigurationError, match=r"row 'visit_stage': core.stage_visit has several rows for one jour"):
        entrants(world)


@pytest.mark.parametrize(
    ("place", "column", "expected"),
    [
        ("core.jurney", "device", "column 'taken_from': 'core.jurney' is not a table .* did you mean 'core.journey'"),
        (
            "core.journey",
            "first_chanel",
            "'first_chanel' is not a column of core.journey; did you mean 'first_channel'",
        ),
        ("entry", "campain", "'campain' is not a column of core.touchpoint; did you mean 'campaign'"),
        ("mart.rejected_reason", "reason_code", "'mart.rejected_reason' is not a table"),
        ("config.setting", "value", "config.setting has no column journey_id or customer_id"),
    ],
)
def test_a_place_that_is_not_there_is_named_with_the_nearest(
    world: Warehouse, place: str, column: str, expected: str
) -> None:
    add_segment(world, "mine", place, column)
    with pytest.raises(ConfigurationError, match=rf"segment.csv, row 'mine'.*{expected}"):
        entrants(world)


def complaint(name: str, place: str, column: str) -> str:
    frame = pl.DataFrame({"segment": [name], "taken_from": [place], "column_name": [column]})
    with pytest.raises(ConfigurationError) as raised:
        read_segments({"segment": frame})
    return str(raised.value)


@pytest.mark.parametrize(
    ("name", "place", "column", "expected"),
    [
        ("My Segment", "entry", "campaign", "column 'segment': 'My Segment' is not a name in lower_snake_case"),
        ("stage", "entry", "stage", "column 'segment': 'stage' is not a name"),
        ("all", "entry", "stage", "column 'segment': 'all' is not a name"),
        ("mine", "enrty", "campaign", "column 'taken_from': 'enrty' is not a table .*; did you mean 'entry'"),
        ("mine", "core.journey; drop", "a", "column 'taken_from': 'core.journey; drop' is not a table"),
        ("mine", "entry", "a, b", "column 'column_name': 'a, b' is not the name of a column"),
        ("mine", "entered_at", "weak", "column 'column_name': 'weak' is not one of .*; did you mean 'week'"),
    ],
)
def test_a_row_that_is_wrong_is_named(name: str, place: str, column: str, expected: str) -> None:
    import re

    assert re.search(expected, complaint(name, place, column))


@pytest.mark.parametrize(("table", "column"), sorted(LATER_KNOWN))
def test_what_is_only_known_later_is_refused_with_the_reason(table: str, column: str) -> None:
    place = "entry" if table == "core.touchpoint" else table
    told = complaint("mine", place, column)
    assert f"nothing is broken down by {table}.{column}, because" in told
    assert LATER_KNOWN[table, column] in told


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"persona": "Fine Name"}, "column 'persona': 'Fine Name' is not a name"),
        ({"min_purchases": "two"}, "column 'min_purchases': 'two' is not a whole number"),
        ({"min_days": "9", "max_days": "3"}, "column 'max_days': '3' is not at least min_days, which is 9"),
        ({"first_channel": "email|"}, "column 'first_channel': 'email|' is not empty or names"),
    ],
)
def test_a_persona_rule_that_is_wrong_is_named(cells: dict[str, str], expected: str) -> None:
    builtin = build.rule_frames(build.sql_files())["persona_rule"]
    row = {**dict.fromkeys(builtin.columns), "persona": "mine", **cells}
    frame = pl.concat([pl.DataFrame([row], schema=builtin.schema), builtin])
    with pytest.raises(ConfigurationError) as raised:
        check_personas({"persona_rule": frame})
    assert expected in str(raised.value)


def test_a_warehouse_of_an_older_release_gives_what_it_can(world: Warehouse) -> None:
    world.execute("drop table config.segment")
    world.execute("drop table core.journey_segment")
    assert segments(world) == tuple(name for name in BUILTIN if name not in ("persona", "customer_kind"))
    assert entrants(world).height > 0


def journeys(*rows: tuple[str, int, bool, int | None, str]) -> dict[str, dict[str, object]]:
    """`core.journey_segment` of journeys (id, day of beginning, is passive, day of buying, channel) of one customer."""
    with open_memory() as warehouse:
        build.load_config(warehouse, build.sql_files())
        bought = sorted(row[3] for row in rows if row[3] is not None)
        frame = pl.DataFrame(
            [
                {
                    "journey_id": name,
                    "customer_id": "c",
                    "started_at": START + timedelta(days=began),
                    "converted_at": None if day is None else START + timedelta(days=day),
                    "is_passive": is_passive,
                    "first_channel": channel,
                    "is_returning": any(other < began for other in bought),
                }
                for name, began, is_passive, day, channel in rows
            ],
            schema_overrides={"converted_at": pl.Datetime("us")},
        )
        warehouse.create_from("core.journey", frame)
        first = frame.select("journey_id", position=pl.lit(1), device=pl.lit("mobile"))
        warehouse.create_from("core.touchpoint", first)
        make_segments(warehouse)
        return {row["journey_id"]: row for row in warehouse.frame("select * from core.journey_segment").to_dicts()}


def test_a_life_passes_through_the_personas() -> None:
    found = journeys(
        ("one", 0, False, None, "paid_search"),
        ("two", 40, False, 41, "email"),
        ("three", 60, False, 60, "direct"),
        ("four", 90, False, None, "organic_search"),
    )
    assert [found[name]["persona"] for name in ("one", "two", "three", "four")] == [
        "newcomer_from_ads",
        "returning_browser",
        "one_time_buyer_back",
        "regular",
    ]
    assert [found[name]["earlier_purchase_count"] for name in ("one", "two", "three", "four")] == [0, 0, 1, 2]
    assert [found[name]["earlier_journey_count"] for name in ("one", "two", "three", "four")] == [0, 1, 2, 3]
    assert [found[name]["days_since_purchase"] for name in ("one", "two", "three", "four")] == [None, None, 19, 30]
    assert [found[name]["customer_kind"] for name in ("two", "three")] == ["new", "returning"]


@pytest.mark.parametrize(
    ("channel", "persona"),
    [("display", "newcomer_from_ads"), ("organic_search", "newcomer_from_search"), ("email", "newcomer_otherwise")],
)
def test_a_newcomer_is_told_by_the_channel(channel: str, persona: str) -> None:
    assert journeys(("one", 0, False, None, channel))["one"]["persona"] == persona


def test_a_purchase_of_the_journey_itself_or_of_later_does_not_count_and_passive_journeys_are_none() -> None:
    found = journeys(("mail", 0, True, None, "email"), ("one", 5, False, 5, "direct"), ("two", 4, False, 9, "direct"))
    assert found["one"]["persona"] == "returning_browser"
    assert found["two"]["persona"] == "newcomer_otherwise"
    assert (found["one"]["earlier_purchase_count"], found["two"]["earlier_journey_count"]) == (0, 0)


def test_the_tables_of_the_dropoff_hold_every_segment(world: Warehouse) -> None:
    make_dropoff(world, cutoff=CUTOFF)
    for table in ("stage_dropoff", "time_in_stage", "stage_exit", "stage_reach"):
        held = {name for (name,) in world.rows(f"select distinct segment from mart.{table}")}
        assert held == {"all", *BUILTIN}
