"""Single journeys behind a number, without a word about the customer: names made up, times from the beginning on."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.errors import ConfigurationError, nearest
from journey_analytics.report.computed_frames import chosen_entrants
from journey_analytics.report.selection import SMALLEST_GROUP, Choice
from journey_analytics.warehouse import Warehouse

STATES: Final = ("advanced", "dropped", "open")
"""What can have become of a journey in a stage."""

MOST_TOUCHPOINTS: Final = 60
"""So many touchpoints of a journey are shown at most."""

_TOUCHPOINTS: Final = """
select journey_id, activity, stage, channel, source, epoch_us(occurred_at) as occurred_us, is_purchase
from core.touchpoint_at_cutoff
where journey_id in (select unnest(?::varchar[])) and position <= ?
order by journey_id, position
"""


@dataclass(frozen=True)
class ExampleTouchpoint:
    """One touchpoint of an example: seconds after the journey's first one, and what happened where."""

    after_seconds: float
    activity: str
    stage: str
    channel: str | None
    source: str
    is_purchase: bool


@dataclass(frozen=True)
class ExampleJourney:
    """One journey: a made-up name, the month in which it began (UTC), and its touchpoints up to T in order."""

    pseudonym: str
    started_month: str
    touchpoints: tuple[ExampleTouchpoint, ...]


@dataclass(frozen=True)
class Examples:
    """Some journeys of a group of `group_count`; null, without journeys, where it is too small.

    Too small: fewer than `SMALLEST_GROUP` journeys, or of fewer customers.
    """

    group_count: int | None
    journeys: tuple[ExampleJourney, ...] = ()


def example_journeys(warehouse: Warehouse, choice: Choice, *, stage: str, state: str, limit: int = 10) -> Examples:
    """Journeys of a choice that entered a stage and of which this became within its window.

    Which ones is decided by a hash of their ids: neither the longest nor the latest, and the same every time.

    Args:
        warehouse: the warehouse or its published copy.
        choice: as for `selected_frames`.
        stage: the stage entered.
        state: advanced, dropped or open.
        limit: so many at most.

    Raises:
        ConfigurationError: for a stage or a state that there is not, with the nearest.
    """
    for value, known, what in ((stage, STAGES, "stage"), (state, STATES, "state")):
        if value not in known:
            raise ConfigurationError(f"{what} {value!r} is none; {nearest(value, known)}")
    entrants = chosen_entrants(warehouse, choice)
    if entrants is None:
        return Examples(None)
    group = entrants.filter((pl.col("stage") == stage) & (pl.col("outcome") == state))["journey_id"].to_list()
    if len(group) < SMALLEST_GROUP or _customer_count(warehouse, group) < SMALLEST_GROUP:
        return Examples(None)
    chosen = sorted(group, key=_hash)[:limit]
    touchpoints = _touchpoints(warehouse, chosen)
    return Examples(len(group), tuple(_journey(one, touchpoints[one]) for one in chosen if one in touchpoints))


def _customer_count(warehouse: Warehouse, journeys: list[str]) -> int:
    counted = (
        "select count(distinct customer_id)::bigint from core.selection_journey "
        "where journey_id in (select unnest(?::varchar[]))"
    )
    return warehouse.value(counted, [journeys], name="customers of the examples")


def pseudonym(journey_id: str) -> str:
    """A short name that says nothing of the journey, the same every time."""
    return f"J-{_hash(journey_id)[:6].upper()}"


def _hash(journey_id: str) -> str:
    return hashlib.sha256(f"example\x1f{journey_id}".encode()).hexdigest()


def _touchpoints(warehouse: Warehouse, journeys: list[str]) -> Mapping[str, pl.DataFrame]:
    found = warehouse.frame(_TOUCHPOINTS, parameters=[journeys, MOST_TOUCHPOINTS], name="example journeys")
    return {str(key[0]): rows for key, rows in found.group_by("journey_id", maintain_order=True)}


def _journey(journey_id: str, rows: pl.DataFrame) -> ExampleJourney:
    begun = int(rows["occurred_us"][0])
    month = pl.Series([begun]).cast(pl.Datetime("us")).dt.strftime("%Y-%m")[0]
    touchpoints = tuple(
        ExampleTouchpoint(
            (row["occurred_us"] - begun) / 1e6,
            row["activity"],
            row["stage"],
            row["channel"],
            row["source"],
            row["is_purchase"],
        )
        for row in rows.iter_rows(named=True)
    )
    return ExampleJourney(pseudonym(journey_id), month, touchpoints)
