-- One row per stage where mart.stage_dropoff of the whole differs from core.stage_visit.
with visited_stage as (
    select
        stage,
        count(*)::bigint as entered_count,
        count(*) filter (where outcome = 'advanced')::bigint as advanced_count,
        count(*) filter (where outcome = 'dropped')::bigint as dropped_count,
        count(*) filter (where outcome = 'open')::bigint as open_count
    from core.stage_visit
    group by stage
),

reported_stage as (
    select stage, entered_count, advanced_count, dropped_count, open_count
    from mart.stage_dropoff
    where segment = 'all'
),

mismatch as (
    select
        stage,
        v.entered_count,
        r.entered_count as reported_count
    from visited_stage as v
    full outer join reported_stage as r using (stage)
    where
        v.entered_count is distinct from r.entered_count
        or v.advanced_count is distinct from r.advanced_count
        or v.dropped_count is distinct from r.dropped_count
        or v.open_count is distinct from r.open_count
)

select * from mismatch
