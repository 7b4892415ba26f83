"""The step `feeling`: sums what was measured and what is inferred per persona and stage, and writes `mart.feeling`."""

from typing import Final

from journey_analytics.feelings.estimates import UNIT, feelings
from journey_analytics.settings import setting
from journey_analytics.warehouse import Warehouse

TABLE: Final = "mart.feeling"
TEXTS: Final = "core.touchpoint_text"
FEELING_READS: Final = frozenset(
    {
        "core.feeling_score", "core.stage_friction", "core.path_journey", "core.touchpoint_at_cutoff", TEXTS,
        "config.setting",
    }
)  # fmt: skip

_STAGES: Final = "('awareness', 'consideration', 'decision', 'post_purchase')"

_SCORE: Final = """
select journey_id, customer_id, stage, measure, 1 as measure_rank, touchpoint_id, feeling, occurred_at
from core.feeling_score
"""

_TEXT: Final = """
select
    text.journey_id, touchpoint.customer_id, touchpoint.stage, 'text' as measure, 2 as measure_rank,
    text.touchpoint_id, text.feeling, touchpoint.occurred_at
from core.touchpoint_text as text
inner join core.touchpoint_at_cutoff as touchpoint on text.touchpoint_id = touchpoint.touchpoint_id
where text.feeling is not null
"""

# Of a touchpoint with a score and a text both are measured, but in all of them it counts once: by its score.
_VALUES: Final = """
with measured as ({measured}),

once as (
    select *
    from measured
    qualify row_number() over (partition by touchpoint_id order by measure_rank, measure) = 1
),

felt as (
    select 'measured' as kind, measure, journey_id, customer_id, stage, feeling, occurred_at from measured
    union all
    select 'measured' as kind, 'all' as measure, journey_id, customer_id, stage, feeling, occurred_at from once
    union all
    select 'inferred' as kind, 'friction' as measure, journey_id, customer_id, stage, friction, last_at
    from core.stage_friction
),

placed as (
    select
        felt.kind, felt.measure, journey.persona, felt.customer_id,
        case when felt.stage in {stages} then felt.stage else 'unknown' end as stage,
        round(felt.feeling * {unit})::bigint as feeling, felt.occurred_at
    from felt
    inner join core.path_journey as journey on felt.journey_id = journey.journey_id
),

of_customer as (
    select
        kind, measure, customer_id, case when grouping(persona) = 1 then 'all' else persona end as persona,
        case when grouping(stage) = 1 then 'all' else stage end as stage, count(*)::bigint as n,
        sum(feeling)::bigint as total, max(occurred_at) as freshest_at
    from placed
    group by grouping sets (
        (kind, measure, customer_id, persona, stage), (kind, measure, customer_id, persona),
        (kind, measure, customer_id, stage), (kind, measure, customer_id)
    )
)

select
    persona, stage, kind, measure, sum(n)::bigint as n, count(*)::bigint as customer_count,
    sum(total)::bigint as total, sum(total * total)::double as square_sum, sum(total * n)::double as product_sum,
    sum(n * n)::double as count_square_sum, max(freshest_at) as freshest_at
from of_customer
where stage <> 'unknown'
group by persona, stage, kind, measure
"""


def make_feeling(warehouse: Warehouse) -> None:
    """Write `mart.feeling`: one row per persona, stage, kind and measure that anything is known of; `all` of each too.

    Values are those of active journeys up to T: scores (`core.feeling_score`), the feelings of texts where a language's
    are used (`core.touchpoint_text`, which may be absent), and the friction of every stage of a journey. What has no
    stage is in `all` stages only.
    """
    measured = f"{_SCORE} union all {_TEXT}" if warehouse.has(TEXTS) else _SCORE
    sums = warehouse.frame(_VALUES.format(measured=measured, stages=_STAGES, unit=UNIT), name=TABLE)
    warehouse.create_from(TABLE, feelings(sums, minimum_count=setting(warehouse, "minimum_count")))
