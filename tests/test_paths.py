"""The marts of paths against counting by hand, what an analyst may select, and every check against its fault."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import md5

import polars as pl
import pytest
from path_world import MARTS, folded, journeys_of, links_of, make_path_marts, passages_of, path_world, states_of
from polars.testing import assert_frame_equal

from journey_analytics import build
from journey_analytics.errors import ConfigurationError, DataError
from journey_analytics.paths.links import activities, common_count, journey_counts, journeys_behind, links
from journey_analytics.paths.selection import (
    EVERYTHING,
    NAMES,
    Condition,
    Selection,
    parse_selection,
    read_selection,
    selected_journeys_sql,
)
from journey_analytics.warehouse import Warehouse, open_memory

SEGMENTS = ("all", "first_channel", "device", "persona", "customer_kind", "started_month")
CAPS = (30, 1)


@pytest.fixture(scope="module", params=CAPS)
def capped(request: pytest.FixtureRequest) -> Iterator[tuple[Warehouse, int]]:
    with path_world(cap=request.param) as warehouse:
        yield warehouse, request.param


@pytest.fixture(scope="module")
def world() -> Iterator[Warehouse]:
    """Tests that change it undo that."""
    with path_world() as warehouse:
        yield warehouse


def test_links_of_every_segment_are_those_counted_by_hand(capped: tuple[Warehouse, int]) -> None:
    warehouse, cap = capped
    journeys, rows = journeys_of(warehouse), warehouse.frame("select * from mart.path_link").to_dicts()
    found = {(row["segment"], row["segment_value"], row["activity"], row["next_activity"]): row for row in rows}
    assert len(found) == len(rows)
    expected = {}
    for segment in SEGMENTS:
        value_of = folded(journeys, segment, cap=cap)
        for value in {value_of(row) for row in journeys}:
            counted = links_of(row for row in journeys if value_of(row) == value)
            expected |= {(segment, value, *link): numbers for link, numbers in counted.items()}
    assert found.keys() == expected.keys()
    for key, numbers in expected.items():
        assert {name: found[key][name] for name in numbers} == pytest.approx(numbers), key
    assert ("device", "other") in {key[:2] for key in found}


def test_activities_of_every_segment_are_those_counted_by_hand(capped: tuple[Warehouse, int]) -> None:
    warehouse, cap = capped
    journeys, expected = journeys_of(warehouse), {}
    for segment in SEGMENTS:
        value_of, counted = folded(journeys, segment, cap=cap), Counter()
        for row in journeys:
            names = [name for name, _ in row["touchpoints"]]
            counted.update((value_of(row), name, "touchpoint") for name in names)
            counted.update((value_of(row), name, part) for name in set(names) for part in ("journey", *states_of(row)))
            ends = [(names[0], "start"), (names[-1], "end"), (names[-1], f"{row['status']}_end")]
            counted.update((value_of(row), *one) for one in ends)
        expected |= {(segment, value, name, part): count for (value, name, part), count in counted.items()}
    rows = warehouse.frame("select * from mart.path_activity").to_dicts()
    found = {
        (row["segment"], row["segment_value"], row["activity"], name.removesuffix("_count")): count
        for row in rows
        for name, count in row.items()
        if name.endswith("_count") and count
    }
    assert found == expected
    stages = dict(warehouse.rows("select activity, stage from mart.activity"))
    assert all(row["stage"] == stages[row["activity"]] for row in rows)


def test_examples_are_the_first_five_journeys_by_hash(world: Warehouse) -> None:
    takers: dict[tuple[str, str], set[str]] = {}
    for row in journeys_of(world):
        for link, _ in passages_of(row):
            takers.setdefault(link, set()).add(row["journey_id"])
    expected = {
        (*link, place, journey)
        for link, names in takers.items()
        for place, journey in enumerate(sorted(names, key=lambda one: md5(one.encode()).hexdigest())[:5], start=1)
    }
    found = world.rows("select activity, next_activity, place, journey_id from mart.path_example")
    assert len(found) == len(expected)
    assert set(found) == expected


def test_rows_stored_in_any_order_give_the_same_marts(world: Warehouse) -> None:
    before = {mart: world.rows(f"select * from {mart} order by all") for mart in MARTS}
    world.execute("begin transaction")
    try:
        for table in ("core.touchpoint", "core.journey", "core.journey_segment"):
            shuffled = world.frame(f"select * from {table}").sample(fraction=1, shuffle=True, seed=4)
            world.create_from(table, shuffled)
        make_path_marts(world)
        assert {mart: world.rows(f"select * from {mart} order by all") for mart in MARTS} == before
    finally:
        world.execute("rollback")


def test_a_world_without_journeys_has_no_path() -> None:
    with path_world(journeys=6) as warehouse:
        warehouse.execute("delete from core.journey where not is_passive")
        make_path_marts(warehouse)
        assert all(
            warehouse.rows(f"select * from mart.path_{table}") == [] for table in ("link", "activity", "example")
        )
        assert all(failures(warehouse, check) == [] for check in FAULTS)


SELECTED = (
    ("device=mobile", lambda row: row["device"] == "mobile"),
    ("device=other", lambda row: row["device"] == "other"),
    ("device=unknown|tablet", lambda row: row["device"] in ("unknown", "tablet")),
    ("status=dropped", lambda row: row["status"] == "dropped"),
    ("started_on=2026-04-01..2026-05-10", lambda row: "2026-04-01" <= f"{row['started_at']:%Y-%m-%d}" <= "2026-05-10"),
    ("started_on=..2026-04-20", lambda row: f"{row['started_at']:%Y-%m-%d}" <= "2026-04-20"),
    ("started_on=2026-05-20..", lambda row: f"{row['started_at']:%Y-%m-%d}" >= "2026-05-20"),
    ("started_month=2026-05", lambda row: row["started_month"] == "2026-05"),
    ("first_channel=unknown", lambda row: row["first_channel"] == "unknown"),
)


@pytest.mark.parametrize(("text", "holds"), SELECTED, ids=[text for text, _ in SELECTED])
def test_a_selection_is_the_journeys_that_meet_it(world: Warehouse, text: str, holds) -> None:
    chosen = [row for row in journeys_of(world) if holds(row)]
    selection = read_selection(world, [text])
    assert 0 < len(chosen) < len(journeys_of(world))
    assert {row[0] for row in world.rows(selected_journeys_sql(selection))} == {row["journey_id"] for row in chosen}
    found = links(world, selection).to_dicts()
    expected = links_of(chosen)
    assert {(row["activity"], row["next_activity"]) for row in found} == expected.keys()
    for row in found:
        numbers = expected[row["activity"], row["next_activity"]]
        assert {name: row[name] for name in numbers} == pytest.approx(numbers)
    assert activities(world, selection)["start_count"].sum() == len(chosen)
    assert journey_counts(world, selection)["journey_count"] == len(chosen)


def test_conditions_are_anded_and_overlaps_counted(world: Warehouse) -> None:
    mobile, lost = (read_selection(world, [text]) for text in ("device=mobile", "status=dropped"))
    both = read_selection(world, ["device=mobile", "status=dropped"])
    by_hand = sum(row["device"] == "mobile" and row["status"] == "dropped" for row in journeys_of(world))
    assert journey_counts(world, both)["journey_count"] == common_count(world, mobile, lost) == by_hand > 0
    assert (both.segment, both.segment_value) == ("selection", "device=mobile, status=dropped")


@pytest.mark.parametrize("text", ["device=mobile", "first_channel=email", "customer_kind=new"])
@pytest.mark.parametrize(("counted", "mart"), [(links, "mart.path_link"), (activities, "mart.path_activity")])
def test_counting_anew_gives_the_rows_of_the_mart(world: Warehouse, text: str, counted, mart: str) -> None:
    kept = read_selection(world, [text])
    doubled = Selection((*kept.conditions, *kept.conditions))
    anew, held = counted(world, doubled), counted(world, kept)
    assert anew["segment"].unique().to_list() == ["selection"]
    assert_frame_equal(anew.drop("segment", "segment_value"), held.drop("segment", "segment_value"))
    assert anew.columns == world.columns(mart)
    assert held["segment_value"].unique().to_list() == [text.split("=")[1]]


def test_everything_is_all_active_journeys(world: Warehouse) -> None:
    assert links(world)["segment"].unique().to_list() == ["all"]
    assert journey_counts(world, EVERYTHING)["journey_count"] == len(journeys_of(world))


def test_the_journeys_behind_a_link_are_those_that_took_it_the_latest_first(world: Warehouse) -> None:
    link = ("product_viewed", "cart_viewed")
    taken = {
        row["journey_id"]: (len(waits), waits[0])
        for row in journeys_of(world)
        if (waits := [wait for one, wait in passages_of(row) if one == link])
    }
    found = journeys_behind(world, *link)
    rows = zip(found["journey_id"], found["follow_count"], found["first_wait_seconds"], strict=True)
    assert {name: (times, wait) for name, times, wait in rows} == taken
    assert found["first_passage_at"].to_list() == sorted(found["first_passage_at"], reverse=True)
    assert_frame_equal(journeys_behind(world, *link, limit=2), found.head(2))
    mobile = journeys_behind(world, *link, selection=read_selection(world, ["device=mobile"]))
    assert set(mobile["device"]) == {"mobile"}
    assert mobile.height < found.height


@pytest.mark.parametrize("status", ["converted", "dropped", "open"])
def test_beginnings_and_ends_have_journeys_behind_them(world: Warehouse, status: str) -> None:
    node = {"converted": "converted", "dropped": "DROPPED", "open": "open"}[status]
    found = journeys_behind(world, "home_viewed", node)
    assert set(found["status"]) == {status}
    assert found["first_wait_seconds"].null_count() == found.height
    begun = journeys_behind(world, "start", "home_viewed")
    assert begun["first_passage_at"].to_list() == begun["started_at"].to_list()


@pytest.mark.parametrize(
    ("link", "said"),
    [
        (("product_vieved", "cart_viewed"), "did you mean 'product_viewed'?"),
        (("CONVERTED", "cart_viewed"), "'CONVERTED'"),
        (("cart_viewed", "START"), "CONVERTED or DROPPED or OPEN"),
    ],
)
def test_a_wrong_end_of_a_link_names_the_nearest(world: Warehouse, link: tuple[str, str], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said.replace("?", r"\?")):
        journeys_behind(world, *link)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("devise=mobile", "did you mean 'device'?"),
        ("device", "expected NAME=VALUE"),
        ("device=", "expected NAME=VALUE"),
        ("device=mobile|", "a value is missing beside"),
        ("started_month=2025-02..2025-04", "a range is of days: started_on="),
        ("started_on=2026-02-30", "2026-02-30 is no day"),
        ("started_on=2026-05-02..2026-05-01", "lies before the first"),
        ("started_on=May", "expected a day or two"),
        ("started_on=2026-05-012026-05-02", "expected a day or two"),
        ("started_on=..", "expected a day or two"),
    ],
)
def test_a_wrong_condition_says_what_was_expected(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse_selection([text], where="--versus")
    assert said in str(raised.value)
    assert str(raised.value).startswith("--versus")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("status=droped", "did you mean 'dropped'?"),
        ("device=mobile|fridge", "'fridge'"),
        ("persona=x' or ''='", "persona"),
    ],
)
def test_a_value_that_no_journey_has_is_refused(world: Warehouse, text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read_selection(world, [text])
    assert said in str(raised.value)


def test_a_value_with_a_quote_is_text(world: Warehouse) -> None:
    quoted = Selection((Condition("device", ("x' or ''='",)),))
    assert world.rows(selected_journeys_sql(quoted)) == []


def test_names_are_those_of_the_marts_and_two_more() -> None:
    assert set(NAMES) == {*SEGMENTS[1:], "status", "started_on"}


def test_a_warehouse_of_an_older_release_is_told_so() -> None:
    with open_memory() as warehouse, pytest.raises(DataError, match="older release"):
        read_selection(warehouse, [])


FAULTS = {
    "every_journey_of_the_paths_begins_and_ends_once": (
        "update mart.path_link set journey_count = journey_count + 1 where activity = 'START' and segment = 'device'",
        "delete from mart.path_link where next_activity = 'OPEN' and segment = 'all'",
        "update mart.path_activity set start_count = start_count + 1 where segment_value = 'mobile'",
        "update mart.path_activity set open_end_count = open_end_count - 1 where segment = 'persona'",
        "update mart.headline set journey_count = journey_count + 1",
        "delete from mart.path_link where segment_value = 'email'",
        "delete from mart.path_activity",
    ),
    "what_comes_into_an_activity_of_the_paths_goes_out_of_it": (
        "update mart.path_link set follow_count = follow_count + 1 where activity = 'home_viewed' and segment = 'all'",
        "delete from mart.path_link where next_activity = 'DROPPED' and segment_value = 'mobile'",
        "update mart.path_activity set touchpoint_count = touchpoint_count + 1 where segment = 'device'",
        "update mart.path_activity set dropped_end_count = dropped_end_count + 1 where segment = 'all'",
        "delete from mart.path_activity where activity = 'cart_viewed'",
    ),
    "the_links_of_the_paths_are_the_touchpoints_less_the_journeys": (
        "update mart.path_link set follow_count = follow_count + 1 where activity = 'home_viewed' and segment = 'all' "
        "and next_activity = 'cart_viewed'",
    ),
    "every_segment_of_the_paths_adds_up_to_the_whole": (
        "delete from mart.path_link where segment_value = 'mobile'",
        "delete from mart.path_activity where segment = 'persona'",
        "delete from mart.path_link where segment = 'started_month'",
        "update mart.path_link set open_count = open_count + 1 where segment = 'device'",
        "update mart.path_activity set converted_count = converted_count + 1 where segment = 'first_channel'",
        "update mart.path_activity set settled_count = settled_count + 1 where segment = 'first_channel'",
        "update mart.path_link set settled_converted_count = settled_converted_count + 1 where segment = 'device'",
    ),
    "the_links_of_the_paths_are_those_of_directly_follows_less_the_passive_ones": (
        "update mart.path_link set follow_count = follow_count + 1 where segment = 'all'",
        "update mart.path_link set median_seconds = median_seconds + 1 where segment = 'all'",
        "update mart.directly_follows set passive_journey_count = passive_journey_count + 1",
        "delete from mart.path_link where next_activity = 'cart_viewed'",
    ),
    "the_paths_begin_and_end_as_the_variants_do": (
        "update mart.path_link set journey_count = journey_count + 1 where activity = 'START' and segment = 'all'",
        "update mart.variant set open_count = open_count + 1",
        "delete from mart.path_link where next_activity = 'CONVERTED'",
    ),
    "the_counts_and_waits_of_every_link_of_the_paths_fit_together": (
        "update mart.path_link set dropped_count = dropped_count + 1 where segment = 'device'",
        "update mart.path_link set settled_count = dropped_count + settled_converted_count + 1",
        "update mart.path_link set settled_converted_count = converted_count + 1",
        "update mart.path_link set settled_count = settled_converted_count - 1",
        "update mart.path_link set follow_count = journey_count - 1",
        "update mart.path_link set median_seconds = p90_seconds + 1 where segment = 'all'",
        "update mart.path_link set p90_seconds = 3 where next_activity = 'OPEN'",
        "update mart.path_link set p90_seconds = null",
    ),
    "every_link_of_the_paths_has_its_examples": (
        "delete from mart.path_example where place = 1",
        "delete from mart.path_example where activity = 'home_viewed'",
        "update mart.path_example set status = 'open' where next_activity = 'DROPPED'",
        "update mart.path_example set journey_id = 'j_1'",
    ),
}


def failures(warehouse: Warehouse, check: str) -> list[tuple[object, ...]]:
    models = {model.name: model.sql for model in build.read_models(build.sql_files(), "check")}
    return warehouse.rows(models[f"check.{check}"], name=check)


@pytest.mark.parametrize("check", FAULTS)
def test_a_sound_world_passes(capped: tuple[Warehouse, int], check: str) -> None:
    assert failures(capped[0], check) == []


@pytest.mark.parametrize(("check", "fault"), [(check, fault) for check, faults in FAULTS.items() for fault in faults])
def test_a_check_notices_its_fault(world: Warehouse, check: str, fault: str) -> None:
    world.execute("begin transaction")
    try:
        world.execute(fault)
        assert failures(world, check)
    finally:
        world.execute("rollback")


DAY = timedelta(days=1)
BEGINNING = datetime(2026, 1, 1)


def censored(*rows: tuple[str, str, timedelta, str, bool], source: str = "web", **others: str) -> set[str]:
    """The left-censored of journeys (id, customer, begun so long after the data, first stage, is passive).

    Each is one touchpoint of `source`, or of the one given by its name.
    """
    limits = {"awareness": 10, "decision": 20, "unknown": 5, "post_purchase": 40, "consideration": 10}
    with open_memory() as warehouse:
        journeys = [
            {"journey_id": name, "customer_id": customer, "started_at": BEGINNING + after, "is_passive": is_passive}
            for name, customer, after, _, is_passive in rows
        ]
        touched = [
            {
                "journey_id": name,
                "position": 1,
                "stage": stage,
                "occurred_at": BEGINNING + after,
                "source": others.get(name, source),
            }
            for name, _, after, stage, _ in rows
        ]
        warehouse.create_from("core.journey", pl.DataFrame(journeys))
        warehouse.create_from("core.touchpoint", pl.DataFrame(touched))
        warehouse.create_from("run.cutoff", pl.DataFrame({"cutoff_at": [BEGINNING + 300 * DAY]}))
        days = [{"stage": stage, "used_days": days} for stage, days in limits.items()]
        warehouse.create_from("core.inactivity_limit", pl.DataFrame(days))
        models = build.read_models(build.sql_files(), "core")
        build.run_models(warehouse, [model for model in models if model.name == "core.left_censored_journey"])
        found = warehouse.rows("select journey_id from core.left_censored_journey")
        assert len(found) == len(set(found))
        return {name for (name,) in found}


def test_a_journey_begun_within_the_limit_of_its_stage_is_left_censored() -> None:
    microsecond = timedelta(microseconds=1)
    assert censored(
        ("first", "a", 0 * DAY, "awareness", False),
        ("at_the_limit", "b", 10 * DAY, "awareness", False),
        ("after_it", "c", 10 * DAY + microsecond, "awareness", False),
        ("decision", "d", 20 * DAY, "decision", False),
        ("unknown_has_the_longest", "e", 40 * DAY, "unknown", False),
        ("after_the_longest", "f", 40 * DAY + microsecond, "unknown", False),
    ) == {"first", "at_the_limit", "decision", "unknown_has_the_longest"}


def test_only_the_first_active_journey_of_a_customer_is_left_censored() -> None:
    found = censored(
        ("one", "a", 0 * DAY, "awareness", False),
        ("two", "a", 5 * DAY, "awareness", False),
        ("late_stage_first", "b", 12 * DAY, "awareness", False),
        ("then", "b", 15 * DAY, "decision", False),
        ("mailed", "c", 1 * DAY, "unknown", True),
        ("came", "c", 3 * DAY, "awareness", False),
        ("mailed_again", "c", 6 * DAY, "unknown", True),
    )
    assert found == {"one", "mailed", "came"}


SHOP = [(f"j{day}", f"c{day}", day * DAY, "awareness", False) for day in range(200)]


def test_one_backdated_touchpoint_changes_no_label_but_its_own() -> None:
    labelled = censored(*SHOP)
    assert labelled == {f"j{day}" for day in range(11)}
    for customer in ("somebody", "c3", "c150"):
        stray = ("stray", customer, -60 * DAY, "awareness", False)
        assert censored(*SHOP, stray) == labelled | {"stray"}


def test_no_more_than_the_first_hundredth_is_taken_for_backdated() -> None:
    strays = [(f"stray{day}", f"s{day}", day * DAY, "awareness", False) for day in (-60, -59, -58)]
    assert censored(*SHOP, *strays[:2]) == censored(*SHOP) | {"stray-60", "stray-59"}
    many = [(f"{row[0]}_{n}", f"{row[1]}_{n}", *row[2:]) for row in strays for n in range(2)]
    assert censored(*SHOP, *many) == {row[0] for row in many}, "3 of 206 are looked at: it began with them"


def test_what_comes_after_the_cutoff_moves_no_beginning() -> None:
    strays = [(f"stray{day}", f"s{day}", day * DAY, "awareness", False) for day in (-63, -62, -61, -60)]
    later = [(f"later{n}", f"l{n}", (301 + n / 100) * DAY, "awareness", False) for n in range(200)]
    assert censored(*SHOP, *strays, *later) == {row[0] for row in strays} == censored(*SHOP, *strays)


def test_a_source_that_starts_later_labels_its_early_journeys() -> None:
    mailed = [
        ("first", "m1", 100 * DAY, "awareness", False),
        ("again", "m1", 105 * DAY, "awareness", False),
        ("known_from_the_web", "c50", 101 * DAY, "awareness", False),
        ("decided", "m2", 115 * DAY, "decision", False),
        ("late", "m3", 115 * DAY, "awareness", False),
    ]
    found = censored(*SHOP, *mailed, **{name: "email" for name, *_ in mailed})
    assert found == {f"j{day}" for day in range(11)} | {"first", "known_from_the_web", "decided"}
    assert censored(*SHOP, *mailed) == {f"j{day}" for day in range(11)}


def test_left_censored_journeys_are_counted_and_in_every_count(world: Warehouse) -> None:
    flagged = "select count(*) from core.journey_at_cutoff where is_left_censored and not is_passive"
    assert world.value("select left_censored_count from mart.headline") == world.value(flagged) > 0
    assert world.value(flagged) == journey_counts(world)["left_censored_count"] < journey_counts(world)["journey_count"]
