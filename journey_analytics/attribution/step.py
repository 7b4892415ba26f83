"""The step `attribution`: reads the journeys and their touchpoints and writes `mart.attribution`."""

from datetime import datetime
from typing import Final

import polars as pl

from journey_analytics.attribution.paths import DIMENSIONS, paths
from journey_analytics.attribution.resampling import BUCKETS
from journey_analytics.attribution.table import SCHEMA, Scope, attribution
from journey_analytics.dropoff import as_of_on
from journey_analytics.errors import ConfigurationError, nearest
from journey_analytics.instants import naive
from journey_analytics.settings import fractional_setting, setting
from journey_analytics.warehouse import Warehouse

TABLE: Final = "mart.attribution"
ATTRIBUTION_READS: Final = frozenset(
    {
        "core.journey", "core.touchpoint", "core.leading_currency", "config.activity", "config.attribution_dimension",
        "config.setting",
    }
)  # fmt: skip

_MINUTE_US: Final = 60_000_000

_LEADING: Final = "select currency from core.leading_currency"

_JOURNEYS: Final = """
create or replace temp table attributed_journey as
with last_act as (
    select journey_id, max(occurred_at) as last_act_at
    from core.touchpoint
    where not is_passive and occurred_at <= ?
    group by journey_id
)

select
    journey.journey_id,
    row_number() over (order by journey.journey_id) - 1 as journey,
    customer_bucket(journey.customer_id, ?) as bucket,
    case journey.status when 'converted' then 'converted' when 'dropped' then 'lost' else 'open' end as outcome,
    coalesce(journey.converted_at, last_act.last_act_at) as until_at,
    epoch_us(
        case journey.status when 'converted' then journey.converted_at when 'dropped' then journey.closed_at else ? end
    ) as resolved_us,
    case when journey.status = 'converted' and journey.currency = ? then journey.amount end as amount
from core.journey as journey
inner join last_act on journey.journey_id = last_act.journey_id
where not journey.is_passive and journey.has_started
"""

_AMOUNT: Final = "cast(coalesce(amount, 0) * 10000 as bigint) as amount"

_WITHOUT_AMOUNT: Final = "select count(*) from attributed_journey where outcome = 'converted' and amount is null"

_TOUCHPOINTS: Final = """
select
    attributed_journey.journey, touchpoint.{dimension} as value, epoch_us(touchpoint.occurred_at) as at_us,
    touchpoint.position
from core.touchpoint as touchpoint
inner join attributed_journey on touchpoint.journey_id = attributed_journey.journey_id
where
    not touchpoint.is_passive and touchpoint.{dimension} is not null
    and touchpoint.activity not in (select activity from config.activity where kind = 'purchase')
    and touchpoint.occurred_at <= attributed_journey.until_at
    and touchpoint.occurred_at >= attributed_journey.until_at - to_days(?)
"""


def make_attribution(warehouse: Warehouse, *, cutoff: datetime) -> None:
    """Write `mart.attribution`, one part per row of `config.attribution_dimension`, by the name of the dimension.

    A conversion is a converted journey's purchase up to T. Touches are active touchpoints of the same journey, without
    any record of a purchase: the store's says where the order was placed, not what brought the customer, and the
    website's is the same purchase. The look-back ends at the purchase, or at the last thing the customer did up to T.
    """
    currency = warehouse.value(_LEADING, name=TABLE)
    parameters = [naive(cutoff), BUCKETS, naive(cutoff), currency or ""]
    warehouse.execute(_JOURNEYS, parameters, name="attributed_journey")
    parts = [
        _of_dimension(warehouse, dimension, cutoff=cutoff, currency=currency) for dimension in _dimensions(warehouse)
    ]
    warehouse.execute("drop table attributed_journey", name="attributed_journey")
    warehouse.create_from(TABLE, pl.concat([pl.DataFrame(schema=SCHEMA), *parts]))


def _dimensions(warehouse: Warehouse) -> list[str]:
    """Checked again here, because each becomes a column name in SQL.

    Raises:
        ConfigurationError: for one that there is not.
    """
    listed = "select distinct dimension from config.attribution_dimension order by dimension"
    found = [row[0] for row in warehouse.rows(listed, name=TABLE)]
    for dimension in found:
        if dimension not in DIMENSIONS:
            raise ConfigurationError(
                f"attribution_dimension: no dimension {dimension!r}; {nearest(dimension, DIMENSIONS)}"
            )
    return found


def _of_dimension(warehouse: Warehouse, dimension: str, *, cutoff: datetime, currency: str | None) -> pl.DataFrame:
    days = setting(warehouse, "attribution_lookback_days")
    journeys = warehouse.frame(
        f"select journey, bucket, outcome, resolved_us, {_AMOUNT} from attributed_journey", name=TABLE
    )
    touchpoints = warehouse.frame(_TOUCHPOINTS.format(dimension=dimension), parameters=[days], name=TABLE)
    scope = Scope(
        dimension=dimension,
        as_of_on=as_of_on(cutoff),
        lookback_days=days,
        minimum_count=setting(warehouse, "minimum_count"),
        currency=currency,
        other_currency_count=warehouse.value(_WITHOUT_AMOUNT, name=TABLE),
    )
    gap_us = round(fractional_setting(warehouse, "session_gap_minutes") * _MINUTE_US)
    return attribution(paths(journeys, touchpoints, gap_us=gap_us), scope=scope)
