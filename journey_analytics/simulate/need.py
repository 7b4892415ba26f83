"""One need from its first touch to its purchase or its silence."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from journey_analytics.simulate import browsing
from journey_analytics.simulate.after_sales import order_of
from journey_analytics.simulate.diary import Diary
from journey_analytics.simulate.draw import DAY, HOUR, MINUTE, Choice, between, happens, one_of, rhythm, waiting_days
from journey_analytics.simulate.mailing import clicked_mail, ignored_mail, opened_mail, unsubscribed_mail
from journey_analytics.simulate.people import new_device
from journey_analytics.simulate.things import Device, Need, Person, Ticket, Visit
from journey_analytics.simulate.world import (
    AWARENESS,
    CONSIDERATION,
    DECISION,
    ERROR_SHARE,
    ERROR_SHARE_ELSEWHERE,
    FIRST_STAGE,
    LINGER_CAP_DAYS,
    LINGER_DAYS,
    NEXT_STAGE,
    QUICK_SHARE,
    SKIP_CONSIDERATION_SHARE,
    SLOW_SHARE,
    STRAY_VISIT_SHARE,
    WAITING_CAP_DAYS,
    WAITING_DAYS,
    Condition,
    World,
    advance_probability,
    condition,
)

_LATER_CHANNELS: Final = Choice.of(
    {"direct": 50, "email": 14, "organic_search": 18, "paid_search": 10, "paid_social": 3, "display": 3, "referral": 2}
)
_IN_STORE_ENTRY: Final = 1.5
"""Needs of buyers that begin and end at the till, relative to the persona's share of purchases made there."""
_REGRESSION_SHARE: Final = 0.10
_LOOKS_AGAIN_SHARE: Final = 0.22
"""Of the visits in decision of those who compared before, those with a look at a product: it looks like comparing."""
_TICKET_SHARE: Final = 0.07
_KIOSK_SHARE: Final = 0.02
_OPENED_ONLY_SHARE: Final = 0.25
_CART_MAIL_SHARE: Final = 0.55
_CART_OPENED_SHARE: Final = 0.15
_UNSUBSCRIBE_SHARE: Final = 0.006
_QUESTIONS: Final = (
    ("Is this available in my size?", 3), ("Question about sizing", 3), ("Advice wanted", 2), ("Before I buy", 2),
    ("Availability in store", 2), ("Question", 2), ("Hello", 1),
)  # fmt: skip
_QUESTION: Final = Choice.of(dict(_QUESTIONS))


@dataclass
class Stay:
    """One stage of one need: when it begins, whether and after how long it advances."""

    stage: str
    at: float
    case: Condition
    advances: bool
    days: float
    is_quick: bool
    has_error: bool


