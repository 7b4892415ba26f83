"""Mails as events of SendGrid's Event Webhook."""

from typing import Any, Final

from journey_analytics.simulate.draw import epoch_seconds
from journey_analytics.simulate.segment import SITE
from journey_analytics.simulate.things import Mail, MailEvent, Person

_MACHINE_AGENT: Final = "Mozilla/5.0 (via ggpht.com GoogleImageProxy)"
_IMAGE_AGENT: Final = "Mozilla/5.0"
_OPENS: Final = ("open", "click")


def events(person: Person, mail: Mail, *, prefix: str) -> list[tuple[MailEvent, dict[str, Any]]]:
    """The events of a mail with the record each was logged as; `prefix` makes the event ids unique."""
    return [
        (event, _record(person, mail, event, f"{prefix}{number:x}", prefix)) for number, event in enumerate(mail.events)
    ]


def _record(person: Person, mail: Mail, event: MailEvent, event_id: str, prefix: str) -> dict[str, Any]:
    record: dict[str, Any] = {
        "email": person.email,
        "timestamp": epoch_seconds(event.at),
        "event": event.event,
        "sg_event_id": event_id,
        "sg_message_id": f"{prefix}.filter0001",
        "category": [mail.category, mail.campaign] if mail.campaign else mail.category,
    }
    if event.event in _OPENS:
        record["useragent"] = event.user_agent or (_MACHINE_AGENT if event.is_machine else _IMAGE_AGENT)
        record["ip"] = "203.0.113.7"
    if event.event == "open":
        record["sg_machine_open"] = event.is_machine
    if event.event == "click":
        record["url"] = f"{SITE}/?utm_source=newsletter&utm_medium=email"
    if event.event in ("bounce", "dropped"):
        record["reason"] = "550 mailbox unavailable"
    return record
