"""Instants as the tables hold them: in UTC, without a zone."""

from datetime import UTC, datetime


def naive(instant: datetime) -> datetime:
    """The instant in UTC, without its zone; one without a zone is in UTC already."""
    return instant if instant.tzinfo is None else instant.astimezone(UTC).replace(tzinfo=None)
