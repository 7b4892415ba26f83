"""E-mails: sent, delivered or not, opened by machines and by people, clicked."""

from random import Random
from typing import Final

from journey_analytics.simulate.draw import DAY, HOUR, MINUTE, SECOND, between, happens
from journey_analytics.simulate.things import Mail, MailEvent, Person, Visit
from journey_analytics.simulate.world import NEWSLETTER_EVERY, POST_PURCHASE, World

_DROPPED_SHARE: Final = 0.005
_BOUNCED_SHARE: Final = 0.012
_DEFERRED_SHARE: Final = 0.025


def _whole(at: int) -> int:
    return at // SECOND * SECOND


def _delivery(
    random: Random, sent_at: int, *, may_fail: bool, stage: str | None = None
) -> tuple[list[MailEvent], bool]:
    """Processed, then delivered (sometimes after a deferral), bounced or dropped; and whether it arrived."""
    sent_at = _whole(sent_at)
    events = [MailEvent(sent_at, "processed", is_touchpoint=False)]
    share = random.random()
    if may_fail and share < _DROPPED_SHARE:
        return [*events, MailEvent(sent_at + SECOND, "dropped", is_touchpoint=False)], False
    if may_fail and share < _DROPPED_SHARE + _BOUNCED_SHARE:
        return [*events, MailEvent(sent_at + 3 * SECOND, "bounce")], False
    delay = 2 * SECOND
    if share > 1 - _DEFERRED_SHARE:
        events.append(MailEvent(sent_at + 2 * SECOND, "deferred", is_touchpoint=False))
        delay = _whole(between(5 * MINUTE, 40 * MINUTE, random.random))
    return [*events, MailEvent(sent_at + delay, "delivered", stage)], True


def _campaign(category: str, at: int) -> str:
    return f"{category}-{at // (7 * DAY):02d}"


def clicked_mail(random: Random, at: int, *, stage: str, category: str, visit: Visit) -> Mail:
    """A mail that was delivered up to 30 hours before, opened, and clicked seconds before the visit at `at`."""
    clicked_at = _whole(at) - SECOND
    opened_at = clicked_at - _whole(between(5 * SECOND, 50 * SECOND, random.random))
    events, _ = _delivery(random, opened_at - between(HOUR, 30 * HOUR, random.random), may_fail=False)
    agent = visit.device.user_agent
    events += [
        MailEvent(opened_at, "open", stage, user_agent=agent),
        MailEvent(clicked_at, "click", stage, user_agent=agent),
    ]
    return Mail(category, _campaign(category, at), events)


def opened_mail(random: Random, at: int, *, stage: str, category: str) -> Mail:
    """A mail that was opened by its reader at about `at`, without a click."""
    events, _ = _delivery(random, at - between(10 * MINUTE, 40 * MINUTE, random.random), may_fail=False)
    return Mail(category, _campaign(category, at), [*events, MailEvent(_whole(at), "open", stage)])


def ignored_mail(random: Random, at: int, *, stage: str, category: str) -> Mail:
    """A mail that nobody looked at."""
    del stage  # passive: it has none
    return Mail(category, _campaign(category, at), _delivery(random, at, may_fail=False)[0])


def unsubscribed_mail(random: Random, at: int, *, stage: str) -> Mail:
    """A newsletter opened only to unsubscribe, or reported as spam."""
    mail = opened_mail(random, at, stage=stage, category="newsletter")
    event = "spamreport" if happens(0.15, random.random) else "unsubscribe"
    mail.events.append(MailEvent(_whole(at) + 40 * SECOND, event, stage))
    return mail


def order_mail(random: Random, at: int, *, category: str, opened_share: float) -> Mail:
    """A mail about an order: all of it is after-sales, even its delivery."""
    events, arrived = _delivery(random, at, may_fail=False, stage=POST_PURCHASE)
    if arrived and random.random() < opened_share:
        delay = _whole(between(3 * MINUTE, 14 * HOUR, random.random))
        events.append(MailEvent(events[-1].at + delay, "open", POST_PURCHASE))
    return Mail(category, "", events)


def newsletters(world: World, person: Person, random: Random) -> list[Mail]:
    """Every mail sent for no need in particular: a welcome, then a newsletter about every five weeks."""
    if not person.is_subscriber or person.known_at is None:
        return []
    ends_at = world.ends_at if person.unsubscribed_at is None else min(world.ends_at, person.unsubscribed_at)
    mails = [_passive(person, random, "welcome", person.known_at + 2 * MINUTE)]
    first = person.known_at // NEWSLETTER_EVERY + 1
    for number in range(first, ends_at // NEWSLETTER_EVERY + 1):
        at = number * NEWSLETTER_EVERY - 25 * DAY + 9 * HOUR + between(0, 3 * HOUR, random.random)
        if person.known_at < at < ends_at:
            mails.append(_passive(person, random, "newsletter", at))
    return mails


def _passive(person: Person, random: Random, category: str, at: int) -> Mail:
    events, arrived = _delivery(random, at, may_fail=category == "newsletter")
    if arrived and person.has_machine_opens:
        delay = _whole(between(2 * SECOND, 90 * MINUTE, random.random))
        events.append(MailEvent(events[-1].at + delay, "open", is_machine=True))
    return Mail(category, _campaign(category, at), events, is_of_need=False)
