"""The worked examples of other tools' public documentation: the rule in our words, and the options that say it.

Letters are events; `A@60` happens after a minute. Expected: the steps reached, attempt by attempt.
"""

from typing import Any, NamedTuple

import pytest
from funnel_case import levels, log, matched, reached, seconds

from journey_analytics.errors import ConfigurationError
from journey_analytics.funnel.definition import exclusion, funnel, step

HOUR, MINUTE = 3600, 60


class Example(NamedTuple):
    """One example of a vendor."""

    vendor: str
    rule: str
    steps: str
    options: dict[str, Any]
    text: str
    found: list[int]


_EXAMPLES = [
    Example(
        "Mixpanel",
        "The window runs from the first A of the attempt; a later A does not start it anew.",
        "A B C",
        {"window": seconds(HOUR)},
        "A@0 A@1800 B@2700 C@4500",
        [2],
    ),
    Example(
        "Mixpanel",
        "Re-entry, scenario 1, default: the first attempt did not convert in its window.",
        "A B",
        {"window": seconds(HOUR)},
        "A@0 A@4000 B@5000",
        [1],
    ),
    Example(
        "Mixpanel",
        "Re-entry, scenario 1, optimised: any attempt that converts counts.",
        "A B",
        {"window": seconds(HOUR), "entry": "best"},
        "A@0 A@4000 B@5000",
        [2],
    ),
    Example(
        "Mixpanel",
        "Re-entry, scenario 2, default: an A within a running attempt is not looked at.",
        "A B",
        {"window": seconds(HOUR)},
        "A@0 A@1800 B@4000",
        [1],
    ),
    Example(
        "Mixpanel",
        "Re-entry, scenario 2, optimised: the second A begins an attempt of its own.",
        "A B",
        {"window": seconds(HOUR), "entry": "best"},
        "A@0 A@1800 B@4000",
        [2],
    ),
    Example(
        "Mixpanel",
        "Totals: one enters again after having converted.",
        "A B",
        {"entry": "every"},
        "A B A B",
        [2, 2],
    ),
    Example("Mixpanel", "Specific order, case 1: in order.", "A B C D E", {}, "A B C D E", [5]),
    Example("Mixpanel", "Specific order, case 2: other events may come between.", "A B C D E", {}, "A B F C D E", [5]),
    Example(
        "Mixpanel",
        "Specific order, case 3: a D too early does no harm when one follows.",
        "A B C D E",
        {},
        "A B D C D E",
        [5],
    ),
    Example("Mixpanel", "Specific order, case 4: E without D does not count.", "A B C D E", {}, "A B C E", [3]),
    Example("Mixpanel", "Any order: steps in any sequence.", "A B C", {"order": "any"}, "C A B", [3]),
    Example(
        "Mixpanel",
        "Exclusion, totals: (1) enters, (2) ends it, (3) enters again and converts.",
        "A B",
        {"entry": "every", "exclusion": exclusion("A", mode="end_at_exclusion")},
        "A A A B",
        [1, 2],
    ),
    Example(
        "Mixpanel",
        "Exclusion between two steps: the steps before it stay.",
        "V P C S",
        {"exclusion": exclusion("P", mode="end_at_exclusion", after_step=2, before_step=3)},
        "V P P C S",
        [2],
    ),
    Example(
        "Mixpanel",
        "Hold constant, uniques: the value of the first step 1 is held.",
        "B A P",
        {"held_constant": ["topic"]},
        "B:shoe A:hat A:shoe P:shoe",
        [3],
    ),
    Example(
        "Mixpanel",
        "Hold constant: another item does not convert.",
        "B A P",
        {"held_constant": ["topic"]},
        "B:shoe B:hat A:hat P:hat",
        [1],
    ),
    Example(
        "Mixpanel",
        "Hold constant, totals: one enters again with another value.",
        "B A P",
        {"held_constant": ["topic"], "entry": "every"},
        "B:shoe B:hat A:hat P:hat",
        [1, 3],
    ),
    Example(
        "Mixpanel", "Events two seconds apart are interchangeable.", "A B", {"same_time": seconds(2)}, "B@0 A@2", [2]
    ),
    Example("Amplitude", "This order: other events may come between.", "A B C", {}, "A X B Y C", [3]),
    Example("Amplitude", "This order: a repeated step needs the event twice.", "A A B", {}, "A B", [1]),
    Example("Amplitude", "This order: a repeated step done twice.", "A A B", {}, "A A B", [3]),
    Example("Amplitude", "Exact order: any deviation is a drop-off.", "A B C", {"order": "strict"}, "A B X C", [2]),
    Example("Amplitude", "Exact order: without one, converted.", "A B C", {"order": "strict"}, "A B C", [3]),
    Example(
        "Amplitude",
        "Search four times, then add: one conversion.",
        "S C",
        {"entry": "every"},
        "S S S S C",
        [2],
    ),
    Example("Amplitude", "Any order: all steps, whatever the sequence.", "A B C", {"order": "any"}, "B C A", [3]),
    Example(
        "Amplitude",
        "Any order, older rule: who never fires the first event is not in the funnel (anchored says so).",
        "A B C",
        {"order": "anchored"},
        "B C",
        [],
    ),
    Example(
        "Amplitude",
        "Any order, older rule: after the first event the others in any sequence.",
        "A B C",
        {"order": "anchored"},
        "A C B",
        [3],
    ),
    Example(
        "Amplitude",
        "Within one second either order converts: A to B.",
        "A B",
        {"same_time": seconds(1)},
        "B@0 A@1",
        [2],
    ),
    Example(
        "Amplitude",
        "Within one second either order converts: B to A.",
        "B A",
        {"same_time": seconds(1)},
        "B@0 A@1",
        [2],
    ),
    Example(
        "Amplitude",
        "Exact order: what is fired in the same second does not come between.",
        "A B",
        {"order": "strict", "same_time": seconds(0.999)},
        "A@0 X@0.5 B@0.9",
        [2],
    ),
    Example("PostHog", "Sequential: any number of events between A and B.", "A B", {}, "A X Y Z B", [2]),
    Example("PostHog", "Strict order: B directly after A.", "A B", {"order": "strict"}, "A X B", [1]),
    Example("PostHog", "Any order.", "A B", {"order": "any"}, "B A", [2]),
    Example("PostHog", "Duplicate steps: the event has to be triggered as many times.", "K K", {}, "K", [1]),
    Example("PostHog", "Duplicate steps: two clicks.", "K K", {}, "K K", [2]),
    Example(
        "PostHog",
        "Exclusion: who did it between two steps is out of the whole funnel.",
        "A B C",
        {"exclusion": exclusion("X", mode="drop_journey", after_step=1, before_step=2)},
        "A X B C",
        [],
    ),
    Example(
        "PostHog",
        "Exclusion: elsewhere it does not matter.",
        "A B C",
        {"exclusion": exclusion("X", mode="drop_journey", after_step=1, before_step=2)},
        "X A B X C",
        [3],
    ),
    Example(
        "ClickHouse",
        "windowFunnel: logged in, ordered, searched, ordered again, within the window.",
        "1003 1009 1007 1010",
        {"entry": "best", "window": seconds(86_400 * 365)},
        "1003@0 1009@79200 1007@169200 1010@252000",
        [4],
    ),
    Example("ClickHouse", "strict_order: of A B D C, A to C ends at D.", "A B C", {"order": "strict"}, "A B D C", [2]),
    Example(
        "ClickHouse",
        "allow_reentry: of A A B C the first A is passed over.",
        "A B C",
        {"order": "strict", "entry": "best"},
        "A A B C",
        [3],
    ),
    Example(
        "ClickHouse",
        "The longest of several chains counts.",
        "A B C",
        {"entry": "best", "window": seconds(5)},
        "A@0 B@1 A@10 B@11 C@12",
        [3],
    ),
    Example(
        "ServiceNow", "Other actions may come between; without the step one stays before it.", "A B C", {}, "A B E", [2]
    ),
    Example(
        "Bloomreach",
        "Loose order: E before D does not count until an E follows D.",
        "A B C D E",
        {},
        "A B C E D E",
        [5],
    ),
    Example(
        "Hologres", "Conditions in reverse order reach the first only.", "1 2 3", {"entry": "best"}, "4 3 2 1", [1]
    ),
    Example("Hologres", "Without the first condition nothing is reached.", "1 2 3", {"entry": "best"}, "4 3", []),
]


