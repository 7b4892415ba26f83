"""`[[funnel]]` tables: what they may say, how a fault is named, and the sentence that stands under every figure."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from journey_analytics.config import read_config
from journey_analytics.errors import ConfigurationError
from journey_analytics.funnel.declared import SavedFunnel, asked_funnel, duration
from journey_analytics.funnel.definition import Condition, funnel, step
from journey_analytics.funnel.words import definition, span

SOURCE = '[[source]]\nname = "web"\nformat = "segment"\npath = "x"\n'
FUNNEL = SOURCE + '[[funnel]]\nname = "buying"\nsteps = ["product_viewed", "cart_viewed?", "checkout_started"]\n'


def declared(folder: Path, text: str) -> tuple[SavedFunnel, ...]:
    file = folder / "journey.toml"
    file.write_text(text, encoding="utf-8")
    return read_config(file).funnels


def test_without_options_a_funnel_has_the_defaults(tmp_path: Path) -> None:
    (saved,) = declared(tmp_path, FUNNEL)
    assert saved.funnel == funnel(
        "buying",
        ["product_viewed", step("cart_viewed", is_optional=True), "checkout_started"],
        window=timedelta(days=30),
    )
    assert (saved.by, saved.breakdown_from) == ((), "first")
    assert declared(tmp_path, SOURCE) == ()


def test_every_option_gets_to_the_funnel(tmp_path: Path) -> None:
    (saved,) = declared(
        tmp_path,
        SOURCE
        + """
