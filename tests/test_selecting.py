"""What selections are answered from: the cube, the links and other windows, each held to the slow way of finding it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mart_world import CUTOFF, make_marts, mart_world
from polars.testing import assert_frame_equal

from journey_analytics import build
from journey_analytics.contract import STAGES
from journey_analytics.dropoff import counted_stays, dropoff_of, stage_dropoff
from journey_analytics.dropoff_step import make_dropoff
from journey_analytics.selecting.cube import stay_cube, stays_of
from journey_analytics.selecting.links import flow_by, stage_links
from journey_analytics.selecting.windows import OFFERED, OWN, offered_windows, rewindowed
from journey_analytics.stage_exit import exits_of, stage_exit
from journey_analytics.warehouse import Warehouse

T = datetime(2026, 6, 30, 7, 30)
DAY = timedelta(days=1)
SEGMENTS = ("device", "persona")
WINDOWS = dict(zip(STAGES, (30, 30, 30, 180), strict=True))
CHECKS = {
    "the_flow_of_every_selection_is_conserved_and_has_its_entrants": (
        "update mart.selection_flow set journey_count = journey_count + 1 where to_state = 'dropped'",
        "delete from mart.selection_flow where segment = 'device' and from_stage = 'start'",
        "delete from mart.selection_flow where segment = 'persona' and segment_value = "
        "(select max(segment_value) from mart.selection_flow where segment = 'persona')",
        "delete from mart.stage_dropoff where segment = 'entry_month' and stage = 'decision'",
    ),
    "the_flow_of_all_selections_is_the_stage_flow": (
        "update mart.selection_flow set journey_count = journey_count + 1 where segment = 'all'",
        "delete from mart.stage_flow where from_stage = 'resumed'",
    ),
    "every_segment_of_the_selections_adds_up_to_the_headline": (
        "update mart.selection_headline set journey_count = journey_count - 1 where segment = 'device'",
        "update mart.selection_headline set amount = amount + 1 where segment = 'all'",
        "update mart.selection_headline set touchpoint_count = touchpoint_count + 1 where segment = 'persona'",
        "update mart.selection_headline set customer_count = 100000 where segment = 'all'",
        "delete from mart.selection_variant where segment = 'customer_kind' and variant_rank = 1",
    ),
    "the_stay_cube_counts_every_entrant_of_the_dropoff": (
        "update mart.stay_cube set stay_count = stay_count + 1 where outcome = 'dropped'",
        "update mart.stay_cube set over_count = over_count + 1 where outcome <> 'open'",
        "delete from mart.stage_entrant where stage = 'decision'",
        "delete from mart.stay_cube where stage = 'awareness'",
    ),
    "every_entrant_is_of_the_group_that_its_journey_is_chosen_by": (
        "update mart.stage_entrant set persona = 'someone_else' where stage = 'decision'",
        "update core.selection_journey set first_source = 'nowhere'",
    ),
    "every_offered_window_counts_every_entrant": (
        "update mart.stay_cube set stay_count = stay_count + 1 where offered_days = 14",
        "delete from mart.stay_cube where offered_days = 7 and stage = 'decision'",
        "update mart.flow_cube set journey_count = journey_count + 1 where from_stage = 'awareness'",
        "delete from mart.reach_cube where stage = 'awareness > purchase' and offered_days = 60",
        "update mart.window_time set entered_count = entered_count + 1 where segment = 'all'",
    ),
}


@pytest.fixture(scope="module")
def world() -> Iterator[Warehouse]:
    """A warehouse with its marts; tests that change it undo that."""
    with mart_world(journeys=300) as warehouse:
        make_dropoff(warehouse, cutoff=CUTOFF)
        make_marts(warehouse)
        yield warehouse


def failures(warehouse: Warehouse, check: str) -> list[tuple[object, ...]]:
    models = {model.name: model.sql for model in build.read_models(build.sql_files(), "check")}
    return warehouse.rows(models[f"check.{check}"], name=check)


@pytest.mark.parametrize("check", CHECKS)
def test_a_sound_world_passes(world: Warehouse, check: str) -> None:
    assert failures(world, check) == []


@pytest.mark.parametrize(("check", "fault"), [(check, fault) for check, faults in CHECKS.items() for fault in faults])
def test_a_fault_is_found(world: Warehouse, check: str, fault: str) -> None:
    with pytest.raises(UndoError), world.transaction():
        world.execute(fault)
        assert failures(world, check)
        raise UndoError


class UndoError(Exception):
    """Rolls a deliberate fault back."""


def test_a_country_can_change_within_a_journey_so_that_no_total_of_journeys_is_by_it(world: Warehouse) -> None:
    assert "country" in world.columns("mart.stage_entrant")
    assert "country" not in world.columns("core.selection_journey")
    for table in ("mart.selection_headline", "mart.selection_variant"):
        assert world.value(f"select count(*) from {table} where segment = 'country'") == 0


def test_the_customers_of_every_row_of_the_dropoff_are_those_of_its_entrants(world: Warehouse) -> None:
    by_hand = (
        "select e.stage, count(distinct v.customer_id) from mart.stage_entrant as e "
        "inner join core.stage_visit as v on e.journey_id = v.journey_id and e.stage = v.stage "
        "where {wanted} group by 1 order by 1"
    )
    for segment, value in (("all", "all"), ("device", "mobile"), ("country", "unknown"), ("customer_kind", "new")):
        wanted = "true" if segment == "all" else f"e.{segment} = '{value}'"
        counted = world.rows(
            "select stage, customer_count from mart.stage_dropoff where segment = ? and segment_value = ? order by 1",
            [segment, value],
        )
        assert counted == world.rows(by_hand.format(wanted=wanted)), (segment, value)
    assert world.value("select count(*) from mart.stage_dropoff where customer_count is null") == 0
    assert world.value("select count(*) from mart.stage_dropoff where customer_count < entered_count") > 0


def test_every_column_of_the_tables_of_selections_is_explained(world: Warehouse) -> None:
    told = pl.read_csv(build.sql_files()["config/mart_column/selection.csv"])
    assert told["meaning"].is_not_null().all()
    tables = ("selection_headline", "selection_flow", "selection_variant", "stage_entrant")
    for table in (*tables, "stay_cube", "reach_cube", "flow_cube", "window_time"):
        explained = told.filter(pl.col("table_name") == table)["column_name"].to_list()
        assert sorted(explained) == sorted(world.columns(f"mart.{table}")), table


def visits(seed: int, *, journeys: int = 120) -> pl.DataFrame:
    """Random entrants, some at the very moment of T, of a window's end or of another entry."""
    random = Random(seed)
    rows = [row for number in range(journeys) for row in _of_journey(random, number)]
    moments = {name: pl.Datetime("us") for name in ("entered_at", "advanced_at", "closed_at", *_ENDS)}
    frame = pl.DataFrame(rows, schema_overrides=moments, infer_schema_length=None)
    return rewindowed(frame.with_columns(window_days=pl.col("stage").replace_strict(WINDOWS)), windows={}, cutoff=T)


