"""Who is known when: cookies, sign-ins, and visits that stay anonymous for ever."""

from dataclasses import dataclass
from itertools import zip_longest
from random import Random
from typing import Final

from journey_analytics.simulate.draw import DAY, SECOND
from journey_analytics.simulate.people import uuid_text
from journey_analytics.simulate.things import Device, Need, Person, Touch, Visit

_LATER_SHARE: Final = 0.4
"""Of the visits that could sign in, those that leave it to the next visit on the device."""
_LATER_DAYS: Final = 25
"""… if that comes within this time, so that the look-back of 30 days reaches it."""
_STAYS_SHARE: Final = 0.75
_STAYS_NEXT_NEED_SHARE: Final = 0.6
_NEW_COOKIE_SHARE: Final = 0.15
_TRACKED_SHARE: Final = 0.25


@dataclass(slots=True, frozen=True)
class Stop:
    """A visit and the journey it is for."""

    visit: Visit
    journey_id: str


def sign_in(person: Person, needs: list[Need], random: Random) -> None:
    """Give every visit of the needs its cookie, and a person who is ever known a sign-in on each device of a need.

    Who is signed in on a device follows from its visits in time, whichever of the needs they are for.
    """
    by_device: dict[int, list[Stop]] = {}
    stops = (Stop(visit, need.journey_id) for need in needs for visit in need.visits)
    known = {need.journey_id for need in needs if person.kind != "visitor" and not need.is_never_known}
    for stop in sorted(stops, key=lambda stop: stop.visit.at):
        if stop.journey_id in known and not stop.visit.is_stray:
            by_device.setdefault(id(stop.visit.device), []).append(stop)
        else:
            stop.visit.anonymous_id = stop.visit.device.anonymous_id
    for same_device in by_device.values():
        _sign_in_on(same_device[0].visit.device, same_device, person, random)


def _sign_in_on(device: Device, stops: list[Stop], person: Person, random: Random) -> None:
    first = {stop.journey_id: stop for stop in reversed(stops)}
    last = {stop.journey_id: stop for stop in stops}
    waiting = False
    for stop, following in zip_longest(stops, stops[1:]):
        if first[stop.journey_id] is stop and not waiting:
            _begin_on(device, random)
        waiting = _visit_on(device, stop.visit, following, person, random, waiting=waiting)
        if last[stop.journey_id] is stop:
            device.is_signed_in = device.is_signed_in and random.random() < _STAYS_NEXT_NEED_SHARE


def _begin_on(device: Device, random: Random) -> None:
    """A new need comes with a new cookie now and then; never while an anonymous visit waits for its sign-in."""
    if not device.is_signed_in and not device.is_public and random.random() < _NEW_COOKIE_SHARE:
        device.anonymous_id = uuid_text(random)


def _visit_on(
    device: Device, visit: Visit, following: Stop | None, person: Person, random: Random, *, waiting: bool
) -> bool:
    """Cookie and sign-in of one visit; whether it leaves the sign-in to the following one."""
    visit.anonymous_id = device.anonymous_id
    if device.is_signed_in:
        _mark(visit.touches)
        return False
    waits = not waiting and _waits(device, visit, following.visit if following else None, random)
    if not waits:
        _log_in(visit, device, person, random)
    return waits


def _waits(device: Device, visit: Visit, following: Visit | None, random: Random) -> bool:
    near = following is not None and following.at - visit.at < _LATER_DAYS * DAY
    return near and not device.is_public and random.random() < _LATER_SHARE


def _mark(touches: list[Touch]) -> None:
    for touch in touches:
        touch.has_user = True


def _log_in(visit: Visit, device: Device, person: Person, random: Random) -> None:
    count = min(len(visit.touches), 1) if device.is_public else len(visit.touches)
    position = int(random.random() * (count + 1))
    at = visit.touches[position].at - 2 * SECOND if position < len(visit.touches) else visit.last_at + 4 * SECOND
    new = [Touch(at, "identify", None, has_user=True)]
    if position and random.random() < _TRACKED_SHARE and person.has_account:
        activity = "Signed In" if person.known_at is not None else "Signed Up"
        new.append(Touch(at + SECOND, activity, visit.touches[position - 1].stage, has_user=True))
    _mark(visit.touches[position:])
    visit.touches[position:position] = new
    person.known_at = at if person.known_at is None else min(at, person.known_at)
    device.is_signed_in = person.has_account and not device.is_public and random.random() < _STAYS_SHARE
