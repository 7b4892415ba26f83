"""Who is known when: cookies, sign-ins, and visits that stay anonymous for ever."""

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


def sign_in(person: Person, need: Need, random: Random) -> None:
    """Give every visit its cookie, and a person who is ever known a sign-in on each device of the need."""
    visits = sorted(need.visits, key=lambda visit: visit.at)
    is_known = person.kind != "visitor" and not need.is_never_known
    by_device: dict[int, list[Visit]] = {}
    for visit in visits:
        if is_known and not visit.is_stray:
            by_device.setdefault(id(visit.device), []).append(visit)
        else:
            visit.anonymous_id = visit.device.anonymous_id
    for same_device in by_device.values():
        _sign_in_on(same_device[0].device, same_device, person, random)


def _sign_in_on(device: Device, visits: list[Visit], person: Person, random: Random) -> None:
    if not device.is_signed_in and not device.is_public and random.random() < _NEW_COOKIE_SHARE:
        device.anonymous_id = uuid_text(random)
    waiting = False
    for visit, following in zip_longest(visits, visits[1:]):
        visit.anonymous_id = device.anonymous_id
        if device.is_signed_in:
            _mark(visit.touches)
            continue
        waiting = not waiting and _waits(device, visit, following, random)
        if not waiting:
            _log_in(visit, device, person, random)
    device.is_signed_in = device.is_signed_in and random.random() < _STAYS_NEXT_NEED_SHARE


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