_ENDS = ("regressed_at", "abandoned_at")


def _of_journey(random: Random, number: int) -> Iterator[dict[str, object]]:
    at = T - random.choice([DAY * 30, DAY * random.uniform(0, 400)])
    last = at + random.choice([DAY * random.uniform(0, 90), DAY * 30])
    persona = random.choice("xyz")
    for stage in sorted(random.sample(STAGES, random.randint(1, 4)), key=STAGES.index):
        advanced = at + random.choice([timedelta(0), DAY * 30, DAY * random.uniform(0, 60)])
        has_advanced = random.random() < 0.6 and advanced <= T
        end = at + DAY * random.uniform(0, 40)
        yield {
            "journey_id": f"j{number:03}",
            "stage": stage,
            "entered_at": at,
            "advanced_at": advanced if has_advanced else None,
            "closed_at": last if at <= last <= T and stage != STAGES[-1] and not has_advanced else None,
            "regressed_at": end if random.random() < 0.2 and end <= T else None,
            "abandoned_at": end if random.random() < 0.1 and end <= T else None,
            "device": random.choice(["mobile", "desktop"]),
            "persona": persona,
        }
        at = advanced if has_advanced else at + DAY * random.uniform(0, 50)
        if at > T:
            return


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), device=st.sampled_from(["mobile", "desktop"]), persona=st.sampled_from("xyz"))
def test_sums_of_the_cube_are_what_counting_the_entrants_gives(seed: int, device: str, persona: str) -> None:
    every = visits(seed)
    is_chosen = (pl.col("device") == device) & (pl.col("persona") == persona)
    cube, part = stay_cube(every, cutoff=T, segments=SEGMENTS).filter(is_chosen), every.filter(is_chosen)
    if part.is_empty():
        return
    found = dropoff_of(stays_of(cube, segments=SEGMENTS), cutoff=T)
    assert_frame_equal(found, stage_dropoff(part, cutoff=T, segments=SEGMENTS), check_exact=True)
    exits = exits_of(stays_of(cube, read="exit"), cutoff=T)
    assert_frame_equal(exits, stage_exit(part, cutoff=T), check_exact=True)


def test_the_cube_is_the_same_for_any_order_and_split_of_the_entrants() -> None:
    every = visits(3)
    cube = stay_cube(every, cutoff=T, segments=SEGMENTS)
    assert_frame_equal(stay_cube(every.sample(fraction=1, shuffle=True, seed=1), cutoff=T, segments=SEGMENTS), cube)
    parts = [stay_cube(every[place::3], cutoff=T, segments=SEGMENTS) for place in range(3)]
    keys = ["segment", "segment_value", "stage", "outcome", "day"]
    whole, split = (stays_of(one).sort(keys).select(*keys, "stay_count") for one in (cube, pl.concat(parts)))
    assert_frame_equal(whole, split)


