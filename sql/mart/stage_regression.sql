-- One row per pair of a stage and a lower one before the purchase: how often journeys fall back.
-- grain: (from_stage, to_stage)
-- rebuild: full
-- Of what the customer did in a journey up to its purchase, touchpoints with a stage: a regression is one whose stage
-- is lower than that of the one before it. After-sales contact is none, nor is anything passive. `regression_count`
-- counts them, `journey_count` the journeys with at least one; `journey_share` is of `entered_count`, the journeys that
-- entered `from_stage`, and null when none did.
with stage_before_purchase as (
    select unnest(['awareness', 'consideration', 'decision']) as stage
),

ranked_stage as (
    select
        stage,
        list_position(['awareness', 'consideration', 'decision'], stage) as rank
    from stage_before_purchase
),

staged_touchpoint as (
    select
        t.journey_id,
        r.rank,
        lag(r.rank) over (partition by t.journey_id order by t.position) as rank_before
    from core.touchpoint_at_cutoff as t
    inner join ranked_stage as r on t.stage = r.stage
    left join core.first_purchase as p on t.journey_id = p.journey_id
    where
        (t.is_purchase or not t.is_passive)
        and (p.purchase_position is null or t.position <= p.purchase_position)
),

regression as (
    select
        rank_before,
        rank,
        count(*) as regression_count,
        count(distinct journey_id) as journey_count
    from staged_touchpoint
    where rank < rank_before
    group by rank_before, rank
),

entered_stage as (
    select
        stage,
        count(distinct journey_id) as entered_count
    from core.stage_visit
    group by stage
),

stage_regression as (
    select
        higher.stage as from_stage,
        lower.stage as to_stage,
        coalesce(r.journey_count, 0)::bigint as journey_count,
        coalesce(r.regression_count, 0)::bigint as regression_count,
        coalesce(e.entered_count, 0)::bigint as entered_count,
        coalesce(r.journey_count, 0) / nullif(e.entered_count, 0) as journey_share
    from ranked_stage as higher
    inner join ranked_stage as lower on higher.rank > lower.rank
    left join regression as r on higher.rank = r.rank_before and lower.rank = r.rank
    left join entered_stage as e on higher.stage = e.stage
)

select * from stage_regression
