"""The lanes of the map and the units of its cells. Pure: names only."""

from typing import Final

import polars as pl

TABLE: Final = "mart.journey_map"

ALL: Final = "all"
"""Every persona, or every stage, together."""

PERSONA: Final = "persona"
JOURNEYS: Final = "journeys"
TOUCHPOINTS: Final = "touchpoints"
CHANNELS: Final = "channels"
ACTIONS: Final = "actions"
THOUGHTS: Final = "thoughts"
MEASURED: Final = "feelings_measured"
INFERRED: Final = "friction_inferred"
BARRIERS: Final = "barriers"
BARRIER_REACH: Final = "barrier_reach"
OPPORTUNITIES: Final = "opportunities"
IMPACT: Final = "impact"

LANES: Final = (
    PERSONA, JOURNEYS, TOUCHPOINTS, CHANNELS, ACTIONS, THOUGHTS, MEASURED, INFERRED, BARRIERS, BARRIER_REACH,
    OPPORTUNITIES, IMPACT,
)  # fmt: skip
"""In the order in which the map is read."""

ITEMS_AT_MOST: Final = {TOUCHPOINTS: 4, CHANNELS: 4, ACTIONS: 6, THOUGHTS: 4, BARRIERS: 4, OPPORTUNITIES: 3, IMPACT: 4}
"""How many items of a lane a stage has room for: the largest. The rest is counted in the note of the last one."""

QUOTES_AT_MOST: Final = 2

PERSONAS_AT_MOST: Final = 12

SMALL_GROUP: Final = 5
"""Of fewer customers nothing is told."""

SMALL_SAMPLE: Final = 30
"""Below this a value is marked; curves have a gap."""

SHARE: Final = "share"
COUNT: Final = "count"
POINTS: Final = "points"
SCORE: Final = "score"
QUOTE: Final = "quote"
CUSTOMERS: Final = "customers_per_month"
AMOUNT: Final = "amount_per_month"

SCHEMA: Final = {
    "persona": pl.String,
    "stage": pl.String,
    "lane": pl.String,
    "place": pl.Int64,
    "item": pl.String,
    "value": pl.Float64,
    "unit": pl.String,
    "low": pl.Float64,
    "high": pl.Float64,
    "n": pl.Int64,
    "base_count": pl.Int64,
    "fresh_at": pl.Datetime("us"),
    "is_shown": pl.Boolean,
    "is_suppressed": pl.Boolean,
    "note": pl.String,
    "query": pl.String,
}
"""The columns of `mart.journey_map`."""
