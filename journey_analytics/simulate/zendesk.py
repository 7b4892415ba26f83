"""Tickets as the four tables of a Zendesk export: ticket, ticket_field_history, ticket_comment, user."""

from typing import Final

from journey_analytics.simulate.draw import epoch_seconds, seconds_text
from journey_analytics.simulate.things import Person, Ticket

HEADERS: Final = {
    "ticket": ("id", "created_at", "updated_at", "requester_id", "submitter_id", "assignee_id", "status", "priority",
               "subject", "description", "via_channel", "is_public", "type"),
    "ticket_field_history": ("field_name", "ticket_id", "updated", "user_id", "value"),
    "ticket_comment": ("id", "body", "created", "public", "ticket_id", "user_id"),
    "user": ("id", "active", "created_at", "email", "name", "phone", "role", "verified"),
}  # fmt: skip
AGENTS: Final = (9001, 9002, 9003)


def user_id(person: Person) -> str:
    """The requester's id in the help desk."""
    return str(4_000_000 + person.number)


def ticket_id(person: Person, need_number: int, number: int) -> str:
    """Unique over all people, needs and tickets."""
    return str(1_000_000 + person.number * 1_000 + need_number * 10 + number)


def history_id(ticket: str, row: tuple[int, str, str]) -> str:
    """The source_event_id of a row of ticket_field_history, which has none: staging derives the same."""
    at, name, value = row
    return f"history-{ticket}-{name}-{epoch_seconds(at)}-{value}"


def ticket_row(person: Person, ticket: Ticket, *, key: str, seen_at: int) -> list[str]:
    """The ticket as it stood at `seen_at`."""
    past = [row for row in ticket.rows if row[0] < seen_at]
    status = next((value for _, name, value in reversed(past) if name == "status"), "new")
    assignee = next((value for _, name, value in past if name == "assignee_id"), "")
    requester = user_id(person)
    return [
        key, seconds_text(ticket.opened_at), seconds_text(past[-1][0] if past else ticket.opened_at), requester,
        requester, assignee, status, "normal", ticket.subject, ticket.body, ticket.via, "TRUE", "",
    ]  # fmt: skip


def history_row(ticket: str, row: tuple[int, str, str], *, by: str) -> list[str]:
    """A change of a ticket's field."""
    at, name, value = row
    return [name, ticket, seconds_text(at), by, value]


def comment_row(ticket: str, number: int, row: tuple[int, str, str], *, by: str) -> list[str]:
    """A comment; the field `note` is a private one."""
    at, name, body = row
    return [f"{ticket}{number:02d}", body, seconds_text(at), "FALSE" if name == "note" else "TRUE", ticket, by]


def user_row(person: Person, *, at: int) -> list[str]:
    """The requester."""
    return [user_id(person), "TRUE", seconds_text(at), person.email, person.name, person.phone, "end-user", "TRUE"]


def agent_row(agent: int) -> list[str]:
    """One of the staff, who is nobody's customer."""
    return [
        str(agent),
        "TRUE",
        "2025-01-01 00:00:00",
        f"agent{agent}@outfitters.example",
        f"Agent {agent}",
        "",
        "agent",
        "TRUE",
    ]
