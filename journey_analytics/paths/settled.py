"""How early a journey must have begun for its outcome to be known at T: shares of outcomes are of these journeys."""

from typing import Final

from journey_analytics.errors import DataError
from journey_analytics.warehouse import Warehouse

_TABLE: Final = "core.settled_until"
_DAYS: Final = f"""
select greatest(0, date_diff('day', s.settled_until_at, c.cutoff_at))::bigint
from {_TABLE} as s
cross join (select min(cutoff_at)::timestamp as cutoff_at from run.cutoff) as c
"""


def settled_days(published: Warehouse) -> int:
    """So many days before T a journey began at the latest, if it is settled (core.settled_until).

    Raises:
        DataError: the copy was published by an older release, which knows no settled journeys.
    """
    if not published.has(_TABLE):
        raise DataError(f"{published.path} was published by an older release: run `journey run` first")
    return int(published.value(_DAYS, name=_TABLE))


def settled_words(days: int) -> str:
    """Which journeys a share is of."""
    return f"of the settled journeys (begun at least {days} days before the cut-off, and closed)"
