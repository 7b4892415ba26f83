-- One row per variant of active journeys, at the level of stages and of activities.
-- grain: (level, variant_number)
-- rebuild: full
-- `variant_number` counts the variants of a level in the order of their lists of steps, by which ties are ranked.
with seen_variant as (
    select distinct
        'activity' as level,
        activities as steps
    from core.journey_at_cutoff
    where not is_passive
    union all
    select distinct
        'stage' as level,
        stages as steps
    from core.journey_at_cutoff
    where not is_passive
),

variant_steps as (
    select
        level,
        (row_number() over (partition by level order by steps))::integer as variant_number,
        steps
    from seen_variant
)

select * from variant_steps
