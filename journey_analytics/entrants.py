"""Who entered each stage, with what they can be broken down by: the one frame that every statistic starts from."""

import polars as pl

from journey_analytics.warehouse import Warehouse

SEGMENTS = ("first_channel", "first_source", "device", "country", "entry_month", "customer_kind")
"""The columns of an entrant by which figures are broken down, beside the whole."""

_ENTRANTS = """
select
    stage_visit.*,
    journey.first_channel, journey.first_source, journey.device, journey.country,
    strftime(stage_visit.entered_at, '%Y-%m') as entry_month,
    case when journey.is_returning then 'returning' else 'new' end as customer_kind
from core.stage_visit
inner join core.journey on journey.journey_id = stage_visit.journey_id
"""


def entrants(warehouse: Warehouse) -> pl.DataFrame:
    """One row per journey and stage entered up to T: the columns of `core.stage_visit`, and one per segment (text)."""
    return warehouse.frame(_ENTRANTS, name="entrants")


def segments(warehouse: Warehouse) -> tuple[str, ...]:
    """The columns of `entrants` by which figures are broken down, in their order of display."""
    return SEGMENTS
