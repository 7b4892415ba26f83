-- One row per self-loop or stage regression that the rework counts otherwise than the paths or the stages do.
with counted as (
    select
        'self_loop' as kind,
        l.activity as subject,
        l.journey_count,
        l.follow_count as occurrence_count
    from mart.path_link as l
    left join config.activity as k on l.activity = k.activity
    where l.segment = 'all' and l.activity = l.next_activity and k.kind is distinct from 'passive'
    union all
    select
        'stage_regression' as kind,
        from_stage || ' > ' || to_stage as subject,
        journey_count,
        regression_count as occurrence_count
    from mart.stage_regression
    where regression_count > 0
),

reworked as (
    select
        kind,
        subject,
        journey_count,
        occurrence_count
    from mart.rework
    where kind in ('self_loop', 'stage_regression')
),

mismatch as (
    select *
    from counted as c
    full outer join reworked as r on c.kind = r.kind and c.subject = r.subject
    where
        coalesce(c.journey_count, 0) <> coalesce(r.journey_count, 0)
        or coalesce(c.occurrence_count, 0) <> coalesce(r.occurrence_count, 0)
)

select * from mismatch
