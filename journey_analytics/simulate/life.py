"""A life: needs one after the other, and what each of them truly was."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from journey_analytics.simulate.after_sales import follow_up, handle
from journey_analytics.simulate.draw import DAY, one_of, waiting_days
from journey_analytics.simulate.need import NeedPlan, first_stage
from journey_analytics.simulate.signing_in import sign_in
from journey_analytics.simulate.things import Device, Need, Order, Person
from journey_analytics.simulate.world import (
    CONSIDERATION,
    DECISION,
    NEVER_LOGIN_SHARE,
    POST_PURCHASE,
    TOPIC_NAMES,
    Condition,
    World,
)

_SETTLING_DAYS: Final = 12
_SILENCE_DAYS: Final = 34.5
_EARLY_SHARE: Final = 0.008
_SAME_TOPIC_SHARE: Final = 0.05
_SAME_TOPIC_AFTER: Final = 60 * DAY
_LEAVE_SHARE: Final = {"account": 0.10, "guest": 0.25, "visitor": 0.85}
_ORDER: Final = {stage: rank for rank, stage in enumerate(("awareness", "consideration", "decision", "post_purchase"))}


@dataclass(slots=True, frozen=True)
class StageVisit:
    """A journey's entry into a stage; `advanced_at` null: never, as far as lives are followed."""

    stage: str
    entered_at: int
    advanced_at: int | None


@dataclass(slots=True, frozen=True)
class Journey:
    """A need with its active touches in time: (at, stage)."""

    need: Need
    touches: list[tuple[int, str]]
    visits: list[StageVisit]


def live(
    world: World,
    person: Person,
    random: Random,
    *,
    kiosks: tuple[Device, ...],
    count: Callable[[Condition, bool], None],
) -> list[Need]:
    """All needs of a person, beyond the export's end as far as the follow-up goes."""
    needs: list[Need] = []
    at = person.starts_at
    while at < world.horizon_at:
        need = _need(world, person, random, at, needs=needs, kiosks=kiosks, count=count)
        needs.append(need)
        if random.random() < _LEAVE_SHARE[person.kind]:
            break
        at = _next_at(person, random, need)
    return needs


def _need(
    world: World, person: Person, random: Random, at: int, *, needs: list[Need], kiosks: tuple[Device, ...],
    count: Callable[[Condition, bool], None],
) -> Need:  # fmt: skip
    last_order = next((need.order for need in reversed(needs) if need.order), None)
    near = last_order is not None and at - last_order.at < _SAME_TOPIC_AFTER
    topic = _topic(random, avoided=last_order.topic if last_order and near else None)
    need = Need(f"{person.customer_id}-{len(needs):02d}", topic, at, "", "")
    never_known = person.kind != "visitor" and random.random() < NEVER_LOGIN_SHARE
    need.channel = _channel(person, random, is_never_known=never_known)
    need.is_never_known = never_known
    stage = first_stage(random, has_needed=bool(needs), has_bought=last_order is not None)
    if stage == DECISION and (person.kind == "visitor" or need.channel == "email"):
        stage = CONSIDERATION
    NeedPlan(world, person, random, need, stage=stage, kiosks=kiosks, count=count).build()
    if need.order:
        need.is_never_known = False
        if need.order.at < world.ends_at:
            follow_up(person, need, need.order, random)
    for ticket in need.tickets:
        handle(ticket, random)
    sign_in(person, need, random)
    return need


def _topic(random: Random, *, avoided: str | None) -> str:
    topic = one_of(TOPIC_NAMES, random.random)
    if avoided is None:
        return topic
    if random.random() < _SAME_TOPIC_SHARE:
        return avoided
    return one_of(tuple(name for name in TOPIC_NAMES if name != avoided), random.random)


def _channel(person: Person, random: Random, *, is_never_known: bool) -> str:
    channel = person.persona.channels.pick(random.random)
    mailable = person.is_subscriber and person.unsubscribed_at is None and not is_never_known
    return "direct" if channel == "email" and not mailable else channel


def _next_at(person: Person, random: Random, need: Need) -> int:
    persona = person.persona
    if need.order:
        days = _SETTLING_DAYS + waiting_days(persona.next_after_purchase_days, 900, random.random)
        return need.order.at + int(days * DAY)
    last_at = max(at for at, _ in active_touches(need))
    days = _SILENCE_DAYS + waiting_days(persona.next_after_drop_days, 900, random.random)
    if random.random() < _EARLY_SHARE:
        days = 12 + 16 * random.random()
    return last_at + int(days * DAY)


def active_touches(need: Need) -> list[tuple[int, str]]:
    """What the customer did or was told in person, in time: (at, stage). Purchases are `decision`."""
    touches = [(touch.at, touch.stage) for visit in need.visits for touch in visit.touches if touch.stage]
    mails = [*need.mails, *(need.order.mails if need.order else ())]
    touches += [(event.at, event.stage) for mail in mails for event in mail.events if event.stage]
    for ticket in need.tickets:
        touches.append((ticket.opened_at, need.stage_at(ticket.opened_at)))
        touches += [(row[0], need.stage_at(row[0])) for row in ticket.rows if is_touchpoint(row)]
    if need.order:
        touches += _store_touches(need.order)
    return sorted(touches)


def _store_touches(order: Order) -> list[tuple[int, str]]:
    later = (order.refunded_at, order.cancelled_at)
    return [(order.at, DECISION), *((at, POST_PURCHASE) for at in later if at is not None)]


def is_touchpoint(row: tuple[int, str, str]) -> bool:
    """Whether a row of a ticket's life is seen by the customer: public comments, status changes, given ratings."""
    _, name, value = row
    return name in ("comment", "comment_staff", "status") or (name == "satisfaction_score" and value != "offered")


def journeys(needs: list[Need]) -> list[Journey]:
    """The needs with their true stage visits; `post_purchase` advances at the customer's next purchase."""
    bought = [need.order.at for need in needs if need.order]
    found = []
    for need in needs:
        touches = active_touches(need)
        found.append(Journey(need, touches, stage_visits(need, touches, next_purchases=bought)))
    return found


def stage_visits(need: Need, touches: list[tuple[int, str]], *, next_purchases: list[int]) -> list[StageVisit]:
    """A stage is entered at its first touch, and advances at the first later touch of a higher one (DEFINITIONS)."""
    visits = []
    bought_at = need.order.at if need.order else None
    for stage in ("awareness", "consideration", "decision"):
        entered_at = next((at for at, touched in touches if touched == stage), None)
        if entered_at is not None:
            visits.append(StageVisit(stage, entered_at, _advanced_at(stage, entered_at, touches, bought_at)))
    if bought_at is not None:
        later = min((at for at in next_purchases if at > bought_at), default=None)
        visits.append(StageVisit(POST_PURCHASE, bought_at, later))
    return visits


def _advanced_at(stage: str, entered_at: int, touches: list[tuple[int, str]], bought_at: int | None) -> int | None:
    if stage == DECISION:
        return bought_at if bought_at is None or bought_at >= entered_at else None
    rank = _ORDER[stage]
    return next((at for at, touched in touches if at > entered_at and _ORDER[touched] > rank), None)
