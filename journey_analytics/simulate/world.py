"""The world's parameters: who there is, what they want, and how likely each step is.

Every number that the truth later reports as a hazard stands here and nowhere else.
"""

from dataclasses import dataclass
from typing import Final

from journey_analytics.simulate.draw import DAY, Choice

AWARENESS, CONSIDERATION, DECISION, POST_PURCHASE = "awareness", "consideration", "decision", "post_purchase"
NEXT_STAGE: Final = {AWARENESS: CONSIDERATION, CONSIDERATION: DECISION}

FOLLOW_UP_DAYS: Final = 215
"""How long lives go on after the export's end, so that the truth knows what became of open journeys."""

VISITOR: Final = "visitor"
"""The pseudo persona of people who never say who they are."""


@dataclass(frozen=True)
class Persona:
    """How one kind of customer behaves. Shares are probabilities, means are days before the cut of `waiting_days`."""

    name: str
    advance: dict[str, float]
    next_after_purchase_days: float
    next_after_drop_days: float
    in_store_share: float
    subscribed_share: float
    devices: Choice
    channels: Choice


PERSONAS: Final = {
    persona.name: persona
    for persona in (
        Persona(
            name="explorer",
            advance={AWARENESS: 0.48, CONSIDERATION: 0.42, DECISION: 0.52},
            next_after_purchase_days=75,
            next_after_drop_days=60,
            in_store_share=0.08,
            subscribed_share=0.45,
            devices=Choice.of({"mobile": 0.62, "desktop": 0.28, "tablet": 0.10}),
            channels=Choice.of(
                {
                    "paid_social": 22,
                    "organic_social": 14,
                    "organic_search": 22,
                    "paid_search": 18,
                    "display": 8,
                    "referral": 5,
                    "email": 4,
                    "direct": 7,
                }
            ),
        ),
        Persona(
            name="loyalist",
            advance={AWARENESS: 0.64, CONSIDERATION: 0.60, DECISION: 0.72},
            next_after_purchase_days=40,
            next_after_drop_days=32,
            in_store_share=0.18,
            subscribed_share=0.80,
            devices=Choice.of({"mobile": 0.40, "desktop": 0.48, "tablet": 0.12}),
            channels=Choice.of(
                {
                    "direct": 24,
                    "email": 20,
                    "organic_search": 22,
                    "paid_search": 18,
                    "referral": 6,
                    "organic_social": 6,
                    "affiliate": 2,
                    "paid_social": 2,
                }
            ),
        ),
        Persona(
            name="bargain_hunter",
            advance={AWARENESS: 0.54, CONSIDERATION: 0.46, DECISION: 0.60},
            next_after_purchase_days=60,
            next_after_drop_days=45,
            in_store_share=0.05,
            subscribed_share=0.70,
            devices=Choice.of({"mobile": 0.55, "desktop": 0.38, "tablet": 0.07}),
            channels=Choice.of(
                {
                    "affiliate": 18,
                    "paid_search": 26,
                    "email": 16,
                    "organic_search": 18,
                    "display": 8,
                    "direct": 8,
                    "paid_social": 6,
                }
            ),
        ),
        Persona(
            name=VISITOR,
            advance={AWARENESS: 0.30, CONSIDERATION: 0.0, DECISION: 0.0},
            next_after_purchase_days=60,
            next_after_drop_days=60,
            in_store_share=0.0,
            subscribed_share=0.0,
            devices=Choice.of({"mobile": 0.7, "desktop": 0.3}),
            channels=Choice.of(
                {
                    "paid_social": 25,
                    "display": 15,
                    "organic_search": 30,
                    "organic_social": 15,
                    "referral": 5,
                    "direct": 10,
                }
            ),
        ),
    )
}
PERSONA_SHARES: Final = Choice.of({"explorer": 0.40, "loyalist": 0.35, "bargain_hunter": 0.25})

CHANNEL_EFFECT: Final = {
    "paid_search": 0.06, "organic_search": 0.04, "email": 0.05, "paid_social": -0.06, "organic_social": -0.03,
    "display": -0.10, "referral": 0.02,
}  # fmt: skip
"""Added to the chance of leaving awareness or consideration upwards, by the journey's first channel."""

WAITING_DAYS: Final = {AWARENESS: 7.0, CONSIDERATION: 8.5, DECISION: 7.0}
"""Mean of the exponential delay of an advance that is not quick, before the cut."""
QUICK_SHARE: Final = {AWARENESS: 0.15, CONSIDERATION: 0.12, DECISION: 0.25}
"""Of the advances, those within the same visit (1–15 minutes)."""
SLOW_SHARE: Final = 0.01
"""Of the advances, those after 31–42 days, i.e. outside the window."""
WAITING_CAP_DAYS: Final = 28.0
LINGER_DAYS: Final = 5.0
"""Mean time that those who never advance stay active in their last stage."""
LINGER_CAP_DAYS: Final = 24.0
SKIP_CONSIDERATION_SHARE: Final = 0.08

BARRIER_DEVICE: Final = "mobile"
ERROR_SHARE: Final = {"mobile": 0.45}
ERROR_SHARE_ELSEWHERE: Final = 0.02
ERROR_ADVANCE: Final = 0.12
"""Chance to purchase all the same after the checkout error (the planted barrier), whatever the persona."""

