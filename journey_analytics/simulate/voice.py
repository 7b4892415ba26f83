"""What people write: reviews with a rating, tickets and comments, in English or Italian, as satisfied as they are.

Texts are put where a plain one stood: no event comes or goes, and no draw of another stream is spent.
"""

from random import Random

from journey_analytics.simulate import words
from journey_analytics.simulate.draw import one_of, random_of
from journey_analytics.simulate.journey import Journey
from journey_analytics.simulate.satisfaction import answer, days_open, fallen, satisfaction
from journey_analytics.simulate.things import Need, Person, Ticket, Touch
from journey_analytics.simulate.world import ITALIAN_SHARE, POST_PURCHASE, World


def speak(world: World, person: Person, journeys: list[Journey]) -> None:
    """Give every review, ticket and comment of a person's life its words."""
    language = language_of(world, person)
    for journey in journeys:
        _review(world, person, journey.need, language)
        for number, ticket in enumerate(journey.need.tickets):
            random = random_of(world.seed, "ticket", journey.need.journey_id, number)
            _write_ticket(journey.need, person, ticket, language, random)


def language_of(world: World, person: Person) -> str:
    """`it` or `en`: what this person writes, always."""
    return "it" if random_of(world.seed, "language", person.customer_id).random() < ITALIAN_SHARE else "en"


def _review(world: World, person: Person, need: Need, language: str) -> None:
    for touch in _reviews(need):
        random = random_of(world.seed, "review", need.journey_id, touch.at)
        fall = fallen(need, POST_PURCHASE, before=touch.at)
        score = answer(satisfaction(world, person, fall=fall), random)
        text = one_of(words.REVIEWS[language][words.tone(score)], random.random)
        touch.detail["review"] = {"rating": score, "review_body": text}


def _reviews(need: Need) -> list[Touch]:
    return [touch for visit in need.visits for touch in visit.touches if touch.activity == "Product Reviewed"]


def _write_ticket(need: Need, person: Person, ticket: Ticket, language: str, random: Random) -> None:
    """The opening by subject, the follow-up by how long it took: who waited for most of a day is not pleased."""
    ticket.body = _opening(need, person, ticket, language, random)
    is_slow = days_open(ticket, before=ticket.rows[-1][0]) > words.SLOW_DAYS
    comments = [place for place, row in enumerate(ticket.rows) if row[1] == "comment"]
    for place in comments:
        at, name, _ = ticket.rows[place]
        follow_ups = words.FOLLOW_UPS[language]["negative" if is_slow else "neutral"]
        body = ticket.body if place == comments[0] else one_of(follow_ups, random.random)
        ticket.rows[place] = (at, name, body)
    _answer(ticket, language, random)


def _answer(ticket: Ticket, language: str, random: Random) -> None:
    """What the staff writes, in the customer's language."""
    for place, (at, name, _) in enumerate(ticket.rows):
        if name == "comment_staff":
            ticket.rows[place] = (at, name, one_of(words.STAFF[language], random.random))


def _opening(need: Need, person: Person, ticket: Ticket, language: str, random: Random) -> str:
    found = words.OPENINGS[language]
    text = one_of(found.get(ticket.subject, found[""]), random.random)
    order = need.order.order_id if need.order and need.order.at <= ticket.opened_at else ""
    about = words.ABOUT_ORDER[language].format(order=order) if order else ""
    share = random.random()
    signature = words.signature(language, person.name, person.phone, person.email, share)
    return f"{words.GREETING[language]} {text}{about}{signature}"
