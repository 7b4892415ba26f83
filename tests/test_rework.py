"""Rework, waiting and hand-overs: the tables against a plain count of random journeys, and cases of their own."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Any

import polars as pl
import pytest
from mart_world import PASSIVE, RULES_TOO, make_cutoff, mart_world

from journey_analytics import build
from journey_analytics.intervals import difference_high, difference_low
from journey_analytics.warehouse import Warehouse

Row = dict[str, Any]
MODELS = (
    "mart.link_cube",
    "mart.path_link",
    "mart.stage_regression",
    "mart.rework",
    "mart.bottleneck",
    "mart.handover",
)
CHECKS = (
    "check.self_loops_and_stage_regressions_of_the_rework_are_those_of_the_paths",
    "check.every_share_of_a_rule_rework_or_handover_lies_within_its_interval",
    "check.every_difference_of_a_rule_rework_or_handover_lies_within_its_interval",
    "check.bottlenecks_are_the_links_between_activities_with_places_without_gaps",
)
STAGES = ("awareness", "consideration", "decision")
STAGE_RANK = {stage: rank for rank, stage in enumerate((*STAGES, "post_purchase"), start=1)}


@pytest.fixture(scope="module")
def world() -> Iterator[Warehouse]:
    with mart_world(journeys=300, seed=11) as warehouse:
        make_cutoff(warehouse, RULES_TOO)
        models = build.read_models(build.sql_files(), "mart")
        rules = [model for model in models if model.name.startswith("mart.rule_")]
        build.run_models(warehouse, build.ordered([*rules, *(m for m in models if m.name in MODELS)]))
        yield warehouse


@pytest.fixture(scope="module")
def journeys(world: Warehouse) -> list[list[Row]]:
    """The touchpoints of each active journey in order, each with the status of its journey."""
    rows = world.frame(
        "select t.*, j.status, j.is_settled from core.touchpoint_at_cutoff as t inner join core.journey_at_cutoff as j "
        "using (journey_id) where not j.is_passive order by journey_id, position"
    ).to_dicts()
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row["journey_id"]].append(row)
    return list(grouped.values())


def before_purchase(steps: Sequence[Row]) -> list[Row]:
    purchase = next((place for place, row in enumerate(steps) if row["is_purchase"]), len(steps))
    return list(steps[:purchase])


def acts(steps: Sequence[Row]) -> list[Row]:
    return [row for row in steps if row["is_purchase"] or not row["is_passive"]]


def loops(steps: Sequence[Row], *, is_direct: bool) -> dict[str, int]:
    """Of each activity that is no passive one: how often it came again, directly or after others."""
    found = {row["activity"]: 0 for row in steps if row["activity"] != PASSIVE}
    last: dict[str, int] = {}
    for row in steps:
        if row["activity"] in last and row["activity"] in found:
            found[row["activity"]] += (row["position"] - last[row["activity"]] == 1) == is_direct
        last[row["activity"]] = row["position"]
    return found


def returns_to_channels(steps: Sequence[Row]) -> dict[str, int]:
    channels = [row["channel"] or "unknown" for row in acts(steps)]
    visits = [one for place, one in enumerate(channels) if place == 0 or channels[place - 1] != one]
    pairs = {" | ".join(sorted((a, b))): 0 for a in visits for b in visits if a != b}
    for one, between, again in zip(visits, visits[1:], visits[2:], strict=False):
        pairs[" | ".join(sorted((one, between)))] += one == again
    return pairs


def contacts(steps: Sequence[Row]) -> dict[str, int]:
    seen = Counter(row["topic"] or "unknown" for row in steps if row["activity"] == "ticket_opened")
    return {topic: count - 1 for topic, count in seen.items()}


def falls(steps: Sequence[Row]) -> dict[str, int]:
    upto = [*before_purchase(steps), *(row for row in steps if row["is_purchase"])][: len(before_purchase(steps)) + 1]
    stages = [row["stage"] for row in acts(upto) if row["stage"] in STAGES]
    pairs = {f"{high} > {low}": 0 for high in stages for low in STAGES[: STAGES.index(high)]}
    for one, after in pairwise(stages):
        if STAGES.index(after) < STAGES.index(one):
            pairs[f"{one} > {after}"] += 1
    return pairs


COUNTS = {
    "self_loop": lambda steps: loops(steps, is_direct=True),
    "loop": lambda steps: loops(steps, is_direct=False),
    "ping_pong": returns_to_channels,
    "repeated_contact": contacts,
    "stage_regression": falls,
}


def expected(kind: str, journeys: Sequence[Sequence[Row]]) -> dict[str, tuple[float, ...]]:
    """By subject: base, journeys, times; of settled journeys dropped and closed ones with and without it early."""
    found: dict[str, list[int]] = defaultdict(lambda: [0] * 7)
    for steps in journeys:
        status = steps[0]["status"]
        is_fall = kind == "stage_regression"
        early = COUNTS[kind](steps if is_fall else before_purchase(steps))
        for subject, times in COUNTS[kind](steps).items():
            row = found[subject]
            row[0] += 1
            row[1] += times > 0
            row[2] += times
            if subject in early and status != "open" and steps[0]["is_settled"]:
                place = 3 if early[subject] else 5
                row[place] += status == "dropped"
                row[place + 1] += 1
    return {subject: tuple(row) for subject, row in found.items() if row[2]}


@pytest.mark.parametrize("kind", COUNTS)
def test_rework_is_what_a_plain_count_of_the_journeys_gives(
    world: Warehouse, journeys: list[list[Row]], kind: str
) -> None:
    wanted = expected(kind, journeys)
    rows = world.frame("select * from mart.rework where kind = ?", parameters=[kind]).to_dicts()
    assert wanted
    assert {row["subject"] for row in rows} == set(wanted)
    for row in rows:
        base, count, times, lost_with, closed_with, lost_without, closed_without = wanted[row["subject"]]
        assert (row["base_count"], row["journey_count"], row["occurrence_count"]) == (base, count, times)
        assert (row["settled_with_count"], row["settled_without_count"]) == (closed_with, closed_without)
        assert row["dropoff_share_with"] == (lost_with / closed_with if closed_with else None)
        assert row["dropoff_share_without"] == (lost_without / closed_without if closed_without else None)
        assert row["is_ranked"] == (min(base, closed_with, closed_without) >= 30)


def test_the_time_of_a_loop_is_that_since_the_last_time(world: Warehouse, journeys: list[list[Row]]) -> None:
    extra = []
    for steps in journeys:
        seen = [row for row in steps if row["activity"] == "home_viewed"]
        gaps = [
            (after["occurred_at"] - one["occurred_at"]).total_seconds()
            for one, after in pairwise(seen)
            if after["position"] > one["position"] + 1
        ]
        extra += [sum(gaps)] if gaps else []
    half = sorted(extra)
    middle = (half[(len(half) - 1) // 2] + half[len(half) // 2]) / 2
    sql = "select median_extra_seconds from mart.rework where kind = 'loop' and subject = 'home_viewed'"
    assert world.value(sql) == pytest.approx(middle)


def sessions(steps: Sequence[Row], dimension: str) -> list[tuple[str, int]]:
    """Of each session before the purchase, in order: its value, and the rank of the furthest stage so far."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in acts(before_purchase(steps)):
        if row["activity"] != "order_placed":
            found[row["session_id"]].append(row)
    ranks = [max(STAGE_RANK.get(row["stage"], 0) for row in rows) for rows in found.values()]
    values = [next((row[dimension] for row in rows if row[dimension]), "unknown") for rows in found.values()]
    return list(zip(values, accumulate(ranks, max), strict=True))


