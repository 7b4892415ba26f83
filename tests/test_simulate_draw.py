"""The simulator's draws, times and shapes, one by one."""

from itertools import pairwise
from random import Random

import pytest

from journey_analytics.simulate.draw import (
    DAY,
    HOUR,
    WEEK,
    Choice,
    epoch_seconds,
    evenly,
    iso,
    rhythm,
    seconds_text,
    waiting_days,
)
from journey_analytics.simulate.shopify import local_iso
from journey_analytics.simulate.world import PERSONAS, Condition, advance_probability
from journey_analytics.simulate.write import csv_line


def test_the_rhythm_keeps_order_and_weeks_and_moves_nothing_far() -> None:
    even = [number * HOUR // 3 for number in range(3 * 24 * 21)]
    moved = [rhythm(at) for at in even]
    assert all(earlier < later for earlier, later in pairwise(moved))
    assert all(
        abs(at - other) < 1.2 * DAY and at // WEEK == other // WEEK for at, other in zip(even, moved, strict=True)
    )


@pytest.mark.parametrize("at", [0, 1, HOUR, 5 * DAY + 7 * HOUR + 123, WEEK - 1, WEEK, 52 * WEEK + 3 * DAY])
def test_even_time_is_the_inverse_of_the_rhythm(at: int) -> None:
    assert abs(rhythm(evenly(at)) - at) <= 1


def test_the_night_is_quiet() -> None:
    hours = [rhythm(number * WEEK / 5000) % DAY // HOUR for number in range(5000)]
    assert sum(hour in (1, 2, 3, 4) for hour in hours) < 0.05 * len(hours)
    assert sum(hour in (18, 19, 20, 21) for hour in hours) > 0.25 * len(hours)


def test_waiting_never_exceeds_its_cap_and_has_about_its_mean() -> None:
    uniform = Random(1).random
    waits = [waiting_days(7, 28, uniform) for _ in range(5000)]
    assert max(waits) < 28
    assert 6 < sum(waits) / len(waits) < 7


def test_a_choice_follows_its_weights() -> None:
    uniform = Random(1).random
    choice = Choice.of({"often": 3, "rarely": 1})
    assert 0.7 < sum(choice.pick(uniform) == "often" for _ in range(2000)) / 2000 < 0.8


@pytest.mark.parametrize(
    ("at", "text"),
    [(0, "2025-01-01T00:00:00.000Z"), (31 * DAY + 7, "2025-02-01T00:00:00.007Z"), (-1, "2024-12-31T23:59:59.999Z")],
)
def test_instants_are_milliseconds_since_the_first_midnight(at: int, text: str) -> None:
    assert iso(at) == text


def test_every_vendor_has_its_own_way_to_write_a_time() -> None:
    july = 190 * DAY + 1_500
    assert epoch_seconds(july) == 1752105601
    assert seconds_text(july) == "2025-07-10 00:00:01"
    assert local_iso(july) == "2025-07-10T02:00:01+02:00"
    assert local_iso(0) == "2025-01-01T01:00:00+01:00"


@pytest.mark.parametrize("persona", [name for name in PERSONAS if name != "visitor"])
def test_the_barrier_makes_every_persona_buy_far_less(persona: str) -> None:
    met = advance_probability(Condition("decision", persona, device="mobile", has_error="true"))
    free = advance_probability(Condition("decision", persona, device="mobile", has_error="false"))
    assert met < free - 0.3


def test_csv_quotes_only_what_needs_it() -> None:
    assert csv_line(["plain", "a,b", 'say "hi"', ""]) == 'plain,"a,b","say ""hi""",'
