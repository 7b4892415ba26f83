"""`evaluate`, measure by measure, against counts made by hand."""

from random import Random

import polars as pl
import pytest
from small_truth import A, C, D, P, identities_of, observed_of, touchpoints_of, true_event, truth_of, visits_of

from journey_analytics.evaluate.ceiling import customer_parts
from journey_analytics.evaluate.evaluation import score
from journey_analytics.evaluate.identity import identity_score, judged_touchpoints, rightly_resolved
from journey_analytics.evaluate.journeys import journey_score
from journey_analytics.evaluate.pairs import pair_score
from journey_analytics.evaluate.stages import stage_score


def grouping(predicted: str, true: str) -> pl.DataFrame:
    return pl.DataFrame({"predicted": list(predicted), "true": list(true)})


def parts_of(truth, carried):
    return customer_parts(truth.event.filter(~pl.col("is_bot")), identities_of(carried))


def part_sets(parts: pl.DataFrame) -> set[frozenset[str]]:
    grouped = parts.group_by("part_id").agg(pl.col("source_event_id"))["source_event_id"]
    return {frozenset(names) for names in grouped.to_list()}


def judged_by(truth, touchpoint, carried):
    observed = observed_of(touchpoint, identities_of(carried), visit=visits_of(truth))
    return judged_touchpoints(observed, truth, parts_of(truth, carried))


# --- pairs


@pytest.mark.parametrize(
    ("predicted", "true", "counts"),
    [
        ("aabc", "xxxy", (1, 3, 1)),  # only the pair aa is predicted, and it is one of the three of x
        ("aaaa", "xxyy", (6, 2, 2)),
        ("aabb", "xyxy", (2, 2, 0)),
        ("abcd", "xxyy", (0, 2, 0)),
    ],
)
def test_pairs_are_counted_as_if_listed(predicted, true, counts):
    found = pair_score(grouping(predicted, true), predicted="predicted", true="true")
    assert (found.predicted_count, found.true_count, found.common_count) == counts
    listed = [(i, j) for i in range(4) for j in range(i)]
    assert found.predicted_count == sum(predicted[i] == predicted[j] for i, j in listed)
    assert found.common_count == sum(predicted[i] == predicted[j] and true[i] == true[j] for i, j in listed)


def test_ratios_of_pairs():
    found = pair_score(grouping("aabc", "xxxy"), predicted="predicted", true="true")
    assert (found.precision, found.recall, found.f1) == (1.0, pytest.approx(1 / 3), pytest.approx(0.5))


def test_singletons_alone_leave_nothing_to_judge():
    found = pair_score(grouping("abc", "xyz"), predicted="predicted", true="true")
    assert (found.precision, found.recall, found.f1) == (None, None, None)


# --- the ceiling

FOUR = [true_event(name, "anna", at=at) for at, name in enumerate(("one", "two", "three", "four"))]
UNRESOLVABLE = {"one": ["c1"], "two": ["c1", "u1"], "three": ["u1"], "four": ["c2"]}


def test_a_cookie_that_nothing_links_is_a_part_of_its_own():
    parts = parts_of(truth_of(FOUR), UNRESOLVABLE)
    assert part_sets(parts) == {frozenset({"one", "two", "three"}), frozenset({"four"})}
    assert set(parts.filter("is_main")["source_event_id"]) == {"one", "two", "three"}


def test_evidence_without_truth_joins_parts():
    assert len(part_sets(parts_of(truth_of(FOUR), UNRESOLVABLE | {"profile": ["c2", "u1"]}))) == 1


def test_evidence_of_one_person_on_a_shared_device_is_not_the_others():
    truth = truth_of([true_event(name, "anna") for name in "ab"] + [true_event(name, "ben") for name in "cd"])
    carried = {"a": ["c1"], "b": ["c2"], "c": ["c1", "u2"], "d": ["c2", "u2"], "login": ["c1", "c2", "u2"]}
    assert part_sets(parts_of(truth, carried)) == {frozenset("a"), frozenset("b"), frozenset("cd")}