@pytest.mark.parametrize("dimension", ["channel", "source"])
def test_handovers_are_what_a_plain_count_gives(world: Warehouse, journeys: list[list[Row]], dimension: str) -> None:
    changes: Counter[tuple[str, str]] = Counter()
    status: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    lost: dict[tuple[str, str], dict[tuple[int, int], list[bool]]] = defaultdict(lambda: defaultdict(list))
    for steps in journeys:
        seen = sessions(steps, dimension)
        changes.update((one[0], after[0]) for one, after in pairwise(seen) if one[0] != after[0])
        for value in {one[0] for one in seen[:-1]}:
            place = next(place for place, one in enumerate(seen[:-1]) if one[0] == value)
            pair = value, seen[place + 1][0]
            status[pair][steps[0]["status"]] += 1
            if steps[0]["is_settled"] and steps[0]["status"] != "open":
                lost[pair][min(place + 1, 4), seen[place][1]].append(steps[0]["status"] == "dropped")
    rows = world.frame("select * from mart.handover where dimension = ?", parameters=[dimension]).to_dicts()
    assert {(row["from_value"], row["to_value"]): row["handover_count"] for row in rows} == dict(changes)
    assert any(row["difference_points"] for row in rows)
    for row in rows:
        value, other = row["from_value"], row["to_value"]
        of, moved, stayed = status[value, other], lost[value, other], lost[value, value]
        assert [row[f"{one}_count"] for one in ("converted", "dropped", "open")] == [
            of[one] for one in ("converted", "dropped", "open")
        ]
        assert row["settled_count"] == sum(map(len, moved.values()))
        assert row["settled_converted_count"] == row["settled_count"] - sum(map(sum, moved.values()))
        assert row["reference_count"] == sum(map(len, stayed.values()))
        pooled = mantel_haenszel([(moved[one], stayed[one]) for one in moved if one in stayed])
        told = [row[f"difference_{end}points"] for end in ("", "low_", "high_")]
        assert told == (pooled if pooled[0] is None else pytest.approx(pooled))


