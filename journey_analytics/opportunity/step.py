"""The step that makes mart.opportunity: reads the warehouse, computes, writes."""

import math
from datetime import datetime
from decimal import Decimal
from typing import Final

from journey_analytics.entrants import entrants, segment_rows
from journey_analytics.opportunity.gains import Purchase
from journey_analytics.opportunity.table import opportunities
from journey_analytics.settings import setting
from journey_analytics.warehouse import Warehouse

OPPORTUNITY_READS: Final = frozenset(
    {
        "core.stage_visit", "core.journey", "core.touchpoint_at_cutoff", "core.leading_currency", "mart.stage_dropoff",
        "mart.stage_reach", "config.setting",
    }
)  # fmt: skip

_PURCHASE: Final = """
with refund as (
    select order_id, currency, sum(abs(amount)) as amount
    from core.touchpoint_at_cutoff
    where activity = 'order_refunded' and amount is not null and order_id is not null
    group by order_id, currency
),

kept as (
    select
        chosen.currency,
        chosen.other_currency_count,
        greatest(purchase.amount - coalesce(refund.amount, 0), 0)::decimal(18, 4) as amount
    from core.touchpoint_at_cutoff as purchase
    inner join core.leading_currency as chosen on chosen.currency = purchase.currency
    left join refund on refund.order_id = purchase.order_id and refund.currency = purchase.currency
    where purchase.is_purchase and purchase.amount is not null
)

select
    count(*) as purchase_count, sum(amount) as amount, sum(amount::decimal(38, 4) * amount) as square,
    min(currency) as currency, min(other_currency_count) as other_currency_count
from kept
"""


def make_opportunity(warehouse: Warehouse, *, cutoff: datetime) -> None:
    """Build mart.opportunity at cut-off T from the stage visits, their shares and the purchases.

    Segments that tell when a stage was entered are no barriers: nobody can work on last March.
    """
    rows = opportunities(
        entrants(warehouse),
        warehouse.frame("select * from mart.stage_dropoff", name="mart.stage_dropoff"),
        warehouse.frame("select * from mart.stage_reach", name="mart.stage_reach"),
        cutoff=cutoff,
        segments=[segment.name for segment in segment_rows(warehouse) if not segment.is_period],
        purchase=mean_purchase(warehouse),
        minimum_count=setting(warehouse, "minimum_count"),
    )
    warehouse.create_from("mart.opportunity", rows)


def mean_purchase(warehouse: Warehouse) -> Purchase | None:
    """What a purchase up to T brings on average, in the currency of `core.leading_currency`.

    What was given back up to T (`order_refunded`, by order) is taken off, a purchase never falling below nothing; later
    refunds are not foreseen. Purchases in other currencies, which are counted, or without an amount are not in the
    mean. None where no purchase has an amount.
    """
    count, total, square, currency, other_count = warehouse.rows(_PURCHASE, name="mean purchase")[0]
    if not count:
        return None
    # Decimals add up to the same sum in every order; floats would not.
    variance = (square - total * total / count) / (count - 1) if count > 1 else Decimal(0)
    return Purchase(
        amount=float(total / count),
        standard_error=math.sqrt(max(variance, Decimal(0)) / count),
        currency=currency,
        other_currency_count=other_count,
    )
