"""Process rules: DECLARE as pm4py and as its definition have it, what cannot be told yet, and what a row may say."""

import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import pairwise
from random import Random

import polars as pl
import pytest
from rule_case import CUTOFF, SETTLED_UNTIL, START, Case, judged, outcomes, rule

from journey_analytics import build
from journey_analytics.errors import ConfigurationError
from journey_analytics.process_rules.kinds import KINDS
from journey_analytics.process_rules.rules import COLUMNS, check_process_rules

Steps = Sequence[str]

PM4PY = {
    "existence": "existence", "absence": "absence", "starts_with": "init",
    "responded_existence": "responded_existence", "coexistence": "coexistence", "response": "response",
    "precedence": "precedence", "succession": "succession", "alternate_response": "altresponse",
    "alternate_precedence": "altprecedence", "alternate_succession": "altsuccession",
    "chain_response": "chainresponse", "chain_precedence": "chainprecedence", "chain_succession": "chainsuccession",
    "not_coexistence": "noncoexistence",
}  # fmt: skip
"""Kinds that pm4py judges by their definition, by its name of them."""
BY_DEFINITION: dict[str, Callable[[Steps], bool]] = {
    "at_most": lambda steps: steps.count("a") > 1,
    "not_succession": lambda steps: any(one == "a" and "b" in steps[place + 1 :] for place, one in enumerate(steps)),
    "not_chain_succession": lambda steps: ("a", "b") in set(pairwise(steps)),
}
"""What breaks the others. (pm4py takes a negation for broken only where the whole positive rule holds.)"""


def random_cases(count: int, seed: int) -> list[Case]:
    random = Random(seed)
    return [Case([random.choice("abcd") for _ in range(random.randint(1, 9))]) for _ in range(count)]


def violated_journeys(kind: str, cases: Sequence[Case]) -> list[bool]:
    other = {"other_activity": "b"} if KINDS[kind].has_other else {}
    warehouse = judged([rule(kind=kind, **other)], cases)
    assert not warehouse.rows("select * from mart.rule_activation where outcome = 'pending'")
    found = {row[0] for row in warehouse.rows("select journey_id from mart.rule_activation where outcome = 'violated'")}
    return [f"j{number}" in found for number in range(len(cases))]


@pytest.mark.parametrize("kind", PM4PY)
def test_closed_journeys_break_a_rule_as_pm4py_says(kind: str) -> None:
    sys._pm4py_welcome_shown = True  # type: ignore[attr-defined]
    classic = pytest.importorskip("pm4py.algo.conformance.declare.variants.classic")
    cases = random_cases(400, seed=len(kind))
    key = ("a", "b") if KINDS[kind].has_other else "a"
    result = classic.apply_list([list(case.steps) for case in cases], {PM4PY[kind]: {key: {}}})
    expected = [bool(one["deviations"]) for one in result]
    assert any(expected)
    assert not all(expected)
    assert violated_journeys(kind, cases) == expected


@pytest.mark.parametrize("kind", BY_DEFINITION)
def test_closed_journeys_break_the_other_kinds_by_definition(kind: str) -> None:
    cases = random_cases(400, seed=len(kind))
    expected = [BY_DEFINITION[kind](list(case.steps)) for case in cases]
    assert any(expected)
    assert not all(expected)
    assert violated_journeys(kind, cases) == expected


def test_every_kind_is_judged_against_an_oracle_here_or_has_cases_of_its_own() -> None:
    assert set(KINDS) == {*PM4PY, *BY_DEFINITION, "absent_while"}


@pytest.mark.parametrize("kind", [*PM4PY, *BY_DEFINITION])
def test_what_is_certain_of_an_open_journey_stays_so_however_it_goes_on(kind: str) -> None:
    """Nothing fulfilled or violated in a beginning may be otherwise in any whole: random continuations of it."""
    random, other = Random(9), {"other_activity": "b"} if KINDS[kind].has_other else {}
    begun = [Case(case.steps, status="open") for case in random_cases(150, seed=3)]
    whole = [Case([*case.steps, *random.choices("abcd", k=random.randint(0, 5))]) for case in begun]
    early, late = (
        dict(judged([rule(kind=kind, **other)], cases).rows("select activation_id, outcome from mart.rule_activation"))
        for cases in (begun, whole)
    )
    certain = {what: outcome for what, outcome in early.items() if outcome != "pending"}
    assert {what: late[what] for what in certain} == certain
    assert "pending" in early.values() or kind in (
        "precedence",
        "alternate_precedence",
        "chain_precedence",
        "starts_with",
    )


