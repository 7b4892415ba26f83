"""The prefix tree: against a count by hand, conserved at every node, the same for any order, and its checks notice."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import groupby
from random import Random
from statistics import median
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mart_world import CUTOFF, make_some_marts, mart_world

from journey_analytics import build
from journey_analytics.dropoff import stage_dropoff
from journey_analytics.paths.branches import OUTCOMES, arrivals, branches, fewest_for
from journey_analytics.paths.selection import parse_selection
from journey_analytics.paths.tree import JOURNEY_SCHEMA, STEP_SCHEMA, prefix_tree
from journey_analytics.paths.tree_step import make_path_tree, path_tree
from journey_analytics.warehouse import Warehouse

MINIMUM = 4
SETTLING = timedelta(days=60)
"""30 days to buy and 30 of silence in the small world."""

MARTS = ("mart.variant", "mart.stage_variant", "mart.variant_coverage", "mart.headline", "mart.activity")
CHECKS = (
    "as_many_journeys_enter_a_stage_in_the_stage_variants_as_in_the_dropoff",
    "every_node_of_the_path_tree_is_its_children_and_the_journeys_that_end_there",
    "every_share_of_a_path_is_of_settled_journeys_and_within_its_interval",
    "the_coverage_of_the_variants_rises_to_all_journeys",
    "the_first_steps_of_the_path_tree_are_the_starts_of_the_activities",
    "the_path_tree_and_the_variants_have_the_journeys_and_the_money_of_the_headline",
    "the_path_tree_ends_where_the_variants_do",
)

Journey = dict[str, Any]
"""steps (collapsed, as (step, microseconds from the start)), status, amount, and the place of the first purchase."""


@pytest.fixture(scope="module")
def world() -> Iterator[Warehouse]:
    """A warehouse with the marts and trees of small branches; tests that change it undo that."""
    with mart_world(journeys=240) as warehouse:
        warehouse.execute(f"update config.setting set value = '{MINIMUM}' where setting = 'minimum_count'")
        visits = warehouse.frame(
            "select v.*, j.first_channel from core.stage_visit as v join core.journey as j using (journey_id) "
            # The small world's visits know after-sales contact before a purchase; the real ones enter at the purchase.
            "where v.stage <> 'post_purchase' or j.status = 'converted'"
        )
        cutoff = warehouse.value("select min(cutoff_at) from run.cutoff")
        warehouse.create_from("mart.stage_dropoff", stage_dropoff(visits, cutoff=cutoff, segments=("first_channel",)))
        make_some_marts(warehouse, *MARTS)
        make_path_tree(warehouse)
        yield warehouse


def journeys_of(warehouse: Warehouse, level: str) -> list[Journey]:
    """The active journeys of the world with their steps, made by hand."""
    rows = warehouse.frame("select * from core.touchpoint order by journey_id, position").to_dicts()
    states = {
        row["journey_id"]: row
        for row in warehouse.frame("select * from core.journey where not is_passive").iter_rows(named=True)
    }
    found = []
    for journey_id, touchpoints in groupby(rows, key=lambda row: row["journey_id"]):
        if journey_id in states:
            found.append(_journey(list(touchpoints), states[journey_id], level))
    return found


def _journey(touchpoints: list[dict[str, Any]], state: dict[str, Any], level: str) -> Journey:
    seen = [step for row in touchpoints for step in _seen(row, level)]
    steps: list[tuple[str, int]] = []
    bought = None
    for step, at, is_purchase in seen:
        if not steps or steps[-1][0] != step:
            steps.append((step, (at - state["started_at"]).total_seconds() * 1e6))
        if is_purchase and bought is None:
            bought = len(steps)
    amounts = [row["amount"] for row in touchpoints if row["is_purchase"] and row["currency"] == "EUR"]
    return {
        "steps": steps, "status": state["status"], "amount": sum(amounts) if amounts else None, "bought": bought,
        "is_settled": state["started_at"] <= CUTOFF - SETTLING,
    }  # fmt: skip


def _seen(row: dict[str, Any], level: str) -> list[tuple[str, Any, bool]]:
    at, is_purchase = row["occurred_at"], row["is_purchase"]
    if level == "activity":
        return [(row["activity"], at, is_purchase)]
    if is_purchase:
        return [("decision", at, False), ("post_purchase", at, True)]
    return [(row["stage"], at, False)] if row["stage"] != "unknown" and not row["is_passive"] else []


def by_hand(journeys: Sequence[Journey], *, minimum: int, deepest: int = 12) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Every node by its path (the rest: its parent's path with a star) with what it counts."""
    passing: dict[tuple[str, ...], list[Journey]] = defaultdict(list, {(): []})
    for journey in journeys:
        for depth in range(min(len(journey["steps"]), deepest + 1) + 1):
            passing[tuple(step for step, _ in journey["steps"][:depth])].append(journey)
    kept = {path for path, through in passing.items() if not path or (len(through) >= max(1, minimum))}
    kept = {path for path in kept if len(path) <= deepest}
    nodes: dict[tuple[Any, ...], dict[str, Any]] = {}
    for path in kept:
        nodes[path] = _node(passing[path], path)
        beyond = [
            journey
            for journey in passing[path]
            if len(journey["steps"]) > len(path) and _prefix(journey, len(path) + 1) not in kept
        ]
        if beyond:
            nodes[*path, "*"] = _statuses(beyond) | {
                "rest_step_count": len({_prefix(journey, len(path) + 1) for journey in beyond}),
                "purchase_ahead_count": sum(_is_ahead(journey, len(path) + 1) for journey in beyond),
                "conversion_share": None,
            }
    return nodes