class NeedPlan:
    """Builds one need. Times are planned evenly and moved to waking hours visit by visit."""

    def __init__(
        self, world: World, person: Person, random: Random, need: Need, *, stage: str, diary: Diary,
        kiosks: tuple[Device, ...], count: Callable[[Condition, bool], None],
    ) -> None:  # fmt: skip
        self.world, self.person, self.random, self.need = world, person, random, need
        self.stage, self.diary, self.kiosks, self.count = stage, diary, kiosks, count
        self.primary = one_of(tuple(person.devices), random.random)
        if need.is_never_known:
            self.primary = new_device(random, self.primary.kind)
        self.visit = Visit(at=need.begins_at, device=self.primary, channel=need.channel)  # replaced by the first one
        need.device = self.primary.kind

    def build(self) -> Need:
        """Live through the stages until the need is given up or ends in a purchase."""
        stage: str | None = self.stage
        at = float(self.need.begins_at)
        if stage == DECISION and self._is_in_store_entry():
            return self._buy_in_store(rhythm(at))
        while stage:
            stay = self._stay(stage, at)
            self._spend(stay)
            if not stay.advances:
                self._give_up()
                break
            at += stay.days * DAY
            stage = self._after(stay, at)
        return self.need

    def _is_in_store_entry(self) -> bool:
        share = _IN_STORE_ENTRY * self.person.persona.in_store_share
        return not self.need.is_never_known and self.random.random() < share

    def _stay(self, stage: str, at: float) -> Stay:
        uniform = self.random.random
        error_share = ERROR_SHARE.get(self.need.device, ERROR_SHARE_ELSEWHERE)
        has_error = stage == DECISION and uniform() < error_share
        case = condition(
            self.world, stage=stage, persona=self.person.persona.name, channel=self.need.channel,
            device=self.need.device, at=rhythm(at), error=has_error,
        )  # fmt: skip
        advances = uniform() < advance_probability(case)
        if rhythm(at) < self.world.ends_at:
            self.count(case, advances)
        is_quick = advances and uniform() < QUICK_SHARE[stage]
        return Stay(stage, at, case, advances, self._days(stage, advances, is_quick=is_quick), is_quick, has_error)

    def _days(self, stage: str, advances: bool, *, is_quick: bool) -> float:
        uniform = self.random.random
        if is_quick:
            return (1 + 14 * uniform()) * MINUTE / DAY
        if not advances:
            return waiting_days(LINGER_DAYS, LINGER_CAP_DAYS, uniform)
        if uniform() < SLOW_SHARE:
            return 32 + 10 * uniform()
        return 0.05 + waiting_days(WAITING_DAYS[stage], WAITING_CAP_DAYS - 0.05, uniform)

    def _spend(self, stay: Stay) -> None:
        """The visit that enters the stage, and those until the stay ends."""
        self._enter(stay)
        if stay.is_quick:
            return
        share = self.random.random()
        count = min(4, int(share * (1.0 + stay.days / 3.3)))
        points = sorted(self.random.random() for _ in range(count))
        if stay.days > WAITING_CAP_DAYS:  # slow, but never silent for as long as the inactivity limit
            points = [0.35, 0.7]
        for point in points:
            self._return(stay, rhythm(stay.at + (0.04 + 0.92 * point) * stay.days * DAY))
        self._side_touches(stay)

    def _enter(self, stay: Stay) -> None:
        if not self._follows_at_once(stay):
            self.visit = self._new_visit(rhythm(stay.at), is_first=not self.need.visits)
            at = self.visit.at
        else:
            at = self.visit.last_at + browsing.pause(self.random) + MINUTE
        self.need.entries.append((at, stay.stage))
        browsing.browse(self.visit, stay.stage, self.random, at=at, topic=self.need.topic, is_entry=True)
        self._look_again(stay.stage)
        if stay.has_error:
            browsing.fail_checkout(self.visit, self.random, topic=self.need.topic)

    def _follows_at_once(self, stay: Stay) -> bool:
        return bool(self.need.visits) and rhythm(stay.at) - self.visit.at < 40 * MINUTE

    def _new_visit(self, at: int, *, is_first: bool) -> Visit:
        at = self.diary.free_at(at)
        channel = self.need.channel if is_first else self._later_channel(at)
        visit = Visit(at=at, device=self.primary if is_first else self._later_device(), channel=channel)
        if channel == "email":
            self._click_into(visit, at)
        if not is_first and not self.need.is_never_known and self.random.random() < STRAY_VISIT_SHARE:
            visit.device, visit.is_stray = new_device(self.random, visit.device.kind), True
        self.need.visits.append(visit)
        return visit

    def _click_into(self, visit: Visit, at: int) -> None:
        """The mail whose click brings this visit: opened and clicked at the stage the visit then has."""
        stage = self.need.entries[-1][1] if self.need.entries else self.stage
        category = self._category(stage)
        self.need.mails.append(clicked_mail(self.random, at, stage=stage, category=category, visit=visit))

    def _category(self, stage: str) -> str:
        """Of a mail that is looked at: whoever compares products gets mails about products."""
        is_first = not self.need.entries
        if stage == CONSIDERATION and (is_first or happens(0.4, self.random.random)):
            return one_of(("browse_reminder", "back_in_stock"), self.random.random)
        return one_of(("newsletter", "newsletter", "promotion"), self.random.random)

    def _later_channel(self, at: int) -> str:
        channel = _LATER_CHANNELS.pick(self.random.random)
        return "direct" if channel == "email" and not self._is_mailable(at) else channel

    def _is_mailable(self, at: int) -> bool:
        return self.person.is_mailable(at) and not self.need.is_never_known

    def _later_device(self) -> Device:
        share = self.random.random()
        if self.need.is_never_known or share >= 0.18 + _KIOSK_SHARE:
            return self.primary
        if share < _KIOSK_SHARE:
            return one_of(self.kiosks, self.random.random) if self.person.has_account else self.primary
        return one_of(tuple(self.person.devices), self.random.random)

    def _return(self, stay: Stay, at: int) -> None:
        """A later visit in the same stage; from decision sometimes back to looking at products."""
        if at - self.visit.last_at < HOUR:
            return
        self.visit = self._new_visit(at, is_first=False)
        stage = stay.stage
        if stage == DECISION and self.random.random() < _REGRESSION_SHARE and self._has_entered(CONSIDERATION):
            stage = CONSIDERATION
            self.need.entries.append((self.visit.at, CONSIDERATION))
        browsing.browse(self.visit, stage, self.random, at=self.visit.at, topic=self.need.topic, is_entry=False)
        self._look_again(stage)
        if stage != stay.stage:
            self.need.entries.append((self.visit.last_at + 1, stay.stage))

    def _look_again(self, stage: str) -> None:
        compared = stage == DECISION and self._has_entered(CONSIDERATION)
        if compared and self.random.random() < _LOOKS_AGAIN_SHARE:
            browsing.look_at_product(self.visit, stage, self.random, topic=self.need.topic)

    def _has_entered(self, stage: str) -> bool:
        return any(entered == stage for _, entered in self.need.entries)

    def _side_touches(self, stay: Stay) -> None:
        """Mails and tickets within the stay: the last visit plus some hours, before the stay's end."""
        latest = rhythm(stay.at + stay.days * DAY)
        at = self.visit.last_at + between(HOUR, 20 * HOUR, self.random.random)
        if at < latest and self._is_mailable(at):
            self._side_mail(stay, at)
        if self._asks(stay):
            self._ask(self.visit.last_at + between(5 * MINUTE, 60 * MINUTE, self.random.random))

    def _side_mail(self, stay: Stay, at: int) -> None:
        share = self.random.random()
        if stay.stage == DECISION and share < _CART_MAIL_SHARE:
            make = opened_mail if share < _CART_OPENED_SHARE else ignored_mail
            self.need.mails.append(make(self.random, at, stage=stay.stage, category="abandoned_cart"))
        elif share < _OPENED_ONLY_SHARE * 0.5:
            mail = opened_mail(self.random, at, stage=stay.stage, category=self._category(stay.stage))
            self.need.mails.append(mail)

    def _asks(self, stay: Stay) -> bool:
        known = self.person.kind != "visitor" and not self.need.is_never_known
        return known and stay.stage == CONSIDERATION and self.random.random() < _TICKET_SHARE

    def _ask(self, at: int) -> None:
        subject = _QUESTION.pick(self.random.random)
        self.need.tickets.append(Ticket(opened_at=at, subject=subject, body="Can you help me choose?", rows=[]))

    def _after(self, stay: Stay, at: float) -> str | None:
        """The next stage; null once bought."""
        if stay.stage == DECISION:
            self._buy(rhythm(at), is_quick=stay.is_quick)
            return None
        skips = stay.stage == AWARENESS and self.random.random() < SKIP_CONSIDERATION_SHARE
        return DECISION if skips else NEXT_STAGE[stay.stage]

    def _buy(self, at: int, *, is_quick: bool) -> None:
        if not is_quick and self.random.random() < self.person.persona.in_store_share:
            self._buy_in_store(at)
            return
        if not is_quick and at - self.visit.last_at > 20 * MINUTE:
            self.visit = self._new_visit(at, is_first=False)
        order = order_of(self.random, self.person, self.need, is_in_store=False)
        logged_at = browsing.buy(self.visit, self.random, order=order)
        order.at = (logged_at // 1000 + 2 + int(self.random.random() * 6)) * 1000
        self.need.order = order

    def _buy_in_store(self, at: int) -> Need:
        order = order_of(self.random, self.person, self.need, is_in_store=True)
        earliest = self.visit.last_at + MINUTE if self.need.visits else at
        order.at = max(at, earliest) // 1000 * 1000 + 1000
        self.need.order = order
        if not self.need.entries:
            self.need.entries.append((order.at, DECISION))
            self.need.channel, self.need.device = "in_store", ""
        return self.need

    def _give_up(self) -> None:
        """Some leave for good: the last thing they do is to unsubscribe, unless another need goes on."""
        if not self._is_mailable(self.visit.last_at) or self.random.random() >= _UNSUBSCRIBE_SHARE * 3:
            return
        at = self.visit.last_at + between(2 * HOUR, 60 * HOUR, self.random.random)
        if at < self.diary.over_at or not self._is_mailable(at):
            return
        self.need.mails.append(unsubscribed_mail(self.random, at, stage=self.need.entries[-1][1]))
        self.person.unsubscribed_at = at + 2 * MINUTE


def first_stage(random: Random, *, has_needed: bool, has_bought: bool) -> str:
    """Where a person's next need begins."""
    table = FIRST_STAGE["buyer" if has_bought else "returning" if has_needed else "first"]
    return table.pick(random.random)
