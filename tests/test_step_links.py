"""The step flow of a frame: as by hand, conserved for any anchor and any folding, the same in any order."""

from collections import Counter
from random import Random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from step_flow_reference import ENDS, Journey, anchor_place, collapsed, counts_of, links_by_hand, rows_of

from journey_analytics.errors import ConfigurationError
from journey_analytics.paths.anchor import Anchor, Element, parse_anchor
from journey_analytics.paths.link_shares import with_shares
from journey_analytics.paths.step_links import (
    COUNTS,
    MORE,
    OTHER,
    folded,
    shortened,
    step_links,
)

NODES = "abcdefgh"
JOURNEY = st.builds(
    Journey,
    nodes=st.lists(st.sampled_from(NODES), max_size=24).map(tuple),
    status=st.sampled_from(list(ENDS)),
    entered=st.one_of(st.none(), st.frozensets(st.sampled_from(NODES))),
    is_settled=st.booleans(),
)
JOURNEYS = st.lists(JOURNEY, max_size=12)
ANCHORS = st.sampled_from(["start", "end", "pattern"])
PATTERNS = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(collapsed).map(tuple)


def links(journeys, *, steps, anchor, pattern=()):
    columns = [f"fits_{place}" for place in range(len(pattern))] if anchor == "pattern" else []
    rows = rows_of(journeys, pattern if anchor == "pattern" else ())
    return step_links(rows, steps=steps, anchor=anchor, pattern=columns)


@settings(max_examples=300, deadline=None)
@given(JOURNEYS, ANCHORS, PATTERNS, st.integers(1, 9))
def test_every_link_is_counted_as_by_hand(journeys, anchor, pattern, steps):
    found = links(journeys, steps=steps, anchor=anchor, pattern=pattern)
    assert counts_of(found) == links_by_hand(journeys, steps=steps, anchor=anchor, pattern=pattern)


@settings(max_examples=150, deadline=None)
@given(JOURNEYS, ANCHORS, PATTERNS, st.integers(1, 9), st.integers(1, 8))
def test_fewer_steps_are_those_that_counting_them_would_give(journeys, anchor, pattern, steps, fewer):
    long = links(journeys, steps=steps, anchor=anchor, pattern=pattern)
    fewer = min(steps, fewer)
    assert_frame_equal(shortened(long, fewer), links(journeys, steps=fewer, anchor=anchor, pattern=pattern))


def many(count: int, seed: int) -> list[Journey]:
    random = Random(seed)
    return [
        Journey(
            tuple(random.choices(NODES, weights=range(8, 0, -1), k=int(random.expovariate(0.15)))),
            random.choice(list(ENDS)),
        )
        for _ in range(count)
    ]


def balance(found: pl.DataFrame, name: str) -> dict[tuple[int | str, str], int]:
    """What goes into each step less what goes out, but for START and the ends; MORE of one side is one step."""
    left: Counter[tuple[int | str, str]] = Counter()
    for row in found.iter_rows(named=True):
        side = "before" if row["step_number"] < 0 else "after"
        if row["node"] != "START":
            left[side if row["node"] == MORE else row["step_number"], row["node"]] -= row[name]
        if row["next_node"] not in ENDS.values():
            left[side if row["next_node"] == MORE else row["step_number"] + 1, row["next_node"]] += row[name]
    return {place: n for place, n in left.items() if n}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("anchor", "pattern"), [("start", ()), ("end", ()), ("pattern", ("a",)), ("pattern", ("b", "a"))]
)
def test_thousands_of_journeys_are_conserved_at_every_step_however_they_are_folded(seed, anchor, pattern):
    journeys = many(2_500, seed)
    inside = [j for j in journeys if anchor_place(collapsed(j.nodes), anchor, pattern) is not None]
    statuses = Counter(journey.status for journey in inside)
    for steps in (1, 3, 8):
        whole = links(journeys, steps=steps, anchor=anchor, pattern=pattern)
        for top in (1, 2, 3, 5, 100):
            found = folded(whole, top)
            for name in ("journey_count", "converted_count", "dropped_count", "open_count"):
                assert balance(found, name) == {}
            assert found.filter(pl.col("node") == "START")["journey_count"].sum() == len(inside)
            for status, end in ENDS.items():
                assert found.filter(pl.col("next_node") == end)["journey_count"].sum() == statuses[status]
            assert found.select(COUNTS).sum().row(0) == whole.select(COUNTS).sum().row(0)
            named = found.filter(~pl.col("node").is_in(["START", MORE, OTHER])).group_by("step_number")
            assert named.agg(n=pl.col("node").n_unique())["n"].max() <= top


def test_a_conservation_that_is_broken_is_noticed():
    found = links(many(200, 1), steps=3, anchor="start")
    assert balance(found, "journey_count") == {}
    assert balance(found.with_row_index().filter(pl.col("index") != 5).drop("index"), "journey_count") != {}


@settings(max_examples=60, deadline=None)
@given(JOURNEYS, ANCHORS, PATTERNS, st.randoms(use_true_random=False))
def test_the_order_of_journeys_changes_nothing(journeys, anchor, pattern, random):
    before = links(journeys, steps=3, anchor=anchor, pattern=pattern)
    shuffled = random.sample(journeys, len(journeys))
    assert_frame_equal(links(shuffled, steps=3, anchor=anchor, pattern=pattern), before)
    rows = before.sample(fraction=1, shuffle=True, seed=3)
    assert_frame_equal(folded(rows, 2), folded(before, 2))