def test_a_long_chain_is_one_part():
    names = [f"e{number:02d}" for number in range(40)]
    carried = {name: [f"c{number}", f"c{number + 1}"] for number, name in enumerate(names)}
    assert len(part_sets(parts_of(truth_of([true_event(name, "anna") for name in names]), carried))) == 1


def test_a_shared_cookie_never_joins_two_customers():
    truth = truth_of([true_event("one", "anna"), true_event("two", "ben")])
    assert len(part_sets(parts_of(truth, {"one": ["c1"], "two": ["c1"]}))) == 2


def test_the_main_part_without_a_login_is_the_latest():
    parts = parts_of(truth_of(FOUR[:2]), {"one": ["c1"], "two": ["c2"]})
    assert parts.filter("is_main")["source_event_id"].to_list() == ["two"]


# --- identity


def test_identity_against_its_ceiling():
    truth = truth_of(FOUR)
    touchpoint = touchpoints_of(truth, customer="customer_id", journey="customer_id", stage="stage")
    split = touchpoint.with_columns(customer_id=pl.Series(["x", "x", "y", "z"]))
    observed = observed_of(split, identities_of(UNRESOLVABLE), visit=visits_of(truth))
    found = identity_score(judged_touchpoints(observed, truth, parts_of(truth, UNRESOLVABLE)), observed, truth)
    assert found.pairs.precision == 1.0
    assert found.pairs.recall == pytest.approx(1 / 6)  # 1 of the 6 pairs of four touchpoints
    assert found.ceiling_share == pytest.approx(3 / 6)  # one, two and three can be joined
    assert found.joined_of_ceiling_share == pytest.approx(1 / 3)
    assert (found.customer_count, found.resolved_customer_count, found.unresolvable_customer_count) == (1, 3, 1)


def test_bots_are_counted_and_not_judged():
    truth = truth_of([*FOUR, true_event("spider", "bot", is_bot=True)])
    kept = touchpoints_of(truth, customer="customer_id", journey="customer_id", stage="stage")
    spider = kept.head(1).with_columns(source_event_id=pl.lit("spider"))
    stranger = kept.head(1).with_columns(source_event_id=pl.lit("stranger"))
    observed = observed_of(pl.concat([kept, spider, stranger]), identities_of(UNRESOLVABLE), visit=visits_of(truth))
    judged = judged_touchpoints(observed, truth, parts_of(truth, UNRESOLVABLE))
    found = identity_score(judged, observed, truth)
    assert (found.touchpoint_count, found.bot_count, found.kept_bot_count, found.unmatched_count) == (4, 1, 1, 1)
    assert found.missing_count == 0


def test_a_touchpoint_neither_kept_nor_set_aside_is_missing():
    truth = truth_of(FOUR)
    kept = touchpoints_of(truth, customer="customer_id", journey="customer_id", stage="stage").head(3)
    observed = observed_of(kept, identities_of(UNRESOLVABLE), visit=visits_of(truth))
    judged = judged_touchpoints(observed, truth, parts_of(truth, UNRESOLVABLE))
    assert identity_score(judged, observed, truth).missing_count == 1


def test_a_rightly_resolved_customer_is_pure_and_whole():
    anna = [true_event(f"a{n}", "anna") for n in range(20)]
    ben = [true_event(f"b{n}", "ben") for n in range(20)]
    carried = {f"{who}{n}": [f"u{who}"] for who in "ab" for n in range(20)}
    truth = truth_of([*anna, *ben])
    touchpoint = touchpoints_of(truth, customer="customer_id", journey="customer_id", stage="stage")

    def right(*stolen: str) -> set[str]:
        moved = pl.when(pl.col("source_event_id").is_in(stolen)).then(pl.lit("ben")).otherwise("customer_id")
        judged = judged_by(truth, touchpoint.with_columns(customer_id=moved), carried)
        return set(rightly_resolved(judged)["customer_id"])

    assert right() == {"anna", "ben"}
    assert right("a0") == {"anna"}  # 19 of 20 is whole enough; ben's 20 of 21 is not pure enough
    assert right("a0", "a1") == set()


# --- journeys


