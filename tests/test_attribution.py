"""The table of credits as a whole: sums, censoring, intervals, and that nothing depends on the order of the input."""

from dataclasses import replace
from random import Random

import polars as pl
import pytest
from attribution_world import GAP_US, SCOPE, Shop, credits_of, journey_frame, touch_frame, without_open, written
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from journey_analytics.attribution import EXTRA_MODELS, MODELS, attribution, paths
from journey_analytics.attribution.following import followed
from journey_analytics.attribution.resampling import BUCKETS, REPLICATES, interval, resamples
from journey_analytics.attribution.shares import markov_shares, shapley_shares
from journey_analytics.attribution.table import SCHEMA

LINES = st.lists(
    st.tuples(st.lists(st.sampled_from("abcd"), max_size=5), st.sampled_from("+-?")).map(
        lambda drawn: " ".join([*drawn[0], drawn[1]])
    ),
    max_size=25,
)


@settings(max_examples=8, deadline=None)
@given(LINES)
def test_the_credits_of_every_model_sum_to_the_conversions(lines: list[str]):
    amounts = [10_000 * number for number in range(len(lines))]
    table = attribution(written(lines, amounts=amounts), scope=SCOPE)
    conversions = sum(line.endswith("+") for line in lines)
    money = sum(number for number, line in enumerate(lines) if line.endswith("+"))
    assert table.schema == pl.Schema(SCHEMA)
    if conversions:
        assert set(table["model"]) == {*MODELS, *EXTRA_MODELS}
    for _, part in table.group_by("model"):
        assert part["conversion_credit"].sum() == pytest.approx(conversions, abs=1e-9)
        assert part["amount_credit"].sum() == pytest.approx(money, abs=1e-6)
        assert set(part["conversion_count"]) <= {conversions}
    assert table.filter(pl.col("credit_low") > pl.col("conversion_credit")).is_empty()
    assert table.filter(pl.col("credit_high") < pl.col("conversion_credit")).is_empty()


def test_conversions_without_a_touch_are_nobodys():
    table = attribution(written(["+", "+", "a +", "-", "?", "a -"]), scope=SCOPE)
    for model in MODELS:
        assert credits_of(table, model) == pytest.approx({"a": 1.0, "none": 2.0})
    none = table.filter(touchpoint="none")
    assert set(none["note"]) == {"conversions without a touch in the 30 days before"}
    assert not none["is_ranked"].any()


def test_a_row_says_how_many_conversions_it_touched_and_is_ranked_from_the_minimum_on():
    table = attribution(written(["a a b +", "a +", "b -", "b ?"]), scope=SCOPE).filter(model="last")
    assert table.select("touchpoint", "touched_count", "is_ranked").rows() == [("a", 2, True), ("b", 1, False)]


def test_another_dimension_has_no_direct_and_no_money_has_no_currency():
    scope = replace(SCOPE, dimension="campaign", currency=None)
    table = attribution(written(["direct +"]), scope=scope)
    assert "last_non_direct" not in set(table["model"])
    assert table["amount_credit"].null_count() == table["amount_high"].null_count() == table.height > 0


def test_amounts_in_other_currencies_are_counted():
    table = attribution(written(["a +"]), scope=replace(SCOPE, other_currency_count=3))
    assert set(table["note"]) == {"amounts leave out 3 conversions without an amount in EUR"}


def test_no_order_and_no_split_of_the_input_changes_a_bit():
    found = Shop().journeys(400, seed=4).known()
    touchpoints = found.touches.with_columns(
        value=pl.col("touchpoint").replace_strict(dict(enumerate(found.names)), return_dtype=pl.String),
        position=pl.int_range(pl.len()),
    ).drop("touchpoint")
    table = attribution(paths(found.journeys, touchpoints, gap_us=GAP_US), scope=SCOPE)
    random = Random(1)
    for seed in range(3):
        journeys = found.journeys.sample(fraction=1.0, shuffle=True, seed=seed)
        rows = touchpoints.sample(fraction=1.0, shuffle=True, seed=seed)
        cut = random.randrange(rows.height)
        again = attribution(paths(journeys, pl.concat([rows[cut:], rows[:cut]]), gap_us=GAP_US), scope=SCOPE)
        assert_frame_equal(again, table, check_exact=True)


