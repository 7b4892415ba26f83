"""Shapley values: every order of players tried out, and the axioms."""

from itertools import permutations
from random import Random

import polars as pl
import pytest
from attribution_world import SCOPE, credits_of, written

from journey_analytics.attribution import attribution
from journey_analytics.attribution.shapley import coalition_rates, shapley_values


def journeys(players: int, *, seed: int) -> tuple[list[int], list[int]]:
    """How many journeys have exactly each set of values, and how many of them convert; nobody without a value."""
    random = Random(seed)
    reached = [0, *(random.choice([0, 0, random.randrange(1, 90)]) for _ in range(2**players - 1))]
    return reached, [random.randint(0, count) for count in reached]


def rate(reached: list[int], converted: list[int], within: int) -> float:
    sets = [members for members in range(len(reached)) if members & ~within == 0]
    total = sum(reached[members] for members in sets)
    return sum(converted[members] for members in sets) / total if total else 0.0


@pytest.mark.parametrize("players", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_values_are_the_mean_contribution_over_every_order(players: int, seed: int):
    reached, converted = journeys(players, seed=seed)
    orders = list(permutations(range(players)))
    expected = [0.0] * players
    for order in orders:
        within = 0
        for player in order:
            before = rate(reached, converted, within)
            within |= 1 << player
            expected[player] += (rate(reached, converted, within) - before) / len(orders)
    rates = coalition_rates(pl.Series(reached), pl.Series(converted), players=players)
    assert shapley_values(rates, players=players)[0] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("players", [3, 8, 15])
def test_the_values_sum_to_the_rate_of_all(players: int):
    reached, converted = journeys(players, seed=9)
    rates = coalition_rates(pl.Series(reached), pl.Series(converted), players=players)
    assert sum(shapley_values(rates, players=players)[0]) == pytest.approx(sum(converted) / sum(reached), abs=1e-12)


def test_games_one_after_the_other_are_games_of_their_own():
    games = [journeys(3, seed=seed) for seed in range(4)]
    reached, converted = (pl.Series([count for game in games for count in game[part]]) for part in (0, 1))
    together = shapley_values(coalition_rates(reached, converted, players=3), players=3)
    alone = [shapley_values(coalition_rates(*map(pl.Series, game), players=3), players=3)[0] for game in games]
    assert together == alone


def test_players_that_do_the_same_get_the_same_and_one_that_does_nothing_gets_nothing():
    with_pair = {0b001: 0.2, 0b010: 0.2, 0b011: 0.5}
    values = [with_pair.get(members & 0b011, 0.0) for members in range(8)]
    ((one, other, nothing),) = shapley_values(pl.Series(values), players=3)
    assert one == pytest.approx(other)
    assert one + other == pytest.approx(0.5)
    assert nothing == pytest.approx(0.0, abs=1e-15)


def test_the_credits_are_scaled_to_the_conversions():
    lines = ["a +", "a -", "b -", "a b +", "a b +", "a b -", "b +", "b -"]
    found = credits_of(attribution(written(lines), scope=SCOPE), "shapley")
    # v(a) = 1/2, v(b) = 1/3, v(ab) = 4/8.
    a, b = (1 / 2 + (1 / 2 - 1 / 3)) / 2, (1 / 3 + (1 / 2 - 1 / 2)) / 2
    assert found == pytest.approx({"a": 4 * a / (a + b), "b": 4 * b / (a + b)})


def test_a_value_whose_company_lowers_the_rate_has_a_negative_credit_and_a_note():
    table = attribution(written(["a +", "a b -", "a b -", "b -"]), scope=SCOPE)
    row = table.filter(model="shapley", touchpoint="b").row(0, named=True)
    assert row["conversion_credit"] < 0
    assert row["note"].startswith("negative")
    assert credits_of(table, "shapley_count")["b"] == 0


def test_more_than_fifteen_values_fold_into_other_for_shapley_alone():
    lines = [f"v{number:02} +" for number in range(17) for _ in range(20 - number)] + ["v00 -"]
    table = attribution(written(lines), scope=SCOPE)
    assert table.filter(model="linear").height == 17
    shapley = table.filter(model="shapley")
    assert shapley["touchpoint"].to_list() == ["other", *(f"v{number:02}" for number in range(14))]
    assert shapley["conversion_credit"].sum() == pytest.approx(len(lines) - 1, abs=1e-9)
    assert shapley.filter(touchpoint="other")["touched_count"].item() == 6 + 5 + 4
    assert shapley.filter(touchpoint="other")["note"].item() == "3 values with fewer journeys, together"