CHANGE_CHANNEL: Final = "paid_search"
CHANGE_EFFECT: Final = -0.12
CHANGE_AT_SHARE: Final = 0.6
"""The planted change comes after this share of the world's days."""

FIRST_STAGE: Final = {
    "first": Choice.of({AWARENESS: 0.80, CONSIDERATION: 0.17, DECISION: 0.03}),
    "returning": Choice.of({AWARENESS: 0.58, CONSIDERATION: 0.35, DECISION: 0.07}),
    "buyer": Choice.of({AWARENESS: 0.36, CONSIDERATION: 0.45, DECISION: 0.19}),
}
"""Where a need begins: a person's first, a later one before any purchase, one of somebody who has bought."""

NEVER_LOGIN_SHARE: Final = 0.09
"""Of the needs that do not end in a purchase, those lived on a cookie that nobody ever logs in on."""
STRAY_VISIT_SHARE: Final = 0.002
"""Of the later visits of a need, those on a cookie that nobody ever logs in on."""
VISITOR_SHARE: Final = 0.25
"""People who never identify, per customer."""
GUEST_SHARE: Final = 0.08
HOUSEHOLD_SHARE: Final = 0.08
"""Of the pairs of neighbouring customers, those who share a tablet."""
KIOSK_COUNT: Final = 3
NEWSLETTER_EVERY: Final = 35 * DAY
"""Super-node of a dirty world: the shop's own phone, typed in where the customer's is missing."""
BUSINESS_PHONE: Final = "+4930555000"


@dataclass(frozen=True)
class World:
    """What one call simulates: seed, length, and how often one need begins during another.

    `overlap` is a share of the needs that last for a day or more: those during which the person's next need begins.
    """

    seed: int
    days: int
    overlap: float = 0.0

    @property
    def ends_at(self) -> int:
        """The export holds what happened before this instant (ms)."""
        return self.days * DAY

    @property
    def horizon_at(self) -> int:
        """No need begins after this instant (ms)."""
        return (self.days + FOLLOW_UP_DAYS) * DAY

    @property
    def changes_at(self) -> int:
        """From here on the planted change holds (ms)."""
        return int(self.days * CHANGE_AT_SHARE) * DAY


@dataclass(frozen=True, order=True)
class Condition:
    """What an advance depends on; an empty text means that it does not matter at this stage."""

    stage: str
    persona: str
    channel: str = ""
    device: str = ""
    period: str = ""
    has_error: str = ""


def condition(world: World, *, stage: str, persona: str, channel: str, device: str, at: int, error: bool) -> Condition:
    """The row of the hazard table that governs this entry into a stage at `at`."""
    if stage == AWARENESS:
        return Condition(stage, persona, channel=channel)
    if stage == CONSIDERATION:
        period = "after" if at >= world.changes_at else "before"
        return Condition(stage, persona, channel=channel, period=period)
    return Condition(stage, persona, device=device, has_error=str(error).lower())


def advance_probability(case: Condition) -> float:
    """Chance that an entry ever advances: all time, not only within the window."""
    base = PERSONAS[case.persona].advance[case.stage]
    if base == 0.0:
        return 0.0
    if case.stage == DECISION:
        return ERROR_ADVANCE if case.has_error == "true" else base
    share = base + CHANNEL_EFFECT.get(case.channel, 0.0)
    changed = case.stage == CONSIDERATION and case.period == "after" and case.channel == CHANGE_CHANNEL
    return share + CHANGE_EFFECT if changed else share


SATISFACTION_BASE: Final = 4.1
"""Latent satisfaction, on a survey's scale of 1 to 5, with a stage in which nothing went wrong."""
SATISFACTION_FALLS: Final = {
    "checkout_error": 1.3, "refund": 0.9, "cancellation": 1.1, "ticket_day": 0.8, "repeated_contact": 0.5,
    "rage_loop": 0.4,
}  # fmt: skip
"""What each takes off the satisfaction with the stage it happens in; `ticket_day`: per day from opening to solved."""
SATISFACTION_CAPS: Final = {
    "checkout_error": 2, "refund": 1, "cancellation": 1, "ticket_day": 1.5, "repeated_contact": 2, "rage_loop": 2,
}  # fmt: skip
"""Beyond this many of a kind it gets no worse."""
SATISFACTION_SPREAD: Final = {"person": 0.35, "answer": 0.45}
"""Standard deviations: people differ in what they answer to the same, and so does one person from day to day."""
SURVEY_SHARE: Final = 0.5
"""Of the stages of known customers' journeys, those that a held-back survey has an answer for."""
ITALIAN_SHARE: Final = 0.4
"""Of the people, those who write Italian; the others write English."""

TOPICS: Final = {
    "shoes": 89, "jackets": 149, "tents": 259, "backpacks": 119, "bikes": 749, "lamps": 39, "watches": 199,
    "cookware": 59,
}  # fmt: skip
"""Product categories with a middling price in euros."""
TOPIC_NAMES: Final = tuple(TOPICS)
SKUS_PER_TOPIC: Final = 12


def price_cents(topic: str, sku: int) -> int:
    """The price of a product in cents: the same everywhere, always."""
    return TOPICS[topic] * (70 + 6 * sku) - 5