def _prefix(journey: Journey, length: int) -> tuple[str, ...]:
    return tuple(step for step, _ in journey["steps"][:length])


def _is_ahead(journey: Journey, place: int) -> bool:
    return journey["bought"] is not None and journey["bought"] >= place


def _statuses(journeys: list[Journey]) -> dict[str, Any]:
    counts = Counter(journey["status"] for journey in journeys)
    amounts = [journey["amount"] for journey in journeys if journey["amount"] is not None]
    states = {f"{status}_count": counts[status] for status in ("converted", "dropped", "open")}
    settled = Counter(journey["status"] for journey in journeys if journey["is_settled"])
    return {
        "journey_count": len(journeys), **states, "amount": sum(amounts) if amounts else None,
        "settled_count": settled["converted"] + settled["dropped"], "settled_converted_count": settled["converted"],
    }  # fmt: skip


def _share(journeys: list[Journey], depth: int) -> float | None:
    """Of the settled and closed ones the part that bought; none once one of all has bought."""
    closed = [journey for journey in journeys if journey["is_settled"] and journey["status"] != "open"]
    if not closed or any(journey["bought"] is not None and journey["bought"] <= depth for journey in journeys):
        return None
    return sum(journey["status"] == "converted" for journey in closed) / len(closed)


def _node(through: list[Journey], path: tuple[str, ...]) -> dict[str, Any]:
    ended = Counter(journey["status"] for journey in through if len(journey["steps"]) == len(path))
    waits = [journey["steps"][len(path) - 1][1] / 1e6 for journey in through] if path else []
    return _statuses(through) | {
        **{f"ended_{status}_count": ended[status] for status in ("converted", "dropped", "open")},
        "purchased_count": sum(journey["bought"] == len(path) for journey in through),
        "purchase_ahead_count": sum(_is_ahead(journey, len(path)) for journey in through),
        "median_seconds": median(waits) if waits else None,
        "rest_step_count": None,
        "conversion_share": _share(through, len(path)),
    }


def nodes_of(tree: pl.DataFrame) -> dict[tuple[Any, ...], dict[str, Any]]:
    return {(*row["path"], *(["*"] if row["is_rest"] else [])): row for row in tree.iter_rows(named=True)}


def assert_same(tree: pl.DataFrame, expected: dict[tuple[Any, ...], dict[str, Any]]) -> None:
    found = nodes_of(tree)
    assert found.keys() == expected.keys()
    for path, values in expected.items():
        row = found[path]
        assert {name: row[name] for name in values if name != "median_seconds"} == {
            name: value for name, value in values.items() if name != "median_seconds"
        }, path
        if "median_seconds" in values:
            assert row["median_seconds"] == pytest.approx(values["median_seconds"]), path


