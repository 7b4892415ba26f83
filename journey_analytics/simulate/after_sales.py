"""Orders and what follows them: order mails, status look-ups, questions, refunds, ratings."""

from random import Random
from typing import Final

from journey_analytics.simulate import browsing
from journey_analytics.simulate.diary import Diary
from journey_analytics.simulate.draw import DAY, HOUR, MINUTE, SECOND, Choice, between, happens, one_of, rhythm
from journey_analytics.simulate.mailing import order_mail
from journey_analytics.simulate.things import Need, Order, Person, Ticket, Touch
from journey_analytics.simulate.world import POST_PURCHASE, SKUS_PER_TOPIC, price_cents

_SUBJECTS: Final = Choice.of(
    {"Where is my order?": 26, "Return request": 20, "Refund not received": 12, "Warranty claim": 8,
     "Item arrived broken": 14, "Invoice please": 8, "Question": 8, "Hello": 4}
)  # fmt: skip
_COMPLAINTS: Final = ("Refund not received", "Item arrived broken", "Where is my order?")
_LOOK_UPS: Final = Choice.of({0: 40, 1: 38, 2: 22})
_TICKET_SHARE: Final = 0.15
_REVIEW_SHARE: Final = 0.08
_REFUND_SHARE: Final = 0.08
_CANCEL_SHARE: Final = 0.015
_RATED_SHARE: Final = 0.4


def order_of(random: Random, person: Person, need: Need, *, is_in_store: bool) -> Order:
    """An order of one to three products of the need's topic; its time is set by the caller."""
    lines = [
        (int(random.random() * SKUS_PER_TOPIC), 1 + happens(0.15, random.random))
        for _ in range(1 + happens(0.3, random.random))
    ]
    number = need.journey_id.rsplit("-", 1)[1]
    return Order(
        at=0,
        order_id=f"{5_000_000 + person.number}{number}",
        topic=need.topic,
        lines=lines,
        is_in_store=is_in_store,
        cents=sum(price_cents(need.topic, sku) * count for sku, count in lines),
    )


def follow_up(person: Person, need: Need, order: Order, random: Random, *, diary: Diary) -> None:
    """Add what follows a need's purchase, mostly within 45 days."""
    _settle(order, random)
    _send_mails(order, random)
    if not order.is_in_store or happens(0.2, random.random):
        _look_up(person, need, order, random, diary=diary)
    if random.random() < _TICKET_SHARE:
        _complain(need, order, random)


def _settle(order: Order, random: Random) -> None:
    share = random.random()
    if share < _CANCEL_SHARE and not order.is_in_store:
        order.cancelled_at = order.at + between(20 * MINUTE, 10 * HOUR, random.random) // SECOND * SECOND
    elif share < _CANCEL_SHARE + _REFUND_SHARE:
        order.refunded_at = rhythm(order.at + between(6 * DAY, 28 * DAY, random.random)) // SECOND * SECOND
        order.refund_cents = price_cents(order.topic, order.lines[0][0])


def _send_mails(order: Order, random: Random) -> None:
    order.mails.append(order_mail(random, order.at + MINUTE, category="order_confirmation", opened_share=0.55))
    if order.is_in_store or order.cancelled_at:
        return
    shipped_at = order.at + between(16 * HOUR, 60 * HOUR, random.random)
    delivered_at = shipped_at + between(20 * HOUR, 80 * HOUR, random.random)
    order.mails.append(order_mail(random, shipped_at, category="shipping_update", opened_share=0.5))
    order.mails.append(order_mail(random, delivered_at, category="delivery", opened_share=0.35))
    if happens(0.6, random.random):
        review_at = delivered_at + between(7 * DAY, 12 * DAY, random.random)
        order.mails.append(order_mail(random, review_at, category="review_request", opened_share=0.2))


def _look_up(person: Person, need: Need, order: Order, random: Random, *, diary: Diary) -> None:
    for _ in range(_LOOK_UPS.pick(random.random)):
        share = random.random()
        at = diary.free_at(rhythm(order.at + 12 * HOUR + share * share * 22 * DAY))
        device = one_of(tuple(person.devices), random.random)
        need.visits.append(browsing.look_after(device, "direct", random, at=at, order=order))
    if need.visits and random.random() < _REVIEW_SHARE:
        at = diary.free_at(rhythm(order.at + between(12 * DAY, 26 * DAY, random.random)))
        visit = browsing.look_after(one_of(tuple(person.devices), random.random), "direct", random, at=at, order=order)
        detail = {"topic": order.topic, "sku": order.lines[0][0]}
        visit.touches.append(Touch(visit.last_at + MINUTE, "Product Reviewed", POST_PURCHASE, detail))
        need.visits.append(visit)


def _complain(need: Need, order: Order, random: Random) -> None:
    at = rhythm(order.at + between(2 * DAY, 30 * DAY, random.random))
    need.tickets.append(Ticket(opened_at=at, subject=_SUBJECTS.pick(random.random), body="About my order.", rows=[]))


def handle(ticket: Ticket, random: Random) -> None:
    """What staff and requester do with a ticket: answer, solve, close, rate. All on whole seconds."""
    ticket.opened_at = ticket.opened_at // SECOND * SECOND
    ticket.via = one_of(("web", "email", "email"), random.random)
    at = ticket.opened_at
    rows = [(at, "comment", ticket.body), (at, "priority", "normal")]
    at = _after(at, 20 * MINUTE, 8 * HOUR, random)
    rows += [(at, "assignee_id", str(9001 + int(random.random() * 3))), (at + 30 * SECOND, "status", "open")]
    if happens(0.25, random.random):
        rows.append((at + 2 * MINUTE, "note", "Checked the stock list."))
    at = _after(at, 10 * MINUTE, 6 * HOUR, random)
    rows.append((at, "comment_staff", "Thank you for writing, here is what we can do."))
    if happens(0.5, random.random):
        rows.append((at + SECOND, "status", "pending"))
        at = _after(at, HOUR, 26 * HOUR, random)
        rows += [(at, "comment", "Thanks, one more thing."), (at + SECOND, "status", "open")]
        at = _after(at, 10 * MINUTE, 5 * HOUR, random)
        rows.append((at, "comment_staff", "Done."))
    rows.append((at + 5 * SECOND, "status", "solved"))
    ticket.rows = rows + _ending(ticket, at + 5 * SECOND, random)


def _after(at: int, low: int, high: int, random: Random) -> int:
    return at + between(low, high, random.random) // SECOND * SECOND


def _ending(ticket: Ticket, solved_at: int, random: Random) -> list[tuple[int, str, str]]:
    rows = [(solved_at + 4 * DAY, "status", "closed")]
    if random.random() < _RATED_SHARE:
        bad_share = 0.5 if ticket.subject in _COMPLAINTS else 0.15
        rating = "bad" if random.random() < bad_share else "good"
        rows += [
            (solved_at + HOUR, "satisfaction_score", "offered"),
            (_after(solved_at + HOUR, MINUTE, 20 * HOUR, random), "satisfaction_score", rating),
        ]
    return rows