def test_the_cube_is_read_by_outcome_or_by_exit_alone() -> None:
    with pytest.raises(ValueError, match="outcome or exit"):
        stays_of(stay_cube(visits(1), cutoff=T, segments=()), read="stage")


def test_the_whole_of_the_cube_counts_as_counted_stays_does() -> None:
    every = visits(5)
    keys = ["segment", "segment_value", "stage", "window_days", "outcome", "day"]
    found = stays_of(stay_cube(every, cutoff=T, segments=()))
    expected = counted_stays(every, cutoff=T)
    assert_frame_equal(found.sort(keys).select(expected.columns), expected.sort(keys))


def slow_flow(rows: list[dict[str, object]], *, by: str) -> dict[tuple[str, str, str], int]:
    """The stage flow of every value of a segment, journey by journey, from the words of DEFINITIONS."""
    counts: dict[tuple[str, str, str], int] = {}
    for journey in sorted({str(row["journey_id"]) for row in rows}):
        own = {str(row["stage"]): row for row in rows if row["journey_id"] == journey}
        leads = _leads(own)
        first = min(own, key=lambda stage: (own[stage]["entered_at"], STAGES.index(stage)))
        for stage, row in own.items():
            value = str(row[by])
            target, source = leads.get(stage), next((a for a, b in leads.items() if b == stage), None)
            out = _end(row, stage) if target is None else _beside(own[target][by], value, target, "to_elsewhere")
            counts[value, stage, out] = counts.get((value, stage, out), 0) + 1
            came = ("start" if stage == first else "resumed") if source is None else None
            came = came or (None if own[str(source)][by] == value else "from_elsewhere")
            if came:
                counts[value, came, stage] = counts.get((value, came, stage), 0) + 1
    return counts


def _beside(other: object, value: str, target: str, elsewhere: str) -> str:
    return target if other == value else elsewhere


def _end(row: dict[str, object], stage: str) -> str:
    if row["outcome"] != "advanced":
        return str(row["outcome"])
    return "next_purchase" if stage == STAGES[-1] else "merged"


def _leads(own: dict[str, dict[str, object]]) -> dict[str, str]:
    """Which stage leads to which: to the lowest one entered by the advance; of several the highest leads."""
    wanted: dict[str, str] = {}
    for stage in (stage for stage in STAGES if stage in own and own[stage]["outcome"] == "advanced"):
        higher = STAGES[STAGES.index(stage) + 1 :]
        reached = [one for one in higher if one in own and own[one]["entered_at"] == own[stage]["advanced_at"]]
        if reached:
            wanted[reached[0]] = stage
    return {stage: target for target, stage in wanted.items()}


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), by=st.sampled_from(SEGMENTS))
def test_the_flow_of_every_value_is_that_found_journey_by_journey(seed: int, by: str) -> None:
    every = visits(seed, journeys=40)
    found = flow_by(stage_links(every), segments=[by]).filter(pl.col("segment") == by)
    told = {(v, a, b): n for _, v, a, b, n in found.iter_rows()}
    assert told == slow_flow(every.to_dicts(), by=by)


def test_what_the_stages_have_anyway_is_counted_once() -> None:
    found = offered_windows(WINDOWS)
    assert found[OWN] == WINDOWS
    assert set(found) == {OWN, *OFFERED} - {30}
    assert found[14] == {**dict.fromkeys(STAGES, 14), "post_purchase": 180}
    assert set(offered_windows({**WINDOWS, "decision": 7})) == {OWN, *OFFERED}


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_part_of_the_links_is_the_row_of_its_value(seed: int) -> None:
    linked = stage_links(visits(seed))
    rows = flow_by(linked, segments=["device"]).filter(pl.col("segment_value") == "mobile")
    part = flow_by(linked.filter(pl.col("device") == "mobile"))
    columns = ["from_stage", "to_state", "journey_count"]
    assert_frame_equal(part.select(columns), rows.select(columns))


def test_a_longer_window_turns_no_advance_into_a_loss() -> None:
    every = visits(11)
    shorter, longer = (rewindowed(every, windows=dict.fromkeys(STAGES, days), cutoff=T) for days in (7, 60))
    pairs = set(zip(shorter["outcome"], longer["outcome"], strict=True))
    assert ("dropped", "advanced") in pairs
    assert not {("advanced", "dropped"), ("advanced", "open"), ("open", "dropped")} & pairs


def test_a_window_counts_to_the_microsecond() -> None:
    entered = T - 40 * DAY
    moments = [14 * DAY, 14 * DAY + timedelta(microseconds=1)]
    rows = pl.DataFrame(
        {
            "stage": "decision",
            "window_days": 30,
            "entered_at": entered,
            "advanced_at": [entered + moment for moment in moments],
            "closed_at": None,
        },
        schema_overrides={"closed_at": pl.Datetime("us")},
    )
    found = rewindowed(rows, windows={"decision": 14}, cutoff=T)
    assert found["outcome"].to_list() == ["advanced", "dropped"]
    assert found["duration_us"].to_list() == [14 * 86_400_000_000] * 2
    assert found["window_days"].to_list() == [14, 14]
