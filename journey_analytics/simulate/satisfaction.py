"""How satisfied people truly are with a stage, and what a survey that nobody sees would have heard from them.

Satisfaction falls with what goes wrong (`world.SATISFACTION_FALLS`), and differs by person and by answer. Every draw
comes from a stream of its own, named after the person or the journey: no other event of a world depends on it.
"""

from itertools import pairwise
from random import Random
from typing import Final

from journey_analytics.simulate.draw import DAY, random_of
from journey_analytics.simulate.journey import Journey
from journey_analytics.simulate.things import Need, Person, Ticket
from journey_analytics.simulate.world import (
    POST_PURCHASE,
    SATISFACTION_BASE,
    SATISFACTION_CAPS,
    SATISFACTION_FALLS,
    SATISFACTION_SPREAD,
    SURVEY_SHARE,
    World,
)

LOOPED: Final = frozenset(
    {"Cart Viewed", "Checkout Started", "Checkout Step Viewed", "Coupon Entered", "Products Searched", "help", "order",
     "account"}
)  # fmt: skip
"""What nobody does twice in a row for pleasure."""

_LOWEST, _HIGHEST = 1, 5


def normal(random: Random) -> float:
    """About standard normal: twelve uniform numbers less six, the same on every platform."""
    return sum(random.random() for _ in range(12)) - 6.0


def troubles(need: Need, stage: str, *, before: int) -> dict[str, float]:
    """What went wrong in a stage of a need before an instant (ms), by the keys of `world.SATISFACTION_FALLS`."""
    found: dict[str, float] = dict.fromkeys(SATISFACTION_FALLS, 0.0)
    for visit in need.visits:
        touches = [touch for touch in visit.touches if touch.stage == stage and touch.at < before]
        found["checkout_error"] += sum(touch.activity == "Checkout Error Shown" for touch in touches)
        found["rage_loop"] += sum(
            one.activity == other.activity and one.activity in LOOPED for one, other in pairwise(touches)
        )
    found |= _contacts(need, stage, before=before)
    if need.order and stage == POST_PURCHASE:
        found["refund"] += need.order.refunded_at is not None and need.order.refunded_at < before
        found["cancellation"] += need.order.cancelled_at is not None and need.order.cancelled_at < before
    return found


def _contacts(need: Need, stage: str, *, before: int) -> dict[str, float]:
    opened = [ticket for ticket in need.tickets if ticket.opened_at < before]
    tickets = [ticket for ticket in opened if need.stage_at(ticket.opened_at) == stage]
    written = [row for ticket in tickets for row in ticket.rows if row[1] == "comment" and row[0] < before]
    return {
        "repeated_contact": max(len(written) - 1, 0),
        "ticket_day": sum(days_open(ticket, before=before) for ticket in tickets),
    }


def days_open(ticket: Ticket, *, before: int) -> float:
    """Days from a ticket's opening to its last solution, or to `before` (ms) if that is earlier."""
    solved = [at for at, name, value in ticket.rows if name == "status" and value == "solved"]
    return (min(max(solved, default=before), before) - ticket.opened_at) / DAY


def fallen(need: Need, stage: str, *, before: int) -> float:
    """What went wrong in a stage in points of satisfaction: the same for everybody to whom it happens."""
    found = troubles(need, stage, before=before)
    return sum(fall * min(found[name], SATISFACTION_CAPS[name]) for name, fall in SATISFACTION_FALLS.items())


def satisfaction(world: World, person: Person, *, fall: float) -> float:
    """Latent satisfaction with a stage, before the answer's own noise; not cut to the survey's scale."""
    person_effect = normal(random_of(world.seed, "satisfaction", person.customer_id))
    return SATISFACTION_BASE - fall + SATISFACTION_SPREAD["person"] * person_effect


def answer(latent: float, random: Random) -> int:
    """The whole score from 1 to 5 that somebody this satisfied gives."""
    return min(max(round(latent + SATISFACTION_SPREAD["answer"] * normal(random)), _LOWEST), _HIGHEST)


def survey(world: World, person: Person, journey: Journey) -> list[tuple[str, int, float]]:
    """The answers about a journey's stages: (stage, score, what it had fallen by in truth).

    Nobody can ask those who never say who they are.
    """
    need = journey.need
    if person.kind == "visitor" or need.is_never_known:
        return []
    found = []
    for visit in journey.visits:
        random = random_of(world.seed, "survey", need.journey_id, visit.stage)
        if visit.entered_at < world.ends_at and random.random() < SURVEY_SHARE:
            fall = fallen(need, visit.stage, before=world.ends_at)
            found.append((visit.stage, answer(satisfaction(world, person, fall=fall), random), fall))
    return found
