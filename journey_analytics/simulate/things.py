"""The things of a world: devices, people, visits, mails, tickets, orders, needs. Records, no behaviour but look-ups."""

from dataclasses import dataclass, field

from journey_analytics.simulate.world import POST_PURCHASE, Persona


@dataclass(slots=True)
class Device:
    """One browser. `is_public`: several people use it, so nobody stays signed in and its cookie never changes."""

    kind: str
    user_agent: str
    anonymous_id: str
    is_public: bool = False
    is_signed_in: bool = False


@dataclass(slots=True)
class Person:
    """Somebody with a life: a customer, or a visitor whom nobody will ever know."""

    customer_id: str
    kind: str
    persona: Persona
    starts_at: int
    number: int
    user_id: str
    email: str
    phone: str
    name: str
    country: str
    devices: list[Device]
    is_subscriber: bool = False
    has_machine_opens: bool = False
    skew: int = 0
    known_at: int | None = None
    unsubscribed_at: int | None = None

    @property
    def has_account(self) -> bool:
        """Whether there is a login id; guests leave an e-mail address only."""
        return self.kind == "account"

    def is_mailable(self, at: int) -> bool:
        """Whether marketing mails reach the person at an instant."""
        return self.is_subscriber and (self.unsubscribed_at is None or at < self.unsubscribed_at)


@dataclass(slots=True)
class Touch:
    """One message of a visit; `stage` null: no touchpoint (identify)."""

    at: int
    activity: str
    stage: str | None
    detail: dict = field(default_factory=dict)
    has_user: bool = False


@dataclass(slots=True)
class Visit:
    """Touches on one device in one go."""

    at: int
    device: Device
    channel: str
    anonymous_id: str = ""
    touches: list[Touch] = field(default_factory=list)
    is_stray: bool = False

    @property
    def last_at(self) -> int:
        """When its latest touch was."""
        return self.touches[-1].at if self.touches else self.at


@dataclass(slots=True)
class MailEvent:
    """One webhook event of a mail; `stage` null: passive. `is_touchpoint` false: logged, but no touchpoint."""

    at: int
    event: str
    stage: str | None = None
    is_machine: bool = False
    is_touchpoint: bool = True
    user_agent: str = ""


@dataclass(slots=True)
class Mail:
    """One e-mail and what happened to it; `is_of_need` false: it was sent for no need in particular."""

    category: str
    campaign: str
    events: list[MailEvent]
    is_of_need: bool = True


@dataclass(slots=True)
class Ticket:
    """A support ticket; what staff does follows from `opened_at` when it is written. `score` null: not rated."""

    opened_at: int
    subject: str
    body: str
    rows: list[tuple[int, str, str]]
    """(at, field, value); the field `comment` is a public comment, `note` a private one."""
    via: str = "web"


@dataclass(slots=True)
class Order:
    """A purchase."""

    at: int
    order_id: str
    topic: str
    lines: list[tuple[int, int]]
    """(product number, quantity)"""
    is_in_store: bool
    cents: int
    refunded_at: int | None = None
    refund_cents: int = 0
    cancelled_at: int | None = None
    mails: list[Mail] = field(default_factory=list)


@dataclass(slots=True)
class Need:
    """One journey: everything done toward one need."""

    journey_id: str
    topic: str
    begins_at: int
    channel: str
    device: str
    is_never_known: bool = False
    entries: list[tuple[int, str]] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    mails: list[Mail] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    order: Order | None = None
    over_at: int = 0
    """Its purchase, or else its last touch (ms); 0 until it has been lived to its end."""

    def stage_at(self, at: int) -> str:
        """The stage the need was in at an instant."""
        if self.order and at >= self.order.at:
            return POST_PURCHASE
        return next((stage for entered_at, stage in reversed(self.entries) if entered_at <= at), self.entries[0][1])
