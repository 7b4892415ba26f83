"""The SQL of a funnel against a brute force, against ClickHouse, and against what must hold for any log."""

import random
from collections import Counter
from datetime import timedelta
from itertools import pairwise

import funnel_case
import polars as pl
import pytest
from funnel_case import START, expected, frame, levels, log, matched, random_funnel, random_log, reached, seconds
from hypothesis import given, settings
from hypothesis import strategies as st

from journey_analytics.errors import ConfigurationError
from journey_analytics.funnel.definition import Funnel, exclusion, funnel, step
from journey_analytics.funnel.earliest import is_enough
from journey_analytics.funnel.matching import excluded_sql, match, matching_sql
from journey_analytics.warehouse import open_memory

FUNNELS_PER_ORDER, UNITS = 25, 25
ORDERS = ("ordered", "strict", "any", "anchored")


@pytest.mark.parametrize("order", ORDERS)
def test_the_sql_finds_what_a_brute_force_over_all_chains_finds(order):
    """2,500 random cases over all options; `benchmarks/funnel_oracle.py` runs as many as one likes."""
    seen = Counter()
    for seed in range(FUNNELS_PER_ORDER):
        rng = random.Random(f"{order} {seed}")
        asked = random_funnel(rng, order=order)
        logs = {f"u{number:03}": random_log(rng) for number in range(UNITS)}
        found = matched(frame(logs, rng=rng), asked)
        for unit, touches in logs.items():
            assert found.get(unit, []) == expected(touches, asked), (seed, asked, touches)
        seen.update([is_enough(asked), asked.entry, *(attempt[3] for rows in found.values() for attempt in rows)])
    # The cases reach both ways of matching, all entries, and funnels of every depth.
    assert min(seen[each] for each in ("first", "every", "best", 1, 2, 3)) > 0
    assert seen[False] > 0
    assert seen[True] > 0


# --- ClickHouse -----------------------------------------------------------------------------------------------------

CLICKHOUSE_CASES = 10_000
_UNITS_PER_QUERY = 250
_INSTANT = timedelta(microseconds=1)

# What of `windowFunnel` is ours, with `entry="best"`: it takes the longest chain over all its entries.
#   default              ordered; events of one instant in any order (same_time of less than its resolution);
#                        steps that share no event, for there one event counts for several.
#   strict_once          the same, where steps share events: one event counts once, as ours always does.
#   strict_increase      ordered with a min_gap of one instant.
#   strict_order         strict, where no two events share an instant (there, what does not match comes first).
#   strict_deduplication ordered.
# The last three agree where no event of the funnel happens twice to a unit. Where one does, `windowFunnel` remembers
# only its latest chain up to each step, so it overlooks valid chains (strict_increase), goes on over a repeated step
# (strict_order: A B B C is 3) or ends at one (strict_deduplication): no definition by what chains exist says that.
SHARED = {
    "default": (),
    "strict_once": ("strict_once",),
    "strict_increase": ("strict_increase",),
    "strict_order": ("strict_order",),
    "strict_deduplication": ("strict_deduplication",),
}