def test_repeats_are_one_step_and_a_return_is_a_new_one():
    found = counts_of(links([Journey(("a", "a", "b", "a"), "dropped")], steps=8, anchor="start"))
    assert {key: counts["first_count"] for key, counts in found.items()} == {
        (0, "START", "a"): 1,
        (1, "a", "b"): 1,
        (2, "b", "a"): 0,
        (3, "a", "DROPPED"): 1,
    }


def test_numbers_count_back_from_the_end_and_round_a_pattern():
    journey = Journey(("x", "a", "b", "c"), "converted")
    assert sorted(counts_of(links([journey], steps=8, anchor="end"))) == [
        (-5, "START", "x"), (-4, "x", "a"), (-3, "a", "b"), (-2, "b", "c"), (-1, "c", "CONVERTED"),
    ]  # fmt: skip
    assert sorted(counts_of(links([journey], steps=8, anchor="pattern", pattern=("a", "b")))) == [
        (-3, "START", "x"), (-2, "x", "a"), (-1, "a", "b"), (0, "b", "c"), (1, "c", "CONVERTED"),
    ]  # fmt: skip


def test_what_lies_further_is_one_node_on_each_side():
    journey = Journey(tuple("abcdefg"), "open")
    assert sorted(counts_of(links([journey], steps=1, anchor="pattern", pattern=("d",)))) == [
        (-3, "START", MORE), (-2, MORE, "c"), (-1, "c", "d"), (0, "d", "e"), (1, "e", MORE), (2, MORE, "OPEN"),
    ]  # fmt: skip


def test_a_journey_without_a_step_goes_from_start_to_its_end():
    assert sorted(counts_of(links([Journey((), "open")], steps=2, anchor="start"))) == [(0, "START", "OPEN")]
    assert sorted(counts_of(links([Journey((), "open")], steps=2, anchor="end"))) == [(-1, "START", "OPEN")]
    assert links([Journey((), "open")], steps=2, anchor="pattern", pattern=("a",)).is_empty()


def test_no_journeys_give_no_links():
    assert links([], steps=2, anchor="start").is_empty()
    assert folded(links([], steps=2, anchor="end"), 3).is_empty()


def test_the_rest_is_folded_by_number_and_ties_keep_the_first_name():
    journeys = [Journey((node,), "dropped") for node in "ccbbad"]
    found = counts_of(folded(links(journeys, steps=8, anchor="start"), 2))
    assert {key: counts["journey_count"] for key, counts in found.items()} == {
        (0, "START", "b"): 2, (0, "START", "c"): 2, (0, "START", OTHER): 2,
        (1, "b", "DROPPED"): 2, (1, "c", "DROPPED"): 2, (1, OTHER, "DROPPED"): 2,
    }  # fmt: skip


def test_the_share_is_of_settled_journeys_and_null_without_one():
    journeys = [Journey(("a",), "converted")] * 3 + [Journey(("a",), "dropped")] + [Journey(("a",), "open")] * 6
    journeys += [Journey(("a",), "converted", is_settled=False)] * 50
    row = with_shares(links(journeys, steps=8, anchor="start"), minimum_count=5).row(0, named=True)
    assert (row["settled_count"], row["conversion_share"], row["is_ranked"]) == (4, 0.75, False)
    assert row["conversion_low_share"] == pytest.approx(0.3006, abs=1e-4)
    assert row["conversion_high_share"] == pytest.approx(0.9544, abs=1e-4)
    recent = [Journey(("a",), "open"), *journeys[-2:]]
    unknown = with_shares(links(recent, steps=8, anchor="start"), minimum_count=1).row(0, named=True)
    assert (unknown["converted_count"], unknown["settled_count"]) == (2, 0)
    assert (unknown["conversion_share"], unknown["conversion_low_share"], unknown["is_ranked"]) == (None, None, False)


def test_anchors_are_read_from_text():
    activities = ("cart_viewed", "ticket_opened", "order_placed")
    assert parse_anchor(" start ", level="activity") == Anchor("start")
    assert parse_anchor("purchase", level="stage") == Anchor("purchase", (Element(is_purchase=True),))
    assert parse_anchor(
        "cart_viewed|stage:decision > is:purchase", level="activity", activities=activities
    ).elements == (
        Element(nodes=("cart_viewed",), stages=("decision",)),
        Element(is_purchase=True),
    )


@pytest.mark.parametrize(
    ("text", "level", "words"),
    [
        ("cart_vewed", "activity", "no journey has the activity 'cart_vewed'; did you mean 'cart_viewed'?"),
        ("stage:decison", "activity", "there is no stage 'decison'; did you mean 'decision'?"),
        ("cart_viewed", "stage", "--level activity takes activities"),
        ("cart_viewed >", "activity", "a step is missing"),
        ("cart_viewed||b", "activity", "a step is missing"),
        ("", "activity", "a step is missing"),
    ],
)
def test_an_anchor_that_cannot_be_is_refused_with_the_nearest_name(text, level, words):
    with pytest.raises(ConfigurationError, match=words.replace("|", r"\|").replace("?", r"\?")):
        parse_anchor(text, level=level, activities=("cart_viewed",))
