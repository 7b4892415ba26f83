"""What goes with a deviation: a known effect is found with its size, none is found where there is none."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random

import pytest
from test_planned import REQUIRED, STAGES, Journey, deviations, journey, log_of, plan_of

from journey_analytics.intervals import Z_95
from journey_analytics.planned.compared import AFTER_PURCHASE, CERTAIN
from journey_analytics.planned.outcomes import outcome
from journey_analytics.planned.plan import Plan

SEEDS = 30
LOST_WITH, LOST_WITHOUT = 0.86, 0.2


def buyer(random: Random) -> Journey:
    """Most leave at once; `barrier` after step_e keeps from buying, `noise` anywhere does not; then a refund."""
    steps: list[str] = []
    for name in REQUIRED[:-1]:
        steps.append(name)
        has_barrier = name == "step_e" and random.random() < 0.3
        steps += ["barrier"] * has_barrier + ["noise"] * (random.random() < 0.1)
        leaves = {"step_a": 0.6, "step_b": 0.2, "step_e": LOST_WITH if has_barrier else LOST_WITHOUT}
        if random.random() < leaves.get(name, 0.0):
            return Journey(steps, "dropped", True, False)
    steps += [REQUIRED[-1], *(["refund"] * (random.random() < 0.3)), *(["noise"] * (random.random() < 0.1))]
    return Journey(steps, "converted", True, False)


def lately(random: Random) -> Journey:
    """Of the journeys of the last weeks only those that bought are closed; half of them met the barrier."""
    steps = [*REQUIRED[:5], *(["barrier"] * (random.random() < 0.5)), *REQUIRED[5:]]
    return Journey(steps, "converted", True, False, is_settled=False)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], dict[tuple[str, str], dict]]:
    plan = plan_of(tmp_path_factory.mktemp("outcomes"))

    @cache
    def made(seed: int) -> dict[tuple[str, str], dict]:
        random = Random(seed)
        journeys = [buyer(random) for _ in range(3000)] + [lately(random) for _ in range(300)]
        return {(row["kind"], row["activity"]): row for row in deviations(plan, log_of(journeys))}

    return made


def covered(found: list[dict], truth: float) -> int:
    return sum(row["difference_low_points"] <= truth <= row["difference_high_points"] for row in found)


def test_a_barrier_is_found_with_its_size(rows):
    found = [rows(seed)["unplanned", "barrier"] for seed in range(SEEDS)]
    truth = 100 * (LOST_WITH - LOST_WITHOUT)
    assert covered(found, truth) >= SEEDS - 4
    assert all(abs(row["difference_points"] - truth) < 15 for row in found)
    assert abs(sum(row["difference_points"] for row in found) / SEEDS - truth) < 1.5
    assert {row["after_activity"] for row in found} == {"step_e"}
    assert {row["stake_place"] for row in found} == {1}
    assert all(row["amount_low_at_stake"] > 0 for row in found)


def test_its_base_are_the_journeys_that_came_to_its_place_and_only_settled_ones_are_compared(rows):
    row = rows(0)["unplanned", "barrier"]
    random = Random(0)
    old, new = [buyer(random) for _ in range(3000)], [lately(random) for _ in range(300)]
    came = [one for one in [*old, *new] if "step_e" in one.steps]
    assert row["journey_count"] == len(came) < 2000
    assert row["affected_count"] == sum("barrier" in one.steps for one in came)
    settled = [one for one in old if "step_e" in one.steps]
    assert row["settled_with_count"] == sum("barrier" in one.steps for one in settled)
    assert row["settled_with_count"] + row["settled_without_count"] == len(settled)
    with_it = [one.status == "dropped" for one in settled if "barrier" in one.steps]
    assert row["dropoff_share_with"] == pytest.approx(sum(with_it) / len(with_it))


def test_what_has_no_effect_shows_none_though_most_leave_at_once(rows):
    found = [rows(seed)["unplanned", "noise"] for seed in range(SEEDS)]
    assert covered(found, 0.0) >= SEEDS - 4
    assert abs(sum(row["difference_points"] for row in found) / SEEDS) < 1
    assert sum(row["amount_at_stake"] is None for row in found) >= SEEDS - 4


def test_what_comes_after_the_purchase_is_counted_and_not_compared(rows):
    row = rows(1)["unplanned", "refund"]
    assert row["affected_count"] > 50
    assert row["affected_share"] == pytest.approx(0.3, abs=0.1)
    assert (row["note"], row["after_activity"]) == (AFTER_PURCHASE, "step_h")
    told = ("settled_with_count", "dropoff_share_with", "difference_points", "amount_at_stake", "amount_low_at_stake")
    assert [row[column] for column in told] == [None] * 5


def test_a_refund_of_an_earlier_purchase_is_not_what_keeps_from_buying(tmp_path, monkeypatch):
    monkeypatch.setitem(STAGES, "refund", "post_purchase")
    random = Random(4)
    journeys = [buyer(random) for _ in range(300)]
    journeys += [Journey(["step_a", "refund"], "dropped", True, False) for _ in range(40)]
    (row,) = [row for row in deviations(plan_of(tmp_path), log_of(journeys)) if row["activity"] == "refund"]
    assert (row["note"], row["amount_at_stake"]) == (AFTER_PURCHASE, None)


def skipped(plan: Plan, seed: int, name: str) -> dict:
    random = Random(seed)
    journeys = [journey(random, skip={name: 0.3}, add={}, noise=0.0) for _ in range(1500)]
    (row,) = deviations(plan, log_of(journeys))
    return row


def test_leaving_out_what_does_not_matter_shows_no_difference(tmp_path):
    plan = plan_of(tmp_path)
    found = [skipped(plan, seed, "step_d") for seed in range(SEEDS)]
    assert covered(found, 0.0) >= SEEDS - 4


def test_leaving_out_the_last_step_is_only_seen_of_buyers_and_not_compared(tmp_path):
    row = skipped(plan_of(tmp_path), 1, "step_g")
    assert row["affected_count"] > 30
    assert (row["note"], row["difference_points"], row["amount_at_stake"]) == (CERTAIN, None, None)


@pytest.mark.parametrize("seed", range(5))
def test_the_pooled_difference_is_that_of_greenland_and_robins(seed):
    random = Random(seed)
    tables = {f"place_{n}": [random.randint(1, 60) for _ in range(4)] for n in range(random.randint(1, 5))}
    cells = {}
    for place, (a, b, c, d) in tables.items():
        cells[frozenset({place}), frozenset({place})] = (b, a)
        cells[frozenset({place}), frozenset()] = (d, c)
    weight = points = variance = 0.0
    for a, b, c, d in tables.values():
        n1, n0 = a + b, c + d
        weight += n1 * n0 / (n1 + n0)
        points += (a * n0 - c * n1) / (n1 + n0)
        variance += (a * b * n0**3 + c * d * n1**3) / (n1 * n0 * (n1 + n0) ** 2)
    found = outcome(cells)
    assert found is not None
    assert found.lost_with - found.lost_without == pytest.approx(points / weight)
    half = Z_95 * variance**0.5 / weight
    assert (found.low, found.high) == pytest.approx((points / weight - half, points / weight + half))


def test_journeys_that_come_to_two_places_are_not_twice_as_many():
    def told(*places: str) -> tuple[float, float]:
        at = frozenset(places)
        found = outcome({(at, at): (20, 30), (at, frozenset()): (60, 40)})
        assert found is not None
        assert (found.with_count, found.without_count) == (50, 100)
        return found.low, found.high

    assert told("a", "b") == pytest.approx(told("a"))


def test_shares_of_nothing_and_of_all_keep_an_interval():
    at = frozenset({"a"})
    found = outcome({(at, at): (0, 5), (at, frozenset()): (5, 0)})
    assert found is not None
    assert 0 < found.low < 1 == found.high
    assert outcome({(at, at): (3, 5)}) is None


def test_the_purchase_is_where_the_first_one_stands(tmp_path: Path):
    plan = plan_of(tmp_path)
    early = Journey(["step_a", "step_b", "noise", "step_c"], "converted", False, False, purchase="step_b")
    left = Journey(["step_a", "step_b"], "dropped", True, False)
    (row,) = [row for row in deviations(plan, log_of([early] * 40 + [left] * 40)) if row["kind"] == "unplanned"]
    assert (row["affected_count"], row["note"]) == (40, AFTER_PURCHASE)
