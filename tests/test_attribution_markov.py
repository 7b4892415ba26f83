"""The chain of touches: documented examples, walks counted one by one, and bits that never change."""

from random import Random

import pytest
from attribution_world import SCOPE, credits_of, written
from hypothesis import given, settings
from hypothesis import strategies as st

from journey_analytics.attribution import attribution
from journey_analytics.attribution.markov import inverse, removal_effects

counts = st.integers(0, 9)


def test_the_four_paths_of_a_simple_explanation_of_the_removal_effect():
    """Ads alone 2, mailing 1, ads > mailing 1, ads without conversion 1: effects 0.75 and 0.5, credits 2.4 and 1.6."""
    lines = ["ads +", "ads +", "mailing +", "ads mailing +", "ads -"]
    effects = removal_effects([[0, 1], [0, 0]], starts=[4, 1], conversions=[2, 2], losses=[1, 0])
    assert effects == pytest.approx([0.75, 0.5])
    assert credits_of(attribution(written(lines), scope=SCOPE), "markov") == pytest.approx({"ads": 2.4, "mailing": 1.6})


def test_the_three_channels_of_the_best_known_tutorial():
    """c1 > c2 > c3 converts, c1 and c2 > c3 do not: removal effects 0.5, 1 and 1, credits 0.2, 0.4 and 0.4."""
    table = attribution(written(["c1 c2 c3 +", "c1 -", "c2 c3 -"]), scope=SCOPE)
    assert credits_of(table, "markov") == pytest.approx({"c1": 0.2, "c2": 0.4, "c3": 0.4})


def test_a_value_that_follows_itself_changes_nothing():
    once = credits_of(attribution(written(["a b +", "a -", "b a -"]), scope=SCOPE), "markov")
    again = credits_of(attribution(written(["a a a b b +", "a -", "b a a -"]), scope=SCOPE), "markov")
    assert again == pytest.approx(once)


def test_a_circle_that_nobody_was_seen_to_leave_leads_nowhere():
    effects = removal_effects(
        [[0, 1, 0], [1, 0, 0], [0, 0, 0]], starts=[1, 0, 1], conversions=[0, 0, 1], losses=[0, 0, 1]
    )
    assert effects == [0.0, 0.0, 1.0]


def test_without_conversions_there_is_no_effect():
    assert removal_effects([[0, 1], [0, 0]], starts=[2, 0], conversions=[0, 0], losses=[1, 1]) == [0.0, 0.0]


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 5).flatmap(
        lambda size: st.tuples(
            st.lists(st.lists(counts, min_size=size, max_size=size), min_size=size, max_size=size),
            *(st.lists(counts, min_size=size, max_size=size) for _ in range(3)),
        )
    )
)
def test_the_exact_solution_is_that_of_walking_on_and_on(chain):
    flows, starts, conversions, losses = chain
    everything = walked(flows, starts, conversions, losses, removed=None)
    effects = removal_effects(flows, starts=starts, conversions=conversions, losses=losses)
    for value, effect in enumerate(effects):
        left = walked(flows, starts, conversions, losses, removed=value)
        assert effect == pytest.approx(1 - left / everything if everything else 0.0, abs=1e-6)


def walked(flows, starts, conversions, losses, *, removed):
    """Journeys that convert when nobody goes on from `removed`: the distribution over values, step by step."""
    totals = [sum(row) + won + lost for row, won, lost in zip(flows, conversions, losses, strict=True)]
    here = [0.0 if value == removed else float(count) for value, count in enumerate(starts)]
    converted = 0.0
    for _ in range(2000):
        converted += sum(
            mass * won / total for mass, won, total in zip(here, conversions, totals, strict=True) if total
        )
        here = [
            0.0
            if value == removed
            else sum(m * row[value] / t for m, row, t in zip(here, flows, totals, strict=True) if t)
            for value in range(len(here))
        ]
    return converted


def test_the_inverse_needs_its_pivots():
    matrix = [[0.0, 2.0, 1.0], [1.0, 1e-14, 0.0], [3.0, 1.0, 1.0]]
    found = inverse(matrix)
    product = [[sum(row[k] * found[k][j] for k in range(3)) for j in range(3)] for row in matrix]
    for i, row in enumerate(product):
        assert row == pytest.approx([float(i == j) for j in range(3)], abs=1e-12)


def test_a_singular_matrix_is_an_error():
    with pytest.raises(ZeroDivisionError):
        inverse([[1.0, 1.0], [1.0, 1.0]])


def test_fifty_channels_are_solved_as_exactly_as_five():
    random = Random(3)
    size = 50
    flows = [[random.randrange(1000) for _ in range(size)] for _ in range(size)]
    starts, conversions, losses = ([random.randrange(1, 1000) for _ in range(size)] for _ in range(3))
    effects = removal_effects(flows, starts=starts, conversions=conversions, losses=losses)
    everything = walked(flows, starts, conversions, losses, removed=None)
    left = walked(flows, starts, conversions, losses, removed=7)
    assert effects[7] == pytest.approx(1 - left / everything, abs=1e-9)