def test_the_window_is_inclusive_and_pending_until_t() -> None:
    hours = (CUTOFF - START) / timedelta(hours=1)
    cases = [
        Case(["a", "b@1"], status="converted"),
        Case(["a", "b@1.001"], status="converted"),
        Case(["a"], status="converted", started_at=CUTOFF - timedelta(minutes=59)),
        Case(["a"], status="converted", started_at=CUTOFF - timedelta(minutes=60)),
        Case(["a", f"c@{hours}"], status="open"),
    ]
    found = judged([rule(other_activity="b", within="1h")], cases)
    said = [outcome for _, outcome in outcomes(found)]
    assert said == ["fulfilled", "violated", "pending", "violated", "violated"]
    row = found.frame("select * from mart.rule_conformance").row(0, named=True)
    assert (row["activation_count"], row["fulfilled_count"], row["violated_count"], row["pending_count"]) == (
        5,
        1,
        3,
        1,
    )
    assert row["violated_share"] == pytest.approx(3 / 4)
    assert row["violated_low_share"] < 3 / 4 < row["violated_high_share"]
    assert not row["is_ranked"]


def test_without_a_time_a_journey_that_may_go_on_is_pending() -> None:
    cases = [
        Case(["a"], status="open"),
        Case(["a"]),
        Case(["a"], status="converted"),
        Case(["a"], status="converted", started_at=CUTOFF - timedelta(days=30)),
    ]
    said = [outcome for _, outcome in outcomes(judged([rule(other_activity="b")], cases))]
    assert said == ["pending", "violated", "violated", "pending"]


def test_what_may_have_come_before_the_data_is_pending_and_not_missing() -> None:
    cases = [Case(["b", "a"], is_left_censored=True), Case(["b", "a"]), Case(["a", "b"], is_left_censored=True)]
    rules = [
        rule(kind="precedence", other_activity="b"),
        rule(rule_id="near", kind="precedence", other_activity="b", within="2h"),
        rule(rule_id="first", kind="starts_with", activity="b"),
        rule(rule_id="none", kind="absence", activity="c"),
    ]
    found = judged(rules, cases)
    assert [outcome for _, outcome in outcomes(found)] == ["pending", "violated", "fulfilled"]
    late = judged([rules[1]], [Case(["x", "b@2"], is_left_censored=True), Case(["x", "b@1"], is_left_censored=True)])
    assert [outcome for _, outcome in outcomes(late, "near")] == ["violated", "pending"]
    assert [outcome for _, outcome in outcomes(found, "first")] == ["pending", "fulfilled", "pending"]
    assert [outcome for _, outcome in outcomes(found, "none")] == ["pending", "fulfilled", "pending"]


CAMPAIGN = {
    "kind": "absent_while", "activity": "mail", "category": "newsletter|promo*", "other_activity": "opened",
    "closing_activity": "solved|closed", "same": "ticket", "scope": "customer",
}  # fmt: skip


def test_a_campaign_during_a_ticket_is_found_in_whatever_journey_it_was_sent() -> None:
    cases = [
        Case(["opened@0", "solved@10", "mail/newsletter@11"], customer="kept"),
        Case(["opened@0", "solved@10"], customer="broken"),
        Case(["mail/promotion@5"], customer="broken", is_passive=True),
        Case(["opened@0", "mail/receipt@5", "solved@10"], customer="another category"),
        Case(["opened@0", "mail/newsletter@5"], customer="never closed"),
        Case(["opened@0"], customer="still open", status="open"),
        Case(["mail/newsletter@0", "opened@0", "solved@1"], customer="just before"),
    ]
    objects = [(f"j{number}_{place}", "ticket", f"t{number}") for number in range(7) for place in (1, 2, 3)]
    found = judged([rule(**CAMPAIGN)], cases, objects)
    assert outcomes(found) == [
        ("j0_1", "fulfilled"), ("j1_1", "violated"), ("j3_1", "fulfilled"), ("j4_1", "violated"), ("j5_1", "pending"),
        ("j6_2", "fulfilled"),
    ]  # fmt: skip
    seen = found.rows("select touchpoint_id, journey_id, place from mart.rule_violation order by touchpoint_id")
    assert {row[:2] for row in seen} == {("j2_1", "j2"), ("j4_2", "j4")}
    row = found.frame("select * from mart.rule_conformance").row(0, named=True)
    assert (row["journey_count"], row["violated_journey_count"], row["fulfilled_journey_count"]) == (6, 2, 3)
    assert (row["violated_settled_count"], row["violated_dropoff_share"]) == (2, 1.0)


