"""One bucket of customers end to end: touchpoints in, four tables out."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import polars as pl

from journey_analytics.errors import DataError
from journey_analytics.sequence.journeys import with_journeys
from journey_analytics.sequence.order import in_order
from journey_analytics.sequence.outcomes import JOURNEY_COLUMNS, journey_frame
from journey_analytics.sequence.rules import Rules
from journey_analytics.sequence.sessions import session_frame, with_sessions
from journey_analytics.sequence.stages import with_stages
from journey_analytics.sequence.threads import with_threads
from journey_analytics.sequence.visits import visit_frame

INPUT_COLUMNS: Final = (
    "touchpoint_id", "customer_id", "source", "source_event_id", "source_rank", "activity", "occurred_at",
    "received_at", "channel", "campaign", "page_path", "topic", "category", "subject", "order_id", "device", "country",
    "amount", "currency", "score", "is_machine", "is_purchase", "is_passive", "is_end",
)  # fmt: skip
"""What the kernel reads of `core.customer_event`."""

TOUCHPOINT_COLUMNS: Final = (
    "touchpoint_id", "source", "source_event_id", "customer_id", "session_id", "journey_id", "activity", "channel",
    "stage", "stage_rule", "stage_confidence", "occurred_at", "received_at", "amount", "currency", "is_purchase",
    "is_passive", "position", "next_activity", "next_gap_us", "page_path", "topic", "category", "order_id", "device",
    "country", "campaign", "score",
)  # fmt: skip

_ID_DIGITS: Final = 16
_FOUNDED_BY: Final = {"session_id": "session_row", "journey_id": "journey_row"}


@dataclass(frozen=True)
class Sequence:
    """The tables `core.touchpoint`, `core.session`, `core.journey` and `core.stage_visit` of one bucket."""

    touchpoint: pl.DataFrame
    session: pl.DataFrame
    journey: pl.DataFrame
    stage_visit: pl.DataFrame


def build_sequence(events: pl.DataFrame, *, rules: Rules, cutoff: datetime) -> Sequence:
    """Sessions, stages, journeys and stage visits of some customers.

    The rows of a customer depend on this customer's touchpoints alone, on no order of the input, and on the touchpoints
    after the cut-off only where a column says so. Touchpoints come sorted by customer, journey and position.

    Args:
        events: `INPUT_COLUMNS`; (source, source_event_id) is unique and no customer spans two calls.
        rules: see `read_rules`.
        cutoff: T, naive in UTC or aware.

    Raises:
        DataError: when a column is missing.
    """
    cutoff_us = microseconds(cutoff)
    rows = session_rows(events, rules)
    rows = with_threads(
        rows,
        by_topic=rules.splits_by_topic,
        reach=rules.reach,
        cutoff_us=cutoff_us,
        foreign=rules.foreign_topics,
        arrivals=rules.arrivals,
    )
    rows = _with_ids(with_journeys(with_stages(rows, rules), rules))
    by_journey = _with_positions(rows.sort("journey_row", "row"))
    journeys = journey_frame(by_journey, cutoff_us=cutoff_us)
    return Sequence(
        touchpoint=by_journey.select(TOUCHPOINT_COLUMNS),
        session=session_frame(rows),
        journey=journeys.select(JOURNEY_COLUMNS),
        stage_visit=visit_frame(by_journey, journeys, rules, cutoff_us=cutoff_us),
    )


def session_rows(events: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """The touchpoints in order with their sessions: what threads and stages are found on.

    Raises:
        DataError: when a column is missing.
    """
    if missing := [name for name in INPUT_COLUMNS if name not in events.columns]:
        raise DataError(f"the touchpoints lack the columns {', '.join(missing)}")
    return with_sessions(_coded(in_order(events.select(INPUT_COLUMNS))), gap=rules.session_gap)


def microseconds(instant: datetime) -> int:
    """Since 1970 in UTC; a naive instant is in UTC."""
    aware = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant
    since = aware - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _coded(rows: pl.DataFrame) -> pl.DataFrame:
    """Small integers to group by: the customer's number in the order, and the source."""
    return rows.with_columns(
        customer=pl.col("is_first").cast(pl.Int64).cum_sum(),
        source_code=pl.col("source").cast(pl.Categorical).to_physical(),
    )


def _with_ids(rows: pl.DataFrame) -> pl.DataFrame:
    """Ids from the first touchpoint's id: the same in every run, batch split and machine."""
    digits = pl.col("touchpoint_id").str.slice(0, _ID_DIGITS)
    named = rows.select(session_id=pl.lit("s_") + digits, journey_id=pl.lit("j_") + digits)
    return rows.with_columns(named[kind].gather(rows[row]) for kind, row in _FOUNDED_BY.items())


def _with_positions(by_journey: pl.DataFrame) -> pl.DataFrame:
    """`position` from 1, and the next touchpoint of the journey, both null at its end."""
    same = (pl.col("journey_row") == pl.col("journey_row").shift(-1)).fill_null(value=False)
    index = pl.int_range(pl.len(), dtype=pl.Int64)
    begins = (pl.col("journey_row") != pl.col("journey_row").shift(1)).fill_null(value=True)
    return by_journey.with_columns(
        position=index - pl.when(begins).then(index).forward_fill() + 1,
        next_activity=pl.when(same).then(pl.col("activity").shift(-1)),
        next_gap_us=pl.when(same).then(pl.col("us").shift(-1) - pl.col("us")),
    )
