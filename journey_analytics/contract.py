"""The names that everything else depends on: stages, states, and the columns a staging model may return.

Pure: standard library only. Everything may import it, it imports nothing of ours.
"""

from typing import Final

STAGES: Final = ("awareness", "consideration", "decision", "post_purchase")
"""In journey order: a later one is higher."""

UNKNOWN: Final = "unknown"
"""The stage of a touchpoint that no rule placed. Allowed, counted, never guessed."""


STAGED_COLUMNS: Final[dict[str, str]] = {
    "load_id": "BIGINT",
    "row_number": "BIGINT",
    "source": "VARCHAR",
    "source_event_id": "VARCHAR",
    "line_of": "VARCHAR",
    "activity": "VARCHAR",
    "occurred_at": "VARCHAR",
    "received_at": "VARCHAR",
    "time_zone": "VARCHAR",
    "identities": "STRUCT(identity_type VARCHAR, identity_value VARCHAR)[]",
    "channel": "VARCHAR",
    "utm_source": "VARCHAR",
    "utm_medium": "VARCHAR",
    "utm_campaign": "VARCHAR",
    "click_id": "VARCHAR",
    "referrer_url": "VARCHAR",
    "page_url": "VARCHAR",
    "user_agent": "VARCHAR",
    "device": "VARCHAR",
    "country": "VARCHAR",
    "topic": "VARCHAR",
    "category": "VARCHAR",
    "subject": "VARCHAR",
    "order_id": "VARCHAR",
    "amount": "VARCHAR",
    "currency": "VARCHAR",
    "score": "VARCHAR",
    "text": "VARCHAR",
    "author": "STRUCT(identity_type VARCHAR, identity_value VARCHAR)",
    "is_machine": "BOOLEAN",
    "reject_code": "VARCHAR",
    "reject_reason": "VARCHAR",
}
"""What a staging model may return, by name; the first three are required, the rest default to null.

One staged row is one contribution of one raw row: a touchpoint (`activity` set) or mere identity evidence (`activity`
null). A raw row may contribute several rows (an order and its refunds) or none (an agent's record). Where a source logs
an event line by line, `line_of` names the event: its lines become one touchpoint with their sum. Text stays the
vendor's: times, amounts and scores are parsed, checked and refused in one place, the admission step. `text` is what
the customer wrote, in full; where somebody else may have written it, `author` names the identity of who did.
"""

EVENT_COLUMNS: Final[dict[str, str]] = {
    "source": "VARCHAR",
    "source_event_id": "VARCHAR",
    "line_of": "VARCHAR",
    "load_id": "BIGINT",
    "row_number": "BIGINT",
    "activity": "VARCHAR",
    "occurred_at": "TIMESTAMP",
    "received_at": "TIMESTAMP",
    "identities": "STRUCT(identity_type VARCHAR, identity_value VARCHAR)[]",
    "channel": "VARCHAR",
    "campaign": "VARCHAR",
    "page_path": "VARCHAR",
    "topic": "VARCHAR",
    "category": "VARCHAR",
    "subject": "VARCHAR",
    "order_id": "VARCHAR",
    "device": "VARCHAR",
    "country": "VARCHAR",
    "amount": "DECIMAL(18, 4)",
    "currency": "VARCHAR",
    "score": "DECIMAL(18, 4)",
    "text": "VARCHAR",
    "author": "STRUCT(identity_type VARCHAR, identity_value VARCHAR)",
    "is_machine": "BOOLEAN",
    "is_bot": "BOOLEAN",
    "content_hash": "VARCHAR",
}
"""`staging.event`: one row per (source, source_event_id), typed, UTC, deduplicated: an admitted staged row."""

START = "START"
"""The node before a journey's first touchpoint, in maps and flows. In capitals: no activity is spelled so."""

END_NODES = {"converted": "CONVERTED", "dropped": "DROPPED", "open": "OPEN"}
"""The node after a journey's last touchpoint up to T, by its status at T."""
