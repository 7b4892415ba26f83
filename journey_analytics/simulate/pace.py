"""When the next need begins: after all others are over or, in an overlapping world, while the latest goes on."""

from random import Random
from typing import Final

from journey_analytics.simulate.draw import DAY, between, evenly, waiting_days
from journey_analytics.simulate.journey import active_touches
from journey_analytics.simulate.things import Need, Person
from journey_analytics.simulate.world import TOPIC_NAMES, World

_SETTLING_DAYS: Final = 12
_SILENCE_DAYS: Final = 34.5
_EARLY_SHARE: Final = 0.008
_SHORTEST: Final = DAY
"""A need that goes on for less has no other beginning during it."""
_MARGIN: Final = 0.1
"""Of the time a need goes on, at its beginning and at its end: no other begins there."""


def next_at(world: World, person: Person, random: Random, needs: list[Need]) -> int:
    """When, by even time, the next need begins."""
    if not world.overlap:
        return _after(person, random, needs[-1])
    at = _during(needs[-1], random) if random.random() < world.overlap else None
    if at is None or len(taken_topics(needs, at)) == len(TOPIC_NAMES):
        return _after_all(person, random, needs)
    return at


def _during(need: Need, random: Random) -> int | None:
    """An instant of waking hours while the need goes on; null if that is too short."""
    begins_at = active_touches(need)[0][0]
    span = need.over_at - begins_at
    if span < _SHORTEST:
        return None
    low, high = (evenly(int(begins_at + share * span)) for share in (_MARGIN, 1 - _MARGIN))
    return between(low, high, random.random)


def _after_all(person: Person, random: Random, needs: list[Need]) -> int:
    """After the need that is over last, and when nobody could take the new one for a part of any other."""
    last = max(needs, key=lambda need: need.over_at)
    return max(_after(person, random, last), *(_clear_at(need) for need in needs if need is not last), 0)


def _after(person: Person, random: Random, need: Need) -> int:
    persona = person.persona
    if need.order:
        days = _SETTLING_DAYS + waiting_days(persona.next_after_purchase_days, 900, random.random)
        return need.order.at + int(days * DAY)
    days = _SILENCE_DAYS + waiting_days(persona.next_after_drop_days, 900, random.random)
    if random.random() < _EARLY_SHARE:
        days = 12 + 16 * random.random()
    return need.over_at + int(days * DAY)


def _clear_at(need: Need) -> int:
    """From here on a need of the same topic is another one."""
    return need.over_at + int((_SETTLING_DAYS if need.order else _SILENCE_DAYS) * DAY)


def taken_topics(needs: list[Need], at: int) -> set[str]:
    """Topics of the needs that go on at an instant, or are over for so short a time that one could go on."""
    return {need.topic for need in needs if at < _clear_at(need)}