def test_boundaries_are_between_neighbours_in_time():
    names = ["t1", "t2", "t3", "t4", "t5"]
    needs = ["j1", "j1", "j2", "j2", "j3"]
    truth = truth_of([true_event(n, "anna", j, at=i) for i, (n, j) in enumerate(zip(names, needs, strict=True))])
    carried = {name: ["u1"] for name in names}
    touchpoint = touchpoints_of(truth, customer="customer_id", journey="journey_id", stage="stage")
    cut = touchpoint.with_columns(journey_id=pl.Series(["p", "q", "r", "r", "r"]))
    judged = judged_by(truth, cut, carried)
    found = journey_score(rightly_resolved(judged), judged=judged)
    assert (found.boundaries.predicted_count, found.boundaries.true_count, found.boundaries.common_count) == (2, 2, 1)
    assert found.boundaries.f1 == pytest.approx(0.5)
    assert (found.pairs.predicted_count, found.pairs.true_count, found.pairs.common_count) == (3, 2, 1)


def test_boundaries_do_not_cross_customers():
    truth = truth_of([true_event("a", "anna", "j1"), true_event("b", "ben", "j2", at=1)])
    touchpoint = touchpoints_of(truth, customer="customer_id", journey="journey_id", stage="stage")
    judged = judged_by(truth, touchpoint, {"a": ["u1"], "b": ["u2"]})
    assert journey_score(judged, judged=judged).boundaries.true_count == 0


# --- stages


def test_macro_f1_counts_unknown_as_a_miss():
    judged = pl.DataFrame(
        {"true_stage": [A, A, A, C, C, D, None], "stage": [A, A, "unknown", C, A, None, P]},
        schema_overrides={"true_stage": pl.String},
    )
    found = stage_score(judged)
    # awareness: 2 of 3 placed are right, 2 of 3 found; consideration: 1 of 1 and 1 of 2; decision: none found
    assert [stage.f1 for stage in found.stages] == [pytest.approx(2 / 3), pytest.approx(2 / 3), 0.0, None]
    assert found.macro_f1 == pytest.approx((2 / 3 + 2 / 3 + 0) / 3)
    assert found.coverage_share == pytest.approx(4 / 6)
    assert found.confusion[0].placed_counts == (2, 0, 0, 0, 1)
    assert found.confusion[2].placed_counts == (0, 0, 0, 0, 1)


# --- the two ends


def random_world(*, seed: int):
    """300 customers of one login each, with two needs over five touchpoints."""
    stages = (A, C, D, P)
    draw = Random(seed)
    events = [
        true_event(f"e{c}-{n}", f"c{c}", f"j{c}-{n // 3}", draw.choice(stages), at=n)
        for c in range(300)
        for n in range(5)
    ]
    return truth_of(events), {f"e{c}-{n}": [f"u{c}"] for c in range(300) for n in range(5)}


def test_a_perfect_run_scores_one():
    truth, carried = random_world(seed=1)
    touchpoint = touchpoints_of(truth, customer="customer_id", journey="journey_id", stage="stage")
    found = score(observed_of(touchpoint, identities_of(carried), visit=visits_of(truth)), truth)
    assert (found.identity.pairs.f1, found.identity.ceiling_share, found.identity.joined_of_ceiling_share) == (1, 1, 1)
    assert (found.journey.pairs.f1, found.journey.boundaries.f1, found.journey.touchpoint_share) == (1, 1, 1)
    assert (found.stage.macro_f1, found.stage.coverage_share) == (1, 1)


def test_random_labels_score_low():
    truth, carried = random_world(seed=2)
    draw = Random(3)
    touchpoint = touchpoints_of(truth, customer="customer_id", journey="journey_id", stage="stage")
    guessed = touchpoint.with_columns(
        customer_id=pl.Series(draw.choices("abcdef", k=touchpoint.height)),
        stage=pl.Series(draw.choices([A, C, D, P], k=touchpoint.height)),
    )
    found = score(observed_of(guessed, identities_of(carried), visit=visits_of(truth)), truth)
    assert found.identity.pairs.precision < 0.02
    assert found.identity.joined_of_ceiling_share < 0.25
    assert found.stage.macro_f1 < 0.35
    assert found.journey.customer_count == 0
    assert not found.is_passed
