-- One row when Σ directly-follows is not touchpoints − journeys.
with follow_total as (
    select coalesce(sum(follow_count), 0)::bigint as follow_count from mart.directly_follows
),

touchpoint_total as (
    select (count(*) - count(distinct journey_id))::bigint as expected_count from core.touchpoint_at_cutoff
),

mismatch as (
    select *
    from follow_total
    cross join touchpoint_total
    where follow_count <> expected_count
)

select * from mismatch