def conformance(rules: Sequence[dict[str, str | None]], cases: Sequence[Case]) -> dict[str, dict[str, object]]:
    rows = judged(rules, cases).frame("select * from mart.rule_conformance").to_dicts()
    return {row["rule_id"]: row for row in rows}


def test_dropoff_is_compared_by_the_first_activation_before_the_purchase() -> None:
    late = SETTLED_UNTIL + timedelta(microseconds=1)
    cases = [
        Case(["a", "b", "buy"], status="converted"),
        Case(["a", "x", "buy"], status="converted"),
        Case(["buy", "a", "b"], status="converted"),
        Case(["a", "b", "a", "x"]),
        Case(["a", "x", "a", "b"]),
        Case(["x", "a"], started_at=late),
        Case(["a", "x"], started_at=SETTLED_UNTIL),
        Case(["a", "b"], status="open"),
    ]
    row = conformance([rule(kind="chain_response", other_activity="b")], cases)["r"]
    assert (row["violated_journey_count"], row["fulfilled_journey_count"], row["journey_count"]) == (5, 3, 8)
    assert (row["violated_settled_count"], row["fulfilled_settled_count"]) == (3, 2)
    assert (row["violated_dropoff_share"], row["fulfilled_dropoff_share"]) == (2 / 3, 1 / 2)
    assert row["difference_points"] == pytest.approx(100 * (2 / 3 - 1 / 2))
    assert (row["dropoff_note"], row["is_dropoff_ranked"]) == (None, False)


def test_what_is_asked_after_the_purchase_or_of_whole_journeys_is_not_compared() -> None:
    """Journeys that were asked only because they had bought are not lost: a difference would be made by that."""
    bought = [Case(["a", "buy", "mail"], status="converted") for _ in range(40)]
    cases = [*bought, *(Case(["a", "buy"], status="converted") for _ in range(40)), *(Case(["a"]) for _ in range(40))]
    rules = [
        rule(rule_id="purchase", activity="is:purchase", other_activity="mail"),
        rule(rule_id="whole", kind="existence", activity="mail"),
        rule(rule_id="never", activity="c", other_activity="mail"),
    ]
    rows = conformance(rules, cases)
    assert (rows["purchase"]["violated_count"], rows["purchase"]["fulfilled_count"]) == (40, 40)
    for name in rules:
        row = rows[str(name["rule_id"])]
        assert (row["violated_settled_count"], row["violated_dropoff_share"], row["difference_points"]) == (
            0,
            None,
            None,
        )
        assert not row["is_dropoff_ranked"]
    assert rows["purchase"]["dropoff_note"] == "every activation is at or after the purchase: not compared"
    assert rows["whole"]["dropoff_note"] == "it is about whole journeys or customers: not compared"
    assert rows["never"]["dropoff_note"] is None


def test_two_tickets_at_a_time_are_told_apart() -> None:
    """The second one's solving does not close the first one."""
    case = Case(["opened@0", "opened@1", "solved@2", "mail/newsletter@5", "solved@9"])
    objects = [(f"j0_{place}", "ticket", ticket) for place, ticket in ((1, "x"), (2, "y"), (3, "y"), (5, "x"))]
    found = judged([rule(**CAMPAIGN)], [case], objects)
    assert outcomes(found) == [("j0_1", "violated"), ("j0_2", "fulfilled")]
    apart = judged([rule(**CAMPAIGN | {"same": ""})], [case], objects)
    assert outcomes(apart) == [("j0_1", "fulfilled"), ("j0_2", "fulfilled")]


