"""The journeys that are held against a plan, as they are known at T: counted variants, and what they are about."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from journey_analytics.warehouse import Warehouse

LOG_READS: Final = frozenset(
    {
        "core.journey_at_cutoff", "core.touchpoint_at_cutoff", "core.journey", "mart.activity", "mart.headline",
        "config.setting", "config.activity",
    }
)  # fmt: skip
EVERY_JOURNEY: Final = "select journey_id from core.journey_at_cutoff where not is_passive"
EXAMPLES: Final = 3
_STEPS: Final = {"stage": "stages", "activity": "activities"}
_BEFORE: Final = {
    "stage": "coalesce(list_position(j.stages, 'post_purchase') - 1, len(j.stages))",
    "activity": "p.purchase_position - 1",
}

# A purchase does not end a journey: until it is closed, what is planned after it can still come.
_VARIANTS: Final = """
with purchase as (
    select journey_id, min(position) as purchase_position
    from core.touchpoint_at_cutoff
    where is_purchase
    group by journey_id
)

select
    j.{steps} as steps,
    j.status = 'dropped' or not c.is_closed as is_cut_short,
    coalesce(j.is_left_censored, false) as is_left_censored,
    j.is_settled,
    case when p.journey_id is not null then {before} end::bigint as before_purchase_count,
    count(*)::bigint as journey_count,
    count(*) filter (where j.status = 'converted')::bigint as converted_count,
    count(*) filter (where j.status = 'dropped')::bigint as dropped_count,
    count(*) filter (where j.status = 'open')::bigint as open_count,
    min(md5(j.journey_id) || ' ' || j.journey_id, {examples}) as examples
from core.journey_at_cutoff as j
inner join core.journey as c on j.journey_id = c.journey_id
left join purchase as p on j.journey_id = p.journey_id
where j.journey_id in ({selected})
group by all
"""

_HAPPENED: Final = """
select t.activity, count(distinct t.journey_id)::bigint as journey_count
from core.touchpoint_at_cutoff as t
where t.journey_id in ({selected})
group by t.activity
"""

_HAPPENED_STAGES: Final = """
with entered as (
    select unnest(list_distinct(stages)) as activity
    from core.journey_at_cutoff
    where journey_id in ({selected})
)

select activity, count(*)::bigint as journey_count
from entered
group by activity
"""

_PURCHASE: Final = """
select
    h.currency,
    (sum(t.amount) / nullif(count(distinct t.journey_id), 0))::double as amount
from mart.headline as h
inner join core.touchpoint_at_cutoff as t on h.currency = t.currency
where t.is_purchase and t.amount is not null and t.journey_id in ({selected})
group by h.currency
"""

_STAGES: Final = "select activity, stage from mart.activity order by activity"


@dataclass(frozen=True)
class Log:
    """Active journeys, at one level.

    Attributes:
        groups: `steps`, how much can be seen of the journeys (`is_cut_short`, `is_left_censored`), whether their
            outcome is settled (`is_settled`), how many steps stand before the purchase (`before_purchase_count`; null
            without one), their `journey_count` and its parts by status, and a few `examples` (ids of journeys); one row
            per group.
        happened: `activity` and the `journey_count` that had it.
        stages: the stage of each activity; of a stage itself.
        purchase_amount: of a journey with a purchase, on average, in `currency`; null where no purchase has one.
    """

    groups: pl.DataFrame
    happened: pl.DataFrame
    stages: Mapping[str, str]
    currency: str | None
    purchase_amount: float | None


def read_log(warehouse: Warehouse, level: str, *, selected: str = EVERY_JOURNEY) -> Log:
    """The journeys of a warehouse or its published copy.

    Args:
        warehouse: to read from.
        level: `stage` or `activity`.
        selected: a select of the `journey_id` of active journeys.
    """
    variants = _VARIANTS.format(steps=_STEPS[level], before=_BEFORE[level], examples=EXAMPLES, selected=selected)
    happened = (_HAPPENED_STAGES if level == "stage" else _HAPPENED).format(selected=selected)
    money = warehouse.rows(_PURCHASE.format(selected=selected), name="the amount of a purchase") or [(None, None)]
    listed = warehouse.frame(happened, name="what happened").sort("activity")
    return Log(
        groups=warehouse.frame(variants, name=f"variants of level {level}"),
        happened=listed,
        stages=dict(warehouse.rows(_STAGES)) if level == "activity" else {name: name for name in listed["activity"]},
        currency=money[0][0],
        purchase_amount=money[0][1],
    )
