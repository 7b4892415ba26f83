-- One row per activity whose shares of what followed it do not sum to 1, now or before, or that is counted twice.
with followed as (
    select
        activity,
        count(distinct present_count)::bigint as present_versions,
        max(present_count) as present_count,
        sum(present_share) as present_share,
        sum(previous_share) as previous_share
    from mart.change
    where metric = 'edge' and present_share is not null and previous_share is not null
    group by activity
),

mismatch as (
    select *
    from followed
    where
        present_versions > 1
        or not abs(present_share - 1) <= 1e-8
        or not abs(previous_share - 1) <= 1e-8
)

select * from mismatch
