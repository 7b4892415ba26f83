"""The models that share by a rule, held to examples in public documentation and to their sums."""

import polars as pl
import pytest
from attribution_world import DAY_US, GAP_US, HOUR_US, credits_of, journey_frame, touch_frame, written
from attribution_world import SCOPE as CHANNEL

from journey_analytics.attribution import attribution, paths
from journey_analytics.attribution.rules import UNIT, rule_credits
from journey_analytics.attribution.table import AMOUNT_UNIT

RULES = ("first", "last", "linear", "position", "time_decay", "shapley_count", "last_non_direct")


def shares(values: list[str], *, days_before: list[float], rule: str, direct: str | None = None) -> list[float]:
    """The share of each touch of one conversion."""
    names = sorted(set(values))
    frame = pl.DataFrame(
        {
            "journey": [0] * len(values),
            "touchpoint": [names.index(value) for value in values],
            "at_us": [int((100 - days) * DAY_US) for days in days_before],
            "resolved_us": [100 * DAY_US] * len(values),
            "amount": [12_000 * AMOUNT_UNIT] * len(values),
        }
    )
    credited = rule_credits(frame, direct=names.index(direct) if direct in names else -1)
    assert credited[rule].sum() == UNIT
    assert credited[f"{rule}_amount"].sum() == 12_000 * AMOUNT_UNIT
    return [units / UNIT for units in credited[rule]]


def test_time_decay_halves_every_seven_days():
    """Four touches 28, 21, 14 and 7 days before: 1/15, 2/15, 4/15, 8/15 (a lesson on Adobe Analytics)."""
    found = shares(["a", "b", "c", "d"], days_before=[28, 21, 14, 7], rule="time_decay")
    assert found == pytest.approx([0.0667, 0.1333, 0.2667, 0.5333], abs=5e-5)


def test_a_b2b_deal_scored_by_every_rule():
    """A worked journey of five touches over 38 days and 12,000 dollars, rounded there to five dollars."""
    touches, days = ["social", "organic", "retargeting", "search", "direct"], [38.0, 33.0, 26.0, 8.0, 0.0]
    money = {
        "first": [12_000, 0, 0, 0, 0],
        "last": [0, 0, 0, 0, 12_000],
        "last_non_direct": [0, 0, 0, 12_000, 0],
        "linear": [2_400] * 5,
        "time_decay": [175, 290, 575, 3_415, 7_545],
        "position": [4_800, 800, 800, 800, 4_800],
    }
    for rule, expected in money.items():
        found = [12_000 * share for share in shares(touches, days_before=days, rule=rule, direct="direct")]
        assert found == pytest.approx(expected, abs=3), rule


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, [1.0]), (2, [0.5, 0.5]), (3, [0.4, 0.2, 0.4]), (4, [0.4, 0.1, 0.1, 0.4])],
)
def test_position_gives_40_20_40_and_all_to_a_single_touch(count: int, expected: list[float]):
    """U-shaped in Adobe's documentation: the first and the last 40 %, two half each, a single one all."""
    values, days = list("abcd")[:count], [float(9 - place) for place in range(count)]
    assert shares(values, days_before=days, rule="position") == pytest.approx(expected, abs=1e-10)


def test_a_value_counts_once_in_the_shapley_value_of_the_count():
    assert shares(["a", "b", "a"], days_before=[3, 2, 1], rule="shapley_count") == pytest.approx([0.25, 0.5, 0.25])


def test_last_non_direct_falls_back_on_direct_when_there_is_nothing_else():
    assert shares(["d", "d"], days_before=[3, 2], rule="last_non_direct", direct="d") == [0.0, 1.0]
    assert shares(["x", "d", "y", "d"], days_before=[4, 3, 2, 1], rule="last_non_direct", direct="d") == [0, 0, 1, 0]


def test_a_touch_40_years_before_still_gets_a_share_by_decay():
    assert shares(["a", "b"], days_before=[15_000, 14_993], rule="time_decay") == pytest.approx([1 / 3, 2 / 3])


def test_amounts_follow_the_credit_and_sum_to_the_cent():
    table = attribution(written(["a b c +", "c +", "a -", "b ?"], amounts=[100, 999, 5, 7]), scope=CHANNEL)
    for model in RULES:
        assert table.filter(model=model)["amount_credit"].sum() == pytest.approx((100 + 999) / AMOUNT_UNIT, abs=1e-12)
    linear = table.filter(model="linear", touchpoint="c")
    assert linear["amount_credit"].item() == pytest.approx((999 + 100 / 3) / AMOUNT_UNIT, abs=1 / AMOUNT_UNIT)


def test_touchpoints_of_one_value_without_a_pause_are_one_touch():
    clicked, visited, later = 0, GAP_US, 2 * GAP_US + 1
    touchpoints = touch_frame([
        (0, "email", clicked, 1), (0, "email", visited, 3), (0, "direct", visited // 2, 2), (0, "email", later, 4),
        (0, None, later + HOUR_US, 5), (0, "none", later + 2 * HOUR_US, 6),
    ])  # fmt: skip
    found = paths(journey_frame([(0, 0, "converted", DAY_US, 0)]), touchpoints, gap_us=GAP_US)
    assert [(found.names[value], at) for _, value, at in found.touches.iter_rows()] == [
        ("email", clicked), ("direct", visited // 2), ("email", later),
    ]  # fmt: skip


def test_touches_of_one_moment_are_in_the_order_of_the_journey():
    touchpoints = touch_frame([(0, "a", 5, 2), (0, "b", 5, 1)])
    found = paths(journey_frame([(0, 0, "converted", DAY_US, 0)]), touchpoints, gap_us=GAP_US)
    assert [found.names[value] for value in found.touches["touchpoint"]] == ["b", "a"]


def test_rare_values_are_folded_and_counted():
    lines = ["a b +", "a c +", "b d +", "a -", "e ?"]
    table = attribution(paths_of(lines, maximum=3), scope=CHANNEL)
    linear = credits_of(table, "linear")
    assert linear == pytest.approx({"a": 1.0, "b": 1.0, "other": 1.0})
    (note,) = table.filter(model="linear", touchpoint="other")["note"]
    assert note == "3 values with fewer journeys, together"


def paths_of(lines: list[str], *, maximum: int):
    from journey_analytics.attribution.paths import fold

    return fold(written(lines), maximum=maximum)


def test_a_value_of_the_name_other_joins_what_is_folded():
    lines = ["other a +", "other b +", "other c +", "a -", "b -"]
    found = paths_of(lines, maximum=3)
    assert found.names == ("a", "b", "other")
    assert found.folded == 1
    assert credits_of(attribution(found, scope=CHANNEL), "first") == {"a": 0.0, "b": 0.0, "other": 3.0}