@pytest.mark.parametrize("level", ["stage", "activity"])
def test_the_tree_of_a_world_is_that_counted_by_hand(world: Warehouse, level: str) -> None:
    tree = world.frame("select * from mart.path_tree").filter(pl.col("level") == level)
    assert_same(tree, by_hand(journeys_of(world, level), minimum=MINIMUM))
    assert tree.height > 10
    assert tree["is_rest"].any()


@st.composite
def logs(draw: st.DrawFn) -> list[Journey]:
    """Random journeys of few activities, so that many begin alike."""
    found = []
    for _ in range(draw(st.integers(0, 30))):
        walk = draw(st.lists(st.sampled_from("abc"), max_size=8))
        steps = [(step, place * 1_000_000) for place, (step, _) in enumerate(groupby(walk))]
        is_bought = bool(steps) and draw(st.booleans())
        bought = draw(st.integers(1, len(steps))) if is_bought else None
        status = "converted" if is_bought else draw(st.sampled_from(["dropped", "open"]))
        amount = Decimal(draw(st.integers(0, 99))) if is_bought and draw(st.booleans()) else None
        found.append({
            "steps": steps, "status": status, "amount": amount, "bought": bought, "is_settled": draw(st.booleans())
        })  # fmt: skip
    return found


def grown(journeys: Sequence[Journey], *, minimum: int, deepest: int, seed: int | None = None) -> pl.DataFrame:
    """The tree of the journeys, their rows in another order for every seed."""
    told = ("status", "is_settled", "amount")
    rows = [{"journey": n, **{name: j[name] for name in told}} for n, j in enumerate(journeys)]
    steps = [
        [
            {"journey": n, "step": j["steps"][place][0], "after_us": j["steps"][place][1],
             "is_purchase": j["bought"] == place + 1}
            for n, j in enumerate(journeys)
            if len(j["steps"]) > place
        ]
        for place in range(deepest + 1)
    ]  # fmt: skip
    if seed is not None:
        for one in (rows, *steps):
            Random(seed).shuffle(one)
    return prefix_tree(
        pl.DataFrame(rows, schema=JOURNEY_SCHEMA),
        [pl.DataFrame(one, schema=STEP_SCHEMA) for one in steps],
        level="activity",
        minimum_count=minimum,
        currency="EUR",
        deepest=deepest,
    )


@settings(max_examples=150, deadline=None)
@given(journeys=logs(), minimum=st.integers(0, 6), deepest=st.integers(1, 9), seed=st.integers(0, 9))
def test_any_log_gives_the_tree_counted_by_hand_in_any_order(
    journeys: list[Journey], minimum: int, deepest: int, seed: int
) -> None:
    tree = grown(journeys, minimum=minimum, deepest=deepest)
    assert_same(tree, by_hand(journeys, minimum=minimum, deepest=deepest))
    assert tree.equals(grown(journeys, minimum=minimum, deepest=deepest, seed=seed))


@settings(max_examples=100, deadline=None)
@given(journeys=logs(), minimum=st.integers(1, 4), fewest=st.integers(1, 9), deepest=st.integers(0, 6))
def test_the_branches_to_an_outcome_lose_no_journey_at_any_cut(
    journeys: list[Journey], minimum: int, fewest: int, deepest: int
) -> None:
    tree = grown(journeys, minimum=minimum, deepest=5)
    for outcome, expected in (
        ("dropped", sum(journey["status"] == "dropped" for journey in journeys)),
        ("purchase", sum(journey["status"] == "converted" for journey in journeys)),
        ("any", len(journeys)),
    ):
        found = branches(tree, level="activity", outcome=outcome, fewest=fewest, deepest=deepest)
        assert (found is None) == (expected == 0)
        if found is not None:
            assert found.journeys == expected == _ends(found)