def test_an_order_is_confirmed_over_journeys_and_by_its_own_category() -> None:
    cases = [
        Case(["buy@0"], status="converted", customer="x"),
        Case(["mail/order_confirmation@0.5"], customer="x", is_passive=True),
        Case(["buy@0", "mail/newsletter@0.5"], status="converted"),
    ]
    row = rule(activity="is:purchase", other_activity="mail", other_category="order_confirmation", within="1h")
    assert outcomes(judged([row | {"scope": "customer"}], cases)) == [("j0_1", "fulfilled"), ("j2_1", "violated")]
    assert outcomes(judged([row], cases)) == [("j0_1", "violated"), ("j2_1", "violated")]


def test_a_name_that_nothing_fits_is_told_and_not_ranked() -> None:
    found = judged([rule(other_activity="bb")], [Case(["a", "b"]) for _ in range(40)])
    row = found.frame("select * from mart.rule_conformance").row(0, named=True)
    assert (row["note"], row["is_ranked"]) == ("no touchpoint fits other_activity", False)


def test_the_newest_twenty_violations_are_listed_once_each() -> None:
    cases = [Case(["a"], started_at=START + timedelta(hours=number)) for number in range(30)]
    found = judged([rule(other_activity="b")], cases)
    rows = found.rows("select place, touchpoint_id from mart.rule_violation order by place")
    assert rows == [(place, f"j{30 - place}_1") for place in range(1, 21)]


def test_the_order_of_the_touchpoints_in_the_table_changes_nothing() -> None:
    cases = random_cases(60, seed=4)
    rules = [
        rule(rule_id=kind, kind=kind, **({"other_activity": "b"} if KINDS[kind].has_other else {}))
        for kind in (*PM4PY, *BY_DEFINITION)
    ]
    found = judged(rules, cases)
    before = found.rows("select * from mart.rule_activation order by all")
    shuffled = found.frame("select * from core.touchpoint").sample(fraction=1, shuffle=True, seed=1)
    found.create_from("core.touchpoint", shuffled)
    names = ("core.process_rule_part", "mart.rule_activation")
    models = [m for schema in ("core", "mart") for m in build.read_models(build.sql_files(), schema) if m.name in names]
    build.run_models(found, build.ordered(models))
    assert found.rows("select * from mart.rule_activation order by all") == before


def complaint(**cells: str) -> str:
    frame = pl.DataFrame([rule(**cells)], schema=dict.fromkeys(COLUMNS, pl.String))
    with pytest.raises(ConfigurationError) as raised:
        check_process_rules({"process_rule": frame})
    return str(raised.value)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"kind": "respons"}, "column 'kind': 'respons' is not a kind of process rule; did you mean 'response'"),
        ({"scope": "session", "other_activity": "b"}, "column 'scope': 'session' is not journey or customer"),
        ({}, "column 'other_activity': '' is not a list of names"),
        ({"other_activity": "b||c"}, "column 'other_activity': 'b||c' is not a list of names"),
        ({"other_activity": "*b"}, "'*b' is not a list of names"),
        ({"other_activity": "b", "within": "1 hour"}, "column 'within': '1 hour' is not a time"),
        ({"other_activity": "b", "within": "0h"}, "column 'within': '0h' is not a time"),
        ({"other_activity": "b", "same": "basket"}, "column 'same': 'basket' is not one of order, ticket"),
        ({"other_activity": "b", "times": "2"}, "column 'times': '2' is not empty"),
        ({"other_activity": "b", "closing_activity": "c"}, "column 'closing_activity': 'c' is not empty"),
        ({"other_activity": "b", "scope": "customer"}, "column 'within': '' is not a time such as 30d"),
        ({"kind": "chain_response", "other_activity": "b", "scope": "customer"}, "column 'scope': 'customer'"),
        ({"kind": "at_most", "times": "0"}, "column 'times': '0' is not a whole number"),
        ({"kind": "absence", "within": "1h"}, "column 'within': '1h' is not empty"),
        ({"other_activity": "b", "description": ""}, "column 'description'"),
        ({"activity": "", "other_activity": "b"}, "column 'activity': '' is not"),
    ],
)
def test_a_wrong_row_is_named(cells: dict[str, str], expected: str) -> None:
    assert expected in complaint(**cells)


def test_the_builtin_rules_are_right() -> None:
    check_process_rules(build.rule_frames(build.sql_files()))
