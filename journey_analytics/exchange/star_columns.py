"""The columns of the star's tables, their types and meanings; and the README that goes with the files."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import pyarrow as pa

_ID: Final = pa.string()
_TEXT: Final = pa.string()
_AT: Final = pa.timestamp("us", tz="UTC")
_COUNT: Final = pa.int64()
_IS: Final = pa.bool_()
_SECONDS: Final = pa.float64()
_MONEY: Final = pa.decimal128(18, 4)

COLUMNS: Final[dict[str, dict[str, tuple[pa.DataType, str]]]] = {
    "touchpoint": {
        "touchpoint_id": (_ID, "The touchpoint; unique"),
        "journey_id": (_ID, "Its journey: journey.journey_id"),
        "customer_id": (_ID, "Its customer: customer.customer_id"),
        "session_id": (_ID, "Its session: session.session_id"),
        "occurred_on": (pa.date32(), "Day of it (UTC): date.day"),
        "activity": (_TEXT, "What happened: activity.activity"),
        "channel": (_TEXT, "The medium that brought it: channel.channel"),
        "source": (_TEXT, "The system that logged it"),
        "occurred_at": (_AT, "Instant of it"),
        "position": (_COUNT, "Its place in its journey, from 1: orders touchpoints of the same instant too"),
        "seconds_to_next": (_SECONDS, "Wait until the journey's next touchpoint; null at its last one up to T"),
        "stage": (_TEXT, "awareness, consideration, decision, post_purchase, or unknown"),
        "stage_rule": (_TEXT, "The rule that placed it; null where none did"),
        "stage_confidence": (_SECONDS, "Of that rule, 0 to 1"),
        "is_purchase": (_IS, "Whether it is the purchase (one for each order, whoever logged it)"),
        "is_passive": (_IS, "Whether the customer did nothing: a delivered e-mail, an opening by a machine"),
        "amount": (_MONEY, "Money of it in `currency`; null without"),
        "currency": (_TEXT, "ISO 4217"),
        "campaign": (_TEXT, "Campaign that brought it"),
        "topic": (_TEXT, "What it was about, such as a product category"),
        "category": (_TEXT, "Kind of e-mail, page or request"),
        "device": (_TEXT, "desktop, mobile, tablet …"),
        "country": (_TEXT, "ISO 3166 where the source says so"),
    },
    "journey": {
        "journey_id": (_ID, "The journey; unique"),
        "customer_id": (_ID, "Whose it is"),
        "started_at": (_AT, "Instant of its first touchpoint"),
        "ended_at": (_AT, "Instant of its last touchpoint up to T"),
        "status": (_TEXT, "At T: converted (has a purchase), dropped (closed without one) or open"),
        "is_open": (_IS, "Whether the status is open: what it will come to is not known yet"),
        "is_left_censored": (_IS, "Whether its beginning may lie before the first touchpoint of all sources"),
        "converted_at": (_AT, "Instant of its first purchase; null without"),
        "amount": (_MONEY, "Sum of its purchases; null without, and where they are in several currencies"),
        "currency": (_TEXT, "Of the amount"),
        "touchpoint_count": (_COUNT, "Its touchpoints up to T"),
        "first_channel": (_TEXT, "Channel of its first touchpoint"),
        "persona": (_TEXT, "Kind of customer when it began"),
        "customer_kind": (_TEXT, "new or returning: had the customer bought before it began"),
    },
    "customer": {
        "customer_id": (_ID, "A pseudonym; unique"),
        "first_touchpoint_at": (_AT, "Of the touchpoints exported"),
        "last_touchpoint_at": (_AT, "Of the touchpoints exported"),
        "journey_count": (_COUNT, "Journeys exported"),
        "touchpoint_count": (_COUNT, "Touchpoints exported"),
        "purchase_count": (_COUNT, "Purchases among them"),
    },
    "session": {
        "session_id": (_ID, "The session; unique"),
        "customer_id": (_ID, "Whose it is"),
        "source": (_TEXT, "The system that logged it"),
        "channel": (_TEXT, "Its first marketing signal, else direct"),
        "started_at": (_AT, "Of its touchpoints exported"),
        "ended_at": (_AT, "Of its touchpoints exported"),
        "touchpoint_count": (_COUNT, "Its touchpoints exported"),
    },
    "activity": {
        "activity": (_TEXT, "The activity; unique"),
        "touchpoint_count": (_COUNT, "Touchpoints exported"),
        "journey_count": (_COUNT, "Journeys with at least one of them"),
        "is_purchase": (_IS, "Whether some of them are purchases"),
        "is_passive": (_IS, "Whether in some of them the customer did nothing"),
    },
    "channel": {"channel": (_TEXT, "The channel; unique")},
    "date": {
        "day": (pa.date32(), "The day (UTC); unique; only days with a touchpoint"),
        "year": (_COUNT, "Calendar year"),
        "quarter": (_COUNT, "1 to 4"),
        "month": (_TEXT, "YYYY-MM"),
        "iso_week": (_TEXT, "ISO 8601 week, e.g. 2026-W05"),
        "iso_weekday": (_COUNT, "1 Monday to 7 Sunday"),
    },
}
"""Type and meaning by table and column; the first table is the fact."""


def arrow_schema(table: str) -> pa.Schema:
    """The columns of a table with their types, in order."""
    return pa.schema([(name, kind) for name, (kind, _) in COLUMNS[table].items()])


def readme(cutoff: datetime, selection: str) -> str:
    """What the files hold, for whoever opens them without us."""
    return "\n".join([*_opening(cutoff, selection), *(line for table in COLUMNS for line in _section(table))]) + "\n"


def _opening(cutoff: datetime, selection: str) -> Iterator[str]:
    yield "# Customer journeys as a star of Parquet files\n"
    yield f"State at T = {cutoff:%Y-%m-%d %H:%M:%S} UTC, of: {selection}. `touchpoint` is the fact, the others are its"
    yield "dimensions. Journeys in which nobody did anything are left out. Customers, sessions and journeys are"
    yield "pseudonyms; no identity, page or text of a person is in here. Open journeys are in progress, not lost: leave"
    yield "them out of every share of conversion, or count them apart. Instants are UTC."


def _section(table: str) -> Iterator[str]:
    yield f"\n## {table}.parquet\n"
    yield "| column | type | meaning |"
    yield "|---|---|---|"
    yield from (f"| {name} | {kind} | {meaning} |" for name, (kind, meaning) in COLUMNS[table].items())