@pytest.mark.parametrize("mode", SHARED)
def test_reached_steps_are_those_of_clickhouse(mode):
    """10,000 random units over the five modes, in queries of 250."""
    chdb = pytest.importorskip("chdb", reason="ClickHouse in process is a development dependency (chdb-core)")
    reached_counts = Counter()
    for seed in range(CLICKHOUSE_CASES // len(SHARED) // _UNITS_PER_QUERY):
        rng = random.Random(f"{mode} {seed}")
        steps = _clickhouse_steps(rng, overlap=mode == "strict_once")
        window = rng.choice([2, 4, 7, 50])
        logs = [_clickhouse_log(rng, mode) for _ in range(_UNITS_PER_QUERY)]
        theirs = _window_funnel(chdb, logs, steps, window=window, modes=SHARED[mode])
        ours = _levels(logs, _as_ours(steps, window=window, mode=mode), rng=rng)
        assert ours == theirs, (mode, seed, steps, window, [logs[u] for u in theirs if ours[u] != theirs[u]][:1])
        reached_counts.update(theirs.values())
    assert min(reached_counts[level] for level in (0, 1, 2, 3)) > 0


def _clickhouse_steps(rng: random.Random, *, overlap: bool) -> list[str]:
    count = rng.randint(3, 5)
    return (
        ["".join(rng.sample("abcde", rng.choice([1, 1, 2]))) for _ in range(count)]
        if overlap
        else list("abcde"[:count])
    )


def _clickhouse_log(rng: random.Random, mode: str) -> list[tuple[str, int]]:
    at, events = 0, []
    repeats, least = mode in ("default", "strict_once"), int(mode == "strict_order")
    for _ in range(rng.randint(1, 12)):
        at += rng.choice([least, 1, 1, 2, 3])
        activity = rng.choice("abcdexy")
        if repeats or activity in "xy" or activity not in [each for each, _ in events]:
            events.append((activity, at))
    return events


def _window_funnel(chdb, logs, steps, *, window, modes) -> dict[int, int]:
    rows = ", ".join(f"({unit}, {at}, '{each}')" for unit, events in enumerate(logs) for each, at in events)
    conditions = ", ".join("a in (" + ", ".join(f"'{each}'" for each in alternatives) + ")" for alternatives in steps)
    parameters = ", ".join([str(window), *(f"'{mode}'" for mode in modes)])
    answer = chdb.query(
        f"select u, windowFunnel({parameters})(t, {conditions}) "
        f"from values('u UInt32, t UInt64, a String', {rows}) group by u order by u",
        "CSV",
    )
    pairs = (line.split(",") for line in str(answer).split())
    return {int(unit): int(level) for unit, level in pairs}


def _as_ours(steps: list[str], *, window: int, mode: str) -> Funnel:
    gap = _INSTANT if mode == "strict_increase" else None
    made = [step(tuple(each), name=str(number), min_gap=gap if number else None) for number, each in enumerate(steps)]
    return funnel(
        mode, made, unit="customer", entry="best", window=seconds(window),
        order="strict" if mode == "strict_order" else "ordered",
        same_time=None if mode in ("strict_increase", "strict_order") else _INSTANT,
    )  # fmt: skip


def _levels(logs, asked: Funnel, *, rng: random.Random) -> dict[int, int]:
    units = {
        f"{unit}": [
            funnel_case.Touch(place, each, START + timedelta(seconds=at)) for place, (each, at) in enumerate(events, 1)
        ]
        for unit, events in enumerate(logs)
    }
    found = levels(frame(units, rng=rng), asked)
    return {unit: found.get(f"{unit}", [0])[0] for unit in range(len(logs))}


def test_clickhouse_overlooks_chains_where_steps_repeat_and_ours_does_not():
    """Why `strict_increase` is compared without repeats: a@0, b@1, c@2 are a chain, but it restarts at the a of b's."""
    chdb = pytest.importorskip("chdb", reason="ClickHouse in process is a development dependency (chdb-core)")
    events = [[("a", 0), ("a", 1), ("b", 1), ("c", 2)]]
    assert _window_funnel(chdb, events, list("abc"), window=50, modes=("strict_increase",)) == {0: 1}
    assert _levels(events, _as_ours(list("abc"), window=50, mode="strict_increase"), rng=random.Random(1)) == {0: 3}


# --- What must hold for any log -------------------------------------------------------------------------------------

_TOUCHES = st.lists(st.tuples(st.sampled_from("abcox"), st.integers(0, 3)), max_size=10)
_OPTIONS = st.fixed_dictionaries(
    {
        "order": st.sampled_from(["ordered", "any", "strict"]),
        "entry": st.sampled_from(["first", "every", "best"]),
        "window": st.sampled_from([None, seconds(4)]),
    }
)


def _units(logs: list[list[tuple[str, int]]]) -> dict[str, list[funnel_case.Touch]]:
    units = {}
    for number, events in enumerate(logs):
        at, touches = 0, []
        for place, (activity, gap) in enumerate(events, 1):
            at += gap
            touches.append(funnel_case.Touch(place, activity, START + timedelta(seconds=at)))
        units[f"u{number}"] = touches
    return units


@settings(max_examples=15, deadline=None)
@given(logs=st.lists(_TOUCHES, min_size=2, max_size=5), options=_OPTIONS, seed=st.integers(0, 99))
def test_neither_the_order_of_the_input_nor_other_units_change_anything(logs, options, seed):
    units = _units(logs)
    asked = funnel("f", ["a", "b", "c"], **options)
    together = matched(frame(units, rng=random.Random(seed)), asked)
    alone = [matched(frame({unit: touches}), asked) for unit, touches in units.items()]
    assert together == {unit: rows for part in alone for unit, rows in part.items()}


@settings(max_examples=15, deadline=None)
@given(
    logs=st.lists(_TOUCHES, min_size=2, max_size=8),
    order=st.sampled_from(ORDERS),
    entry=st.sampled_from(["first", "best"]),
)
def test_a_wider_window_never_loses_a_step(logs, order, entry):
    touchpoints = frame(_units(logs))
    gap = seconds(2) if order == "ordered" else None
    steps = ["a", step("b", max_gap=gap), "c"]
    found = [levels(touchpoints, funnel("f", steps, order=order, entry=entry, window=seconds(w))) for w in (2, 5, None)]
    for narrow, wide in pairwise(found):
        assert narrow.keys() == wide.keys()
        assert all(narrow[unit] <= wide[unit] for unit in narrow)


@settings(max_examples=15, deadline=None)
@given(
    logs=st.lists(_TOUCHES, min_size=2, max_size=8),
    entry=st.sampled_from(["first", "every", "best"]),
    gap=st.sampled_from([None, 2]),
)
def test_an_optional_step_changes_no_required_one(logs, entry, gap):
    touchpoints = frame(_units(logs))
    needed = ["a", step("b", max_gap=seconds(gap)), "c"]
    optional = [needed[0], step("o|b|c", is_optional=True), *needed[1:2], step("o", is_optional=True), needed[2]]
    plain, more = (matched(touchpoints, funnel("f", steps, entry=entry)) for steps in (needed, optional))
    kept = {
        unit: [(entry, first, (places[0], places[2], places[4]), *rest) for entry, first, places, *rest in rows]
        for unit, rows in more.items()
    }
    assert kept == {unit: [tuple(row) for row in rows] for unit, rows in plain.items()}


# --- Single rules, as sentences --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "options", "found"),
    [
        ("a@0 b@10", {"window": seconds(10)}, [2]),
        ("a@0 b@11", {"window": seconds(10)}, [1]),
        ("a@0 a@5 b@11", {"window": seconds(10)}, [1]),
        ("a@0 a@5 b@11", {"window": seconds(10), "entry": "best"}, [2]),
        ("a@0 a@5 b@11", {"window": seconds(10), "entry": "every"}, [1]),
        ("a@0 a@5 b@11 a@12 b@13", {"window": seconds(10), "entry": "every"}, [1, 2]),
        ("a a b b", {"entry": "every"}, [2]),
        ("b a", {}, [1]),
        ("b a", {"order": "any"}, [2]),
        ("b@0 a@2", {"same_time": seconds(1)}, [1]),
        ("b@0 a@1", {"same_time": seconds(1)}, [2]),
        ("a x b", {"order": "strict"}, [1]),
        ("a x b", {}, [2]),
        ("b", {"is_open": True}, [1]),
        ("b", {}, []),
        ("a:red b:blue", {"held_constant": ["topic"]}, [1]),
        ("a:red b:blue b:red", {"held_constant": ["topic"]}, [2]),
        ("a b", {"held_constant": ["topic"]}, []),
        ("a x b", {"exclusion": exclusion("x", mode="drop_journey")}, []),
        ("a x b", {"exclusion": exclusion("x", mode="end_at_exclusion")}, [1]),
        ("x a b x", {"exclusion": exclusion("x", mode="drop_journey")}, [2]),
        ("a@0 x@11", {"exclusion": exclusion("x", mode="drop_journey"), "window": seconds(10)}, [1]),
        ("a@0 b@1", {"since": START + timedelta(seconds=1)}, []),
        ("a@0 b@1", {"until": START}, []),
        ("a@0 b@1", {"since": START, "until": START + timedelta(seconds=1)}, [2]),
    ],
)
def test_a_funnel_of_two_steps(text, options, found):
    assert reached(text, funnel("f", ["a", "b"], **options)) == found


