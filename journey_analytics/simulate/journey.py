"""What each need truly was: its touches in time, its stages, and which needs were going on at the same time."""

from bisect import bisect
from dataclasses import dataclass
from typing import Final

from journey_analytics.simulate.things import Need, Order
from journey_analytics.simulate.world import DECISION, POST_PURCHASE

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

    @property
    def begins_at(self) -> int:
        """Its first touch (ms)."""
        return self.touches[0][0]

    @property
    def over_at(self) -> int:
        """Its purchase, or else its last touch (ms): what comes after a purchase is after-sales."""
        return self.need.order.at if self.need.order else self.touches[-1][0]

    def touched_at(self, at: int) -> int:
        """Its latest touch up to an instant that is not before its first (ms)."""
        return self.touches[bisect(self.touches, at, key=lambda touch: touch[0]) - 1][0]


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


def over_at(need: Need) -> int:
    """The need's purchase, or else its last touch (ms)."""
    return need.order.at if need.order else active_touches(need)[-1][0]


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


def owner_of_passive(found: list[Journey], at: int) -> Need | None:
    """The need that a mail for nobody's need falls into; null where none goes on, after-sales included.

    Of several that are not over, the one touched last before; of several in after-sales only, the latest begun.
    """
    going_on = [journey for journey in found if journey.begins_at <= at <= journey.touches[-1][0]]
    wanted = [journey for journey in going_on if at <= journey.over_at]
    if wanted:
        return max(wanted, key=lambda journey: journey.touched_at(at)).need
    return going_on[-1].need if going_on else None


def overlap_count(found: list[Journey], *, before: int) -> int:
    """Needs that go on, up to their purchase or last touch, while another does; only what began before an instant."""
    seen = [journey for journey in found if journey.begins_at < before]
    return sum(any(_overlap(one, other) for other in seen if other is not one) for one in seen)


def _overlap(one: Journey, other: Journey) -> bool:
    return one.begins_at <= other.over_at and other.begins_at <= one.over_at