def mantel_haenszel(strata: Sequence[tuple[Sequence[bool], Sequence[bool]]]) -> list[float | None]:
    """The pooled risk difference in points with its interval, written as Greenland and Robins have it."""
    if not strata:
        return [None] * 3
    above = below = variance = 0.0
    for moved, stayed in strata:
        a, n1, c, n0 = sum(moved), len(moved), sum(stayed), len(stayed)
        total = n1 + n0
        above += (a * n0 - c * n1) / total
        below += n1 * n0 / total
        variance += (a * (n1 - a) * n0**3 + c * (n0 - c) * n1**3) / (n1 * n0 * total**2)
    difference, half = above / below, 1.959963984540054 * variance**0.5 / below
    return [100 * difference, 100 * max(-1.0, difference - half), 100 * min(1.0, difference + half)]


def test_bottlenecks_are_ordered_by_times_and_median_without_what_is_only_sent(world: Warehouse) -> None:
    rows = world.frame("select * from mart.bottleneck").to_dicts()
    assert all(row["waiting_seconds"] == row["follow_count"] * row["median_seconds"] for row in rows)
    assert all((row["place"] is None) == (PASSIVE in {row["activity"], row["next_activity"]}) for row in rows)
    placed = sorted((row for row in rows if row["place"]), key=lambda row: row["place"])
    assert [row["place"] for row in placed] == list(range(1, len(placed) + 1))
    assert all(one["waiting_seconds"] >= after["waiting_seconds"] for one, after in pairwise(placed))


def failing(world: Warehouse) -> set[str]:
    models = {model.name: model for model in build.read_models(build.sql_files(), "check")}
    return {name for name in CHECKS if world.rows(models[name].sql)}


@pytest.mark.parametrize(
    ("damage", "check"),
    [
        ("update mart.rework set occurrence_count = occurrence_count + 1 where kind = 'self_loop'", CHECKS[0]),
        ("delete from mart.rework where kind = 'stage_regression'", CHECKS[0]),
        ("update mart.rework set journey_low_share = journey_share + 0.1", CHECKS[1]),
        ("update mart.handover set reference_share = null", CHECKS[1]),
        ("update mart.handover set compared_count = settled_count + 1", CHECKS[2]),
        ("update mart.handover set difference_points = null", CHECKS[2]),
        ("update mart.bottleneck set settled_count = settled_count + 1", CHECKS[3]),
        ("update mart.bottleneck set follow_count = follow_count - 1", CHECKS[3]),
        ("update mart.bottleneck set place = place + 1", CHECKS[3]),
    ],
)
def test_the_checks_hold_and_see_damage(world: Warehouse, damage: str, check: str) -> None:
    assert not failing(world)
    tables = ("mart.rework", "mart.handover", "mart.bottleneck")
    kept = {table: world.frame(f"select * from {table}") for table in tables}
    world.execute(damage)
    try:
        assert check in failing(world)
    finally:
        for table, rows in kept.items():
            world.create_from(table, rows)


def test_the_check_on_rules_holds_and_sees_damage(world: Warehouse) -> None:
    name = "check.every_activation_of_a_process_rule_is_fulfilled_violated_or_pending"
    sql = next(model.sql for model in build.read_models(build.sql_files(), "check") if model.name == name)
    assert not world.rows(sql)
    world.execute("update mart.rule_conformance set pending_count = pending_count + 1")
    assert len(world.rows(sql)) == world.value("select count(*) from config.process_rule")


def test_every_column_is_explained(world: Warehouse) -> None:
    tables = [name for name in world.tables("mart") if name.startswith(("mart.rule_", "mart.re", "mart.b", "mart.h"))]
    told = {(f"mart.{a}", b) for a, b in world.rows("select table_name, column_name from config.mart_column")}
    missing = [(table, column) for table in tables for column in world.columns(table) if (table, column) not in told]
    assert {"mart.rework", "mart.bottleneck", "mart.handover", "mart.rule_activation"} <= set(tables)
    assert not missing


def test_the_interval_of_a_difference_is_that_of_the_house(world: Warehouse) -> None:
    cases = pl.DataFrame({"x": [0, 3, 9, 10], "n": [10, 9, 30, 10], "y": [5, 0, 2, 10], "m": [7, 40, 50, 10]})
    share, other = pl.col("x") / pl.col("n"), pl.col("y") / pl.col("m")
    expected = cases.select(
        low=difference_low(share, pl.col("n"), other, pl.col("m")),
        high=difference_high(share, pl.col("n"), other, pl.col("m")),
    )
    world.create_from("core.trial", cases.with_columns(a=share, b=other))
    found = world.frame("select difference_low(a, n, b, m) as low, difference_high(a, n, b, m) as high from core.trial")
    assert found.sort("low", "high").rows() == [pytest.approx(row) for row in expected.sort("low", "high").rows()]