def _ends(branch: Any) -> int:
    assert branch.folded >= 0
    assert branch.journeys == branch.arrived + branch.folded + sum(child.journeys for child in branch.children)
    return branch.arrived + branch.folded + sum(map(_ends, branch.children))


def test_siblings_are_placed_by_their_journeys_then_their_names_and_the_rest_is_last() -> None:
    walks = ["b"] * 3 + ["a"] * 3 + ["c"] * 5 + ["d", "e"]
    journeys = [_short(step, "open") for step in walks]
    tree = grown(journeys, minimum=3, deepest=2).filter(pl.col("depth") == 1)
    assert tree.select("place", "step", "journey_count", "rest_step_count").rows() == [
        (1, "c", 5, None), (2, "a", 3, None), (3, "b", 3, None), (4, None, 2, 2)
    ]  # fmt: skip


def _short(step: str, status: str, *, is_settled: bool = True, bought: int | None = None) -> Journey:
    """A journey of one step, then of a purchase where it converted."""
    steps = [(step, 0), *([("order", 1)] if status == "converted" else [])]
    bought = bought or (2 if status == "converted" else None)
    return {"steps": steps, "status": status, "amount": None, "bought": bought, "is_settled": is_settled}


def test_what_is_settled_and_closed_makes_the_share_and_whether_it_is_ranked() -> None:
    states = ["converted"] * 3 + ["dropped"] + ["open"] * 6
    late = [_short("a", "converted", is_settled=False) for _ in range(20)]
    journeys = [_short("a", state) for state in states]
    node = grown([*journeys, *late], minimum=4, deepest=2).row(1, named=True)
    assert (node["converted_count"], node["settled_converted_count"], node["settled_count"]) == (23, 3, 4)
    assert node["conversion_share"] == 0.75
    node = grown(journeys, minimum=4, deepest=2).row(1, named=True)
    assert (node["conversion_share"], node["is_ranked"], node["currency"]) == (0.75, True, None)
    assert node["conversion_low_share"] < 0.75 < node["conversion_high_share"]
    assert grown(journeys, minimum=5, deepest=2).row(1, named=True)["is_ranked"] is False
    still_open = grown(journeys[4:], minimum=0, deepest=2).row(1, named=True)
    assert (still_open["conversion_share"], still_open["conversion_low_share"]) == (None, None)
    assert still_open["is_ranked"] is False
    assert grown(late, minimum=4, deepest=2).row(1, named=True)["conversion_share"] is None


def test_from_the_first_purchase_on_there_is_no_share() -> None:
    journeys = [_short("a", state) for state in ["converted"] * 6 + ["dropped"] * 6]
    tree = grown(journeys, minimum=4, deepest=2)
    assert tree.select("step", "conversion_share", "is_ranked", "settled_count").rows() == [
        (None, 0.5, True, 12), ("a", 0.5, True, 12), ("order", None, False, 6)
    ]  # fmt: skip
    one_bought_at_once = [*journeys, _short("a", "converted", bought=1)]
    assert grown(one_bought_at_once, minimum=4, deepest=2).row(1, named=True)["conversion_share"] is None


def test_a_tree_of_no_journeys_is_a_root_of_none() -> None:
    tree = grown([], minimum=30, deepest=3)
    assert tree.select("depth", "journey_count", "converted_count", "purchase_ahead_count").rows() == [(0, 0, 0, 0)]
    assert branches(tree, level="activity", outcome="any") is None


def test_the_tree_of_a_selection_is_that_of_its_journeys(world: Warehouse) -> None:
    selection = parse_selection(["status=dropped"], where="--where")
    tree = path_tree(world, selection, level="activity")
    expected = [journey for journey in journeys_of(world, "activity") if journey["status"] == "dropped"]
    assert_same(tree, by_hand(expected, minimum=MINIMUM))
    assert not {"tree_step", "tree_journey"} & {row[0] for row in world.rows("select table_name from duckdb_tables()")}