def test_resamples_are_the_same_in_every_process_and_as_many_groups_as_there_are():
    first, *drawn = resamples()
    assert first == [1] * BUCKETS
    assert len(drawn) == REPLICATES
    assert {sum(times) for times in drawn} == {BUCKETS}
    assert drawn[0][:12] == [0, 2, 2, 0, 2, 1, 1, 2, 2, 0, 2, 1]


def test_an_interval_is_between_the_fifth_values_from_either_end():
    values = [100.0, *map(float, range(1, 201))]
    assert interval(values) == pytest.approx((0.025 * 201, 0.975 * 201))
    assert interval([500.0, *values[1:]])[1] == 500.0
    assert interval([-1.0, *values[1:]])[0] == -1.0


def test_without_open_journeys_every_known_next_state_weighs_one():
    follows = followed(Shop().journeys(300, seed=2).in_full())
    assert follows["weight"].to_list() == pytest.approx([1.0] * follows.height)


def test_what_follows_a_touch_is_its_next_touch_or_the_end_and_unknown_in_an_open_journey():
    follows = followed(written(["a b +", "b -", "b a ?"]))
    assert follows.select("journey", "touchpoint", "next").rows() == [(0, 0, 1), (0, 1, -1), (1, 1, -2), (2, 1, 0)]


@pytest.mark.parametrize("arrives_at", [0.0, 45.0])
@pytest.mark.parametrize("shares_of", [markov_shares, shapley_shares])
def test_open_journeys_are_censored_not_failures_and_not_left_out(shares_of, arrives_at: float):
    """31 % of the journeys are still open. The truth is what the same journeys come to in the end."""
    world = Shop(arrives_at=arrives_at).journeys(15_000, seed=6)
    truth, known = shares(shares_of, world.in_full()), shares(shares_of, world.known())
    ignored = shares(shares_of, without_open(world.known()))
    assert distance(known, truth) < (0.012 if shares_of is markov_shares else 0.12)
    if shares_of is shapley_shares:
        assert distance(known, truth) < distance(ignored, truth) * 0.75


def test_counting_what_is_known_without_weights_would_favour_what_comes_first():
    """The same journeys, each transition counted once: what 'observed transitions, no absorption' comes to."""
    world = Shop().journeys(15_000, seed=6)
    found, truth = world.known(), shares(markov_shares, world.in_full())
    naive = markov_shares(found, followed(found).with_columns(weight=1.0)).by_resample[0]
    assert distance(naive, truth) > 0.02 > 3 * distance(shares(markov_shares, found), truth)


def shares(shares_of, found) -> list[float]:
    return shares_of(found, followed(found)).by_resample[0]


def distance(one: list[float], other: list[float]) -> float:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / 2


def test_the_intervals_of_small_shops_hold_the_true_credit():
    """30 shops of 800 journeys, 4 channels each; `benchmarks/attribution_coverage.py` does it with 500."""
    shop = Shop(days=365.0)
    runs = [attribution(shop.journeys(800, seed=seed).known(), scope=SCOPE) for seed in range(30)]
    every = pl.concat(runs).filter(pl.col("model").is_in(["first", "linear", "markov"]))
    truth = every.group_by("model", "touchpoint").agg(truth=pl.col("conversion_credit").mean())
    held = (
        every.join(truth, on=["model", "touchpoint"])
        .group_by("model")
        .agg(covered=pl.col("truth").is_between("credit_low", "credit_high").mean())
    )
    assert held.filter(pl.col("covered") < 0.88).is_empty()
    assert every.filter(pl.col("credit_high") - pl.col("credit_low") > 2 * pl.col("conversion_credit")).height < 10


def test_nothing_at_all_is_an_empty_table():
    empty = paths(journey_frame([]), touch_frame([]), gap_us=GAP_US)
    assert attribution(empty, scope=SCOPE).is_empty()
