"""No group that is hidden is a shown whole less its shown parts."""

from datetime import datetime
from itertools import product

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from journey_analytics.disclosure import hidden_too
from journey_analytics.feelings.estimates import feelings

NAMES = (("all", "a", "b", "c"), ("all", "s1", "s2"), ("all", "x", "y", "z"))
atoms = st.dictionaries(
    st.tuples(*(st.sampled_from(values[1:]) for values in NAMES)), st.integers(1, 20), min_size=1, max_size=18
)


def _cube(parts: dict[tuple[str, ...], int]) -> dict[tuple[str, ...], int]:
    counts: dict[tuple[str, ...], int] = {}
    for key, n in parts.items():
        for group in product(*((value, "all") for value in key)):
            counts[group] = counts.get(group, 0) + n
    return counts


def _alone(counts: dict[tuple[str, ...], int], hidden: set[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Shown wholes with exactly one hidden part: what a reader can subtract."""
    found = []
    for whole in counts.keys() - hidden:
        for place, name in enumerate(whole):
            parts = [
                key
                for key in counts
                if key != whole and key[:place] + key[place + 1 :] == whole[:place] + whole[place + 1 :]
            ]
            if name == "all" and sum(part in hidden for part in parts) == 1:
                found.append(whole)
    return found


@given(atoms)
@settings(max_examples=300, deadline=None)
def test_no_hidden_group_is_the_difference_of_shown_ones(parts):
    counts = _cube(parts)
    small = {key for key, n in counts.items() if n < 5}
    hidden = hidden_too(counts, small, (0, 1, 2))
    assert small <= hidden
    assert _alone(counts, hidden) == []
    shuffled = dict(sorted(counts.items(), reverse=True))
    assert hidden_too(shuffled, small, (0, 1, 2)) == hidden


def test_the_next_smallest_goes_with_it_and_nothing_without_need():
    counts = {("all",): 30, ("a",): 3, ("b",): 8, ("c",): 8, ("d",): 11}
    assert hidden_too(counts, {("a",)}, (0,)) == {("a",), ("b",)}
    assert hidden_too(counts, {("a",), ("d",)}, (0,)) == {("a",), ("d",)}
    assert hidden_too(counts, set(), (0,)) == set()


def test_the_score_of_a_hidden_stage_cannot_be_subtracted():
    rows = [("all", 12, 6), ("post_purchase", 9, 5), ("consideration", 3, 3)]
    sums = pl.DataFrame(
        {
            "persona": "all", "stage": stage,
            "kind": "measured", "measure": "csat", "n": n,
            "customer_count": customers, "total": n * 5_000, "square_sum": n * 25e6, "product_sum": n * 5e3,
            "count_square_sum": float(n), "freshest_at": datetime(2026, 1, 1),
        }
        for stage, n, customers in rows
    )  # fmt: skip
    told = {row["stage"]: row for row in feelings(sums, minimum_count=30).to_dicts()}
    assert told["all"]["n"] == 12
    assert told["post_purchase"]["is_suppressed"]
    assert told["post_purchase"]["mean"] is told["consideration"]["mean"] is None