@pytest.mark.parametrize("example", _EXAMPLES, ids=lambda example: f"{example.vendor}: {example.rule}")
def test_the_documented_example_comes_out(example):
    names = example.steps.split()
    steps = [step(name, name=f"{number} {name}") for number, name in enumerate(names, 1)]
    assert reached(example.text, funnel(example.vendor, steps, **example.options)) == example.found


def test_mixpanel_an_unanchored_step_is_done_before_the_next_anchored_one():
    """Steps with an asterisk may come in any order, but before the next step with a number."""
    asked = funnel("f", ["A", "B", "C", step("D", is_anchored=True)], order="anchored")
    assert reached("A C B D", asked) == [4]
    assert reached("A C D B", asked) == [3]
    assert reached("B A C D", asked) == [2]


# --- Piwik PRO: an optional step is matched only between the match before and the next required match ---------------

_PLAIN = ["A", "B", "C", "D"]


def _places(text, steps):
    [(_, _, places, _, _)] = matched(log(text), funnel("f", steps))["u"]
    return places


def test_piwik_pro_example_1_all_required():
    assert _places("B A B C", ["A", "B", "C"]) == (2, 3, 4)


def test_piwik_pro_example_1_a_first_step_that_is_optional_never_matches_and_is_refused_here():
    with pytest.raises(ConfigurationError, match="first step 'A' is optional"):
        funnel("f", [step("A", is_optional=True), "B", "C"])


def test_piwik_pro_example_2_two_optional_steps():
    optional = ["A", step("B", is_optional=True), step("C", is_optional=True), "D"]
    assert _places("B C A B C D", _PLAIN) == (3, 4, 5, 6)
    assert _places("B C A B C D", optional) == (3, 4, 5, 6)


def test_piwik_pro_example_3_an_optional_step_that_comes_after_the_next_required_one():
    optional = ["A", step("B", is_optional=True), "C", "D"]
    assert _places("B C A C B C D", _PLAIN) == (3, 5, 6, 7)
    assert _places("B C A C B C D", optional) == (3, None, 4, 7)


def test_posthog_an_optional_step_is_no_drop_off():
    asked = funnel("f", ["A", step("B", is_optional=True), "C"])
    assert reached("A C", asked) == [2]
    assert levels(log("A B C"), asked) == {"u": [2]}