[[funnel]]
name = "all"
steps = [
    "product_viewed|pricing_viewed",
    { name = "cart", activities = ["product_added"], min_gap = "1m", max_gap = "2d", where.device = "mobile" },
    "is:purchase",
]
unit = "customer"
window = "1d12h"
entry = "every"
exclude = { activities = "help_viewed", between = ["cart", "is:purchase"], mode = "drop_journey" }
same_time_seconds = 2
hold = "topic"
by = ["device", "channel"]
breakdown_from = "last"
since = 2026-01-01
until = "2026-03-01T12:00:00"
""",
    )
    made = saved.funnel
    assert made.steps[0].activities == ("product_viewed", "pricing_viewed")
    assert made.steps[1].where == (Condition("device", ("mobile",)),)
    assert (made.steps[1].min_gap, made.steps[1].max_gap) == (timedelta(minutes=1), timedelta(days=2))
    assert (made.unit, made.entry, made.window) == ("customer", "every", timedelta(hours=36))
    assert made.exclusion is not None
    assert (made.exclusion.after_step, made.exclusion.before_step, made.exclusion.mode) == (2, 3, "drop_journey")
    assert (made.same_time, made.held_constant) == (timedelta(seconds=2), ("topic",))
    assert (made.since, made.until) == (datetime(2026, 1, 1), datetime(2026, 3, 1, 12))
    assert (saved.by, saved.breakdown_from) == (("device", "channel"), "last")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('windo = "3d"', ["[[funnel]] buying: unknown key 'windo'", "did you mean 'window'?"]),
        ("window = 30", ["window is 30", "expected text"]),
        ('window = "a month"', ["window: 'a month' is no time span", "'30d'"]),
        ('window = "0d"', ["window is 0:00:00", "positive"]),
        ('unit = "jurney"', ["unit is 'jurney'", "did you mean 'journey'?"]),
        ('order = "strikt"', ["order is 'strikt'", "did you mean 'strict'?"]),
        ('entry = "all"', ["entry is 'all'", "first, every, best"]),
        ("open = 1", ["open is 1", "expected true or false"]),
        ('breakdown_from = "frist"', ["breakdown_from is 'frist'", "first, last, step"]),
        ("by = [3]", ["by is [3]", "a list of columns"]),
        ('hold = "topik"', ["held_constant is 'topik'", "did you mean 'topic'?"]),
        ("exclude = [3]", ["exclude is [3]", "an activity"]),
        ('exclude = { activites = "a" }', ["exclude: unknown key 'activites'", "did you mean 'activities'?"]),
        ('exclude = { activities = "a", between = ["product_viewed"] }', ["between is ['product_viewed']", "two"]),
        (
            'exclude = { activities = "a", between = ["product_viewed", "chekout_started"] }',
            ["no required step 'chekout_started'", "did you mean 'checkout_started'?"],
        ),
        ('exclude = { activities = "a", mode = "drop" }', ["mode is 'drop'", "drop_journey"]),
        ('since = "soon"', ["'soon' is no date", "'2026-03-01'"]),
        ('steps2 = ["a"]', ["unknown key 'steps2'"]),
    ],
)
def test_a_fault_is_named_with_what_was_expected(tmp_path: Path, line: str, said: list[str]) -> None:
    with pytest.raises(ConfigurationError) as raised:
        declared(tmp_path, f"{FUNNEL}{line}\n")
    for words in said:
        assert words in str(raised.value)
    assert "journey.toml" in str(raised.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (FUNNEL.replace('name = "buying"', ""), ["[[funnel]] number 1: name is missing"]),
        (FUNNEL.replace('"buying"', '"Buy it"'), ["name 'Buy it'", "lower-case"]),
        (SOURCE + '[[funnel]]\nname = "x"\n', ["steps is missing"]),
        (SOURCE + '[[funnel]]\nname = "x"\nsteps = ["a"]\n', ["1 required steps", "at least two"]),
        (SOURCE + '[[funnel]]\nname = "x"\nsteps = ["a", 3]\n', ["step 2 is 3"]),
        (
            SOURCE + '[[funnel]]\nname = "x"\nsteps = ["a", { activity = "b" }]\n',
            ["step 2: unknown key 'activity'", "did you mean 'activities'?"],
        ),
        (
            SOURCE + '[[funnel]]\nname = "x"\nsteps = ["a", "stage:decison"]\n',
            ["'decison'", "did you mean 'decision'?"],
        ),
        (FUNNEL + FUNNEL.removeprefix(SOURCE), ["two funnels are called 'buying'"]),
        ("funnel = [3]\n" + SOURCE, ["funnel 1 is 3", "[[funnel]]"]),
        (FUNNEL + "unit = 3\nwindw = 3\n", ["has 2 faults", "unit is 3", "unknown key 'windw'"]),
    ],
)
def test_a_faulty_table_is_named(tmp_path: Path, text: str, said: list[str]) -> None:
    with pytest.raises(ConfigurationError) as raised:
        declared(tmp_path, text)
    for words in said:
        assert words in str(raised.value)


@pytest.mark.parametrize(
    ("text", "seconds"), [("30d", 2_592_000), ("45m", 2_700), ("1d12h", 129_600), ("2w", 1_209_600)]
)
def test_a_time_span_is_a_number_and_a_unit(text: str, seconds: int) -> None:
    assert duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "30", "d", "30x", "-3d", "1.5d", "99999999999d"])
def test_anything_else_is_no_time_span(text: str) -> None:
    with pytest.raises(ConfigurationError, match="no time span"):
        duration(text)


def test_a_command_names_a_saved_funnel_and_changes_it_or_gives_steps(tmp_path: Path) -> None:
    saved = declared(tmp_path, FUNNEL)
    assert asked_funnel(saved, ["buying"], {"window": None, "by": None}) == saved[0]
    changed = asked_funnel(saved, ["buying"], {"window": "none", "unit": "session", "by": ["device"]})
    assert (changed.funnel.window, changed.funnel.unit, changed.by) == (None, "session", ("device",))
    assert changed.funnel.steps == saved[0].funnel.steps
    made = asked_funnel(saved, ["home_viewed", "cart_viewed"], {"order": "strict"})
    assert (made.funnel.name, made.funnel.order, len(made.funnel.steps)) == ("ad_hoc", "strict", 2)


@pytest.mark.parametrize(
    ("words", "options", "said"),
    [
        (["buyin"], {}, "did you mean 'buying'?"),
        (["buying"], {"order": "strikt"}, "did you mean 'strict'?"),
        (["buying"], {"breakdown_from": "x"}, "first, last, step"),
        (["a", "b"], {"window": "x"}, "no time span"),
        (["a", "b", "c?"], {}, "the last step 'c' is optional"),
    ],
)
def test_a_wrong_call_is_told_what_was_expected(
    tmp_path: Path, words: list[str], options: dict[str, str], said: str
) -> None:
    with pytest.raises(ConfigurationError) as raised:
        asked_funnel(declared(tmp_path, FUNNEL), words, options)
    assert said in str(raised.value)


def test_the_definition_is_one_sentence_that_names_every_option(tmp_path: Path) -> None:
    (plain,) = declared(tmp_path, FUNNEL)
    assert definition(plain) == (
        "Of journeys with product_viewed, those that go on to cart_viewed (optional), then checkout_started, in this "
        "order, with anything between, within 30 days of entering; entered with product_viewed, one attempt per "
        "journey, its first; those still on their way are open, not lost."
    )
    rich = asked_funnel(
        [],
        ["product_viewed", "checkout_started"],
        {"exclude": "help_viewed", "hold": ["topic"], "window": "90m", "entry": "every", "by": "device"}
        | {"same_time_seconds": 2, "since": "2026-01-01", "order": "strict"},
    )
    told = definition(rich)
    for part in (
        "nothing the customer did between", "within 90 minutes", "from 2026-01-01 00:00 UTC", "same topic throughout",
        "help_viewed between product_viewed and checkout_started ends the attempt there", "every attempt counts",
        "touchpoints within 2 seconds are interchangeable", "device taken from the touchpoint of the entry",
    ):  # fmt: skip
        assert part in told


def test_a_span_is_told_in_the_largest_unit_that_divides_it() -> None:
    told = [span(timedelta(seconds=seconds)) for seconds in (86_400, 2_592_000, 7_200, 5_400, 1, 0.5)]
    assert told == ["1 day", "30 days", "2 hours", "90 minutes", "1 second", "0.5 seconds"]
