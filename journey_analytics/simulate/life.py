"""A life: a person's needs, one after the other or, in an overlapping world, some at the same time."""

from collections.abc import Callable
from random import Random
from typing import Final

from journey_analytics.simulate.after_sales import follow_up, handle
from journey_analytics.simulate.diary import Diary
from journey_analytics.simulate.draw import DAY, one_of, rhythm
from journey_analytics.simulate.journey import over_at
from journey_analytics.simulate.need import NeedPlan, first_stage
from journey_analytics.simulate.pace import next_at, taken_topics
from journey_analytics.simulate.signing_in import sign_in
from journey_analytics.simulate.things import Device, Need, Order, Person
from journey_analytics.simulate.world import (
    CONSIDERATION,
    DECISION,
    NEVER_LOGIN_SHARE,
    TOPIC_NAMES,
    Condition,
    World,
)

_SAME_TOPIC_SHARE: Final = 0.05
_SAME_TOPIC_AFTER: Final = 60 * DAY
_LEAVE_SHARE: Final = {"account": 0.10, "guest": 0.25, "visitor": 0.85}


def live(
    world: World,
    person: Person,
    random: Random,
    *,
    kiosks: tuple[Device, ...],
    count: Callable[[Condition, bool], None],
) -> list[Need]:
    """All needs of a person in the order they begin, beyond the export's end as far as the follow-up goes."""
    needs: list[Need] = []
    diary = Diary()
    at = person.starts_at
    while at < world.horizon_at:
        need = _need(world, person, random, at, needs=needs, diary=diary, kiosks=kiosks, count=count)
        needs.append(need)
        if not world.overlap:
            sign_in(person, [need], random)
        need.over_at = over_at(need)
        if world.overlap:
            diary.note(need)
        if random.random() < _LEAVE_SHARE[person.kind]:
            break
        at = next_at(world, person, random, needs)
    if world.overlap:  # a device may serve several needs at a time, so who is signed in follows from all their visits
        sign_in(person, needs, random)
    return needs


def _need(
    world: World, person: Person, random: Random, at: int, *, needs: list[Need], diary: Diary,
    kiosks: tuple[Device, ...], count: Callable[[Condition, bool], None],
) -> Need:  # fmt: skip
    last_order = _last_order(needs, rhythm(at))
    topic = _topic(random, last_order=last_order, at=at, taken=taken_topics(needs, at) if world.overlap else set())
    need = Need(f"{person.customer_id}-{len(needs):02d}", topic, at, "", "")
    never_known = person.kind != "visitor" and random.random() < NEVER_LOGIN_SHARE
    need.channel = _channel(person, random, rhythm(at), is_never_known=never_known)
    need.is_never_known = never_known
    stage = first_stage(random, has_needed=bool(needs), has_bought=last_order is not None)
    if stage == DECISION and (person.kind == "visitor" or need.channel == "email"):
        stage = CONSIDERATION
    NeedPlan(world, person, random, need, stage=stage, diary=diary, kiosks=kiosks, count=count).build()
    if need.order:
        need.is_never_known = False
        if need.order.at < world.ends_at:
            follow_up(person, need, need.order, random, diary=diary)
    for ticket in need.tickets:
        handle(ticket, random)
    return need


def _last_order(needs: list[Need], at: int) -> Order | None:
    """The latest purchase before an instant: not always that of the need that began last."""
    orders = [need.order for need in needs if need.order and need.order.at < at]
    return max(orders, key=lambda order: order.at, default=None)


def _topic(random: Random, *, last_order: Order | None, at: int, taken: set[str]) -> str:
    """What the need is about: nothing that is `taken`, and rarely what was bought not long ago."""
    free = tuple(name for name in TOPIC_NAMES if name not in taken)
    topic = one_of(free, random.random)
    if last_order is None or at - last_order.at >= _SAME_TOPIC_AFTER or last_order.topic in taken:
        return topic
    if random.random() < _SAME_TOPIC_SHARE:
        return last_order.topic
    return one_of(tuple(name for name in free if name != last_order.topic) or free, random.random)


def _channel(person: Person, random: Random, at: int, *, is_never_known: bool) -> str:
    channel = person.persona.channels.pick(random.random)
    mailable = person.is_mailable(at) and not is_never_known
    return "direct" if channel == "email" and not mailable else channel
