"""Single journeys behind a number, without a word about the customer: names made up, times from the beginning on."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from journey_analytics.contract import STAGES
from journey_analytics.errors import ConfigurationError, nearest
from journey_analytics.report.computed_frames import chosen_entrants
from journey_analytics.report.selection import Choice
from journey_analytics.warehouse import Warehouse

STATES: Final = ("advanced", "dropped", "open")
"""What can have become of a journey in a stage."""

EXAMPLES_FROM: Final = 10
"""Of a group of fewer journeys, or of fewer customers, none is listed: two nearly equal groups would tell one."""

MOST_EXAMPLES: Final = 5

MOST_TOUCHPOINTS: Final = 60
"""So many touchpoints of a journey are shown at most."""

_KEY: Final = "run.pseudonym_key"
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

    Too small: fewer than `EXAMPLES_FROM` journeys, or of fewer customers.
    """

    group_count: int | None
    journeys: tuple[ExampleJourney, ...] = ()


def example_journeys(
    warehouse: Warehouse, choice: Choice, *, stage: str, state: str, limit: int = MOST_EXAMPLES
) -> Examples:
    """Journeys of a choice that entered a stage and of which this became within its window.

    Which ones, and their names, come from a secret of the copy, the choice, the stage and the state: the same every
    time for the same question, and of two questions no journey can be matched by its name.

    Args:
        warehouse: the warehouse or its published copy.
        choice: as for `selected_frames`.
        stage: the stage entered.
        state: advanced, dropped or open.
        limit: so many at most, and never more than `MOST_EXAMPLES`.

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
    if min(len(group), _customer_count(warehouse, group)) < EXAMPLES_FROM:
        return Examples(None)
    key, question = _key(warehouse), f"{choice.key}\x1f{stage}\x1f{state}"
    chosen = sorted(group, key=lambda one: _digest(key or "", question, one))[: min(limit, MOST_EXAMPLES)]
    touchpoints = _touchpoints(warehouse, chosen)
    return Examples(
        len(group),
        tuple(
            _journey(_pseudonym(key, question, one, place), touchpoints[one])
            for place, one in enumerate(chosen, start=1)
            if one in touchpoints
        ),
    )


def _customer_count(warehouse: Warehouse, journeys: list[str]) -> int:
    counted = (
        "select count(distinct customer_id)::bigint from core.selection_journey "
        "where journey_id in (select unnest(?::varchar[]))"
    )
    return warehouse.value(counted, [journeys], name="customers of the examples")


def _key(warehouse: Warehouse) -> str | None:
    """The secret of a copy; null where an older release published it."""
    return warehouse.value(f"select max(key) from {_KEY}") if warehouse.has(_KEY) else None


def _pseudonym(key: str | None, question: str, journey_id: str, place: int) -> str:
    """A short name that says nothing of the journey; without a secret its place alone."""
    return f"J-{place}" if key is None else f"J-{_digest(key, question, journey_id)[:6].upper()}"


def _digest(key: str, question: str, journey_id: str) -> str:
    return hmac.new(key.encode(), f"{question}\x1f{journey_id}".encode(), hashlib.sha256).hexdigest()


def _touchpoints(warehouse: Warehouse, journeys: list[str]) -> Mapping[str, pl.DataFrame]:
    found = warehouse.frame(_TOUCHPOINTS, parameters=[journeys, MOST_TOUCHPOINTS], name="example journeys")
    return {str(key[0]): rows for key, rows in found.group_by("journey_id", maintain_order=True)}


def _journey(pseudonym: str, rows: pl.DataFrame) -> ExampleJourney:
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
    return ExampleJourney(pseudonym, month, touchpoints)
