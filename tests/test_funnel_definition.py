"""A wrong funnel is one error that names the value, what was expected and the nearest right name."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from journey_analytics.errors import ConfigurationError
from journey_analytics.funnel.definition import Condition, Exclusion, Step, exclusion, funnel, require_known, step

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: funnel("f", ["a"]), "1 required steps; expected at least two"),
        (lambda: funnel("f", ["a", "a"]), "two steps are called 'a'"),
        (lambda: funnel("f", ["a", "b"], unit="jorney"), "did you mean 'journey'"),
        (lambda: funnel("f", ["a", "b"], order="order"), "did you mean 'ordered'"),
        (lambda: funnel("f", ["a", "b"], entry="firs"), "did you mean 'first'"),
        (lambda: funnel("f", ["a", "stage:considration"]), "did you mean 'consideration'"),
        (lambda: funnel("f", ["a", "stages:decision"]), "is no activity"),
        (lambda: funnel("f", ["a", "b||c"]), "empty alternative"),
        (lambda: funnel("f", ["a", "b"], held_constant=["topics"]), "did you mean 'topic'"),
        (lambda: funnel("f", ["a", "b"], window=timedelta(0)), "expected a positive time"),
        (lambda: funnel("f", ["a", "b"], same_time=-DAY), "same_time"),
        (lambda: funnel("f", ["a", "b"], same_time=DAY, order="any"), "expected ordered or strict"),
        (lambda: funnel("f", ["a", step("o", is_optional=True), "b"], same_time=DAY), "same_time with optional"),
        (lambda: funnel("f", ["a", step("b", max_gap=DAY)], order="any"), "expected order ordered or strict"),
        (lambda: funnel("f", ["a", step("o", is_optional=True), "b"], order="anchored"), "is optional"),
        (lambda: funnel("f", ["a", step("b", is_anchored=True)]), "is anchored; expected order anchored"),
        (lambda: funnel("f", ["a", "b"], order="any", is_open=True), "is_open"),
        (lambda: funnel("f", ["a", "b", step("c", is_optional=True)]), "last step 'c' is optional"),
        (lambda: funnel("f", [step("a", min_gap=DAY), "b"]), "first step 'a' has a gap"),
        (
            lambda: funnel("f", ["a", Step(("b",), "b", where=(Condition("1 = 1 --", ("x",)),))]),
            "column of a condition",
        ),
        (lambda: funnel("f", ["a", "b"], exclusion=Exclusion(("",), "drop_journey")), "exclusion has an empty"),
        (lambda: step("a", min_gap=2 * DAY, max_gap=DAY), "longer than max_gap"),
        (lambda: step("a", max_gap=-DAY), "expected none or a positive time"),
        (lambda: step("a", where=[Condition("topc", ("x",))]), "did you mean 'topic'"),
        (lambda: step("a", where=[Condition("topic", ())]), "names no value"),
        (lambda: funnel("f", ["a", "b"], exclusion=exclusion("x", mode="drop")), "did you mean 'drop_journey'"),
        (lambda: funnel("f", ["a", "b"], exclusion=exclusion("x", mode="drop_journey", after_step=2)), "two of 1 to 2"),
        (
            lambda: funnel(
                "f", ["a", "b", "c"], order="any", exclusion=exclusion("x", mode="drop_journey", before_step=2)
            ),
            "expected none chosen",
        ),
        (lambda: funnel("f", ["a", "b"], since=datetime(2026, 2, 1), until=datetime(2026, 1, 1)), "not before until"),
    ],
)
def test_a_wrong_funnel_says_what_is_wrong(make, says):
    with pytest.raises(ConfigurationError, match=says):
        make()


def test_alternatives_are_read_from_text():
    assert step(" product_viewed | pricing_viewed ").activities == ("product_viewed", "pricing_viewed")
    assert step("a|b").name == "a|b"


def test_times_are_kept_in_naive_utc():
    there = datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))
    assert funnel("f", ["a", "b"], since=there).since == datetime(2026, 1, 1)
    assert funnel("f", ["a", "b"], since=datetime(2026, 1, 1, tzinfo=UTC)).since == datetime(2026, 1, 1)


def test_an_activity_that_nobody_did_is_refused_with_the_nearest():
    asked = funnel("f", ["product_view", "stage:decision|is:purchase"])
    with pytest.raises(ConfigurationError, match="did you mean 'product_viewed'"):
        require_known(asked, activities={"product_viewed", "order_completed"})
    require_known(asked, activities={"product_view"})
    excluded = funnel("f", ["product_view", "is:purchase"], exclusion=exclusion("refund", mode="drop_journey"))
    with pytest.raises(ConfigurationError, match="the exclusion: no touchpoint has the activity 'refund'"):
        require_known(excluded, activities={"product_view"})
