-- One row per stage and segment whose entrants, now or before, are not those of the whole.
with counted as (
    select
        stage,
        segment,
        sum(present_count)::bigint as present_count,
        sum(previous_count)::bigint as previous_count
    from mart.change
    where metric = 'entrants'
    group by stage, segment
),

mismatch as (
    select s.*
    from counted as s
    left join counted as w on s.stage = w.stage and w.segment = 'all'
    where
        s.present_count is distinct from w.present_count
        or s.previous_count is distinct from w.previous_count
)

select * from mismatch