def test_an_early_match_that_would_block_a_later_step_is_not_taken():
    asked = funnel("f", ["a", "b", step("c", max_gap=seconds(1))])
    assert matched(log("a@0 b@1 b@8 c@9"), asked) == {"u": [(1, 1, (1, 3, 4), 3, None)]}


def test_one_touchpoint_satisfies_one_step():
    assert reached("a", funnel("f", ["a", step("a|b", name="again")])) == [1]
    assert reached("a a", funnel("f", ["a", step("a|b", name="again")], order="any")) == [2]
    assert reached("b", funnel("f", ["a|b", step("b|c", name="again")], order="any")) == [1]


def test_steps_that_compete_for_a_touchpoint_share_them_out():
    assert matched(log("b a"), funnel("f", ["a|b", step("b", name="second")], order="any")) == {
        "u": [(1, 1, (2, 1), 2, None)]
    }


def test_units_that_an_exclusion_drops_are_counted():
    asked = funnel("f", ["a", "b"], exclusion=exclusion("x", mode="drop_journey"))
    both = pl.concat([log("a x b", unit="one"), log("a b x", unit="two")])
    with open_memory() as warehouse:
        warehouse.create_from("core.touchpoint", both.with_columns(is_purchase=pl.lit(value=False)))
        warehouse.execute("create table config.source_rank as select 'web' as source, '1' as rank")
        assert warehouse.rows(excluded_sql(asked)) == [("one", START + timedelta(seconds=1))]
        assert [row[0] for row in warehouse.rows(matching_sql(asked))] == ["two"]
        assert warehouse.rows(matching_sql(asked, cutoff=START))[0][4] == 1
        assert warehouse.rows(excluded_sql(asked, cutoff=START)) == []
    with pytest.raises(ConfigurationError, match="drop_journey"):
        excluded_sql(funnel("f", ["a", "b"]))


def test_passive_touchpoints_match_when_named_and_never_come_between():
    passive = log("a m b").with_columns(is_passive=pl.col("activity") == "m")
    assert levels(passive, funnel("f", ["a", "b"], order="strict")) == {"u": [2]}
    assert levels(passive, funnel("f", ["a", "m", "b"], order="strict")) == {"u": [3]}
    alone = log("m m").with_columns(is_passive=pl.lit(value=True))
    assert levels(alone, funnel("f", ["m", step("m", name="again")])) == {}
    assert levels(alone, funnel("f", ["m", step("m", name="again")], unit="customer")) == {"u": [2]}


def test_a_quote_in_a_name_is_text():
    asked = funnel("f", ["it's", "b'; drop table core.touchpoint; --"])
    touchpoints = log("a b").with_columns(activity=pl.Series(["it's", "b'; drop table core.touchpoint; --"]))
    assert levels(touchpoints, asked) == {"u": [2]}


def test_a_missing_column_is_named():
    with pytest.raises(ConfigurationError, match="journey_id"):
        match(log("a").drop("journey_id"), funnel("f", ["a", "b"]))