def test_arrivals_are_where_most_journeys_end(world: Warehouse) -> None:
    tree = world.frame("select * from mart.path_tree")
    top = arrivals(tree, level="stage", outcome="dropped", limit=3)
    expected = Counter(
        tuple(step for step, _ in journey["steps"])
        for journey in journeys_of(world, "stage")
        if journey["status"] == "dropped"
    )
    assert [row["ended_dropped_count"] for row in top] == [n for _, n in expected.most_common(3)]
    assert all(expected[tuple(row["path"])] == row["ended_dropped_count"] for row in top)


def test_no_more_nodes_than_asked_for_are_shown(world: Warehouse) -> None:
    tree = world.frame("select * from mart.path_tree")
    for nodes in (1, 5, 20):
        fewest = fewest_for(tree, level="activity", outcome="any", nodes=nodes)
        counted = OUTCOMES["any"][0]
        shown = tree.filter(
            (pl.col("level") == "activity") & ~pl.col("is_rest") & (pl.col("depth") > 0) & (pl.col(counted) >= fewest)
        )
        assert shown.height <= nodes


@pytest.mark.parametrize("check", CHECKS)
def test_a_sound_world_passes(world: Warehouse, check: str) -> None:
    assert failures(world, check) == []


@pytest.mark.parametrize(
    ("check", "fault"),
    [
        (CHECKS[0], "update mart.stage_dropoff set entered_count = entered_count + 1 where stage = 'decision'"),
        (CHECKS[0], "delete from mart.stage_dropoff where stage = 'post_purchase'"),
        (CHECKS[1], "delete from mart.path_tree where is_rest and depth = 2"),
        (CHECKS[1], "delete from mart.path_tree where depth = 1 and not is_rest"),
        (CHECKS[1], "update mart.path_tree set ended_dropped_count = ended_dropped_count + 1 where depth = 1"),
        (CHECKS[1], "update mart.path_tree set purchased_count = purchased_count + 1 where step = 'order_placed'"),
        (CHECKS[1], "update mart.path_tree set journey_count = journey_count + 1 where depth = 0"),
        (CHECKS[2], "update mart.path_tree set conversion_low_share = 0.9999"),
        (CHECKS[2], "update mart.path_tree set conversion_high_share = null where depth = 0"),
        (CHECKS[2], "update mart.path_tree set conversion_share = null where depth = 0"),
        (CHECKS[2], "update mart.path_tree set settled_count = settled_count + 1 where depth = 0"),
        (CHECKS[2], "update mart.path_tree set settled_converted_count = converted_count + 1 where depth = 1"),
        (CHECKS[2], "update mart.path_tree set settled_count = converted_count + dropped_count where depth = 1"),
        (
            CHECKS[2],
            "update mart.path_tree set conversion_share = 1, conversion_low_share = 1, conversion_high_share = 1 "
            "where purchased_count > 0",
        ),
        (CHECKS[2], "update core.journey set started_at = started_at - interval 90 days"),
        (CHECKS[3], "update mart.variant_coverage set covered_share = covered_share / 2"),
        (CHECKS[3], "update mart.variant_coverage set variant_count = variant_count + 1"),
        (CHECKS[4], "update mart.path_tree set step = 'another' where depth = 1 and place = 1"),
        (CHECKS[4], "update mart.activity set start_count = start_count + 1"),
        (CHECKS[5], "update mart.path_tree set amount = amount + 1 where depth = 0 and level = 'stage'"),
        (CHECKS[5], "update mart.variant set amount = amount + 1 where amount is not null"),
        (CHECKS[5], "update mart.headline set dropped_count = dropped_count + 1"),
        (CHECKS[6], "update mart.path_tree set ended_open_count = ended_open_count + 1 where depth = 2"),
    ],
)
def test_a_check_notices_its_fault(world: Warehouse, check: str, fault: str) -> None:
    with pytest.raises(UndoError), world.transaction():
        world.execute(fault)
        assert failures(world, check)
        raise UndoError


class UndoError(Exception):
    """Rolls a deliberate fault back."""


def failures(warehouse: Warehouse, check: str) -> list[tuple[object, ...]]:
    models = {model.name: model.sql for model in build.read_models(build.sql_files(), "check")}
    return warehouse.rows(models[f"check.{check}"], name=check)
