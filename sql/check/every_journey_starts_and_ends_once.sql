-- One row when journey starts or ends, by activity or by status, are not as many as journeys.
with activity_total as (
    select
        coalesce(sum(start_count), 0)::bigint as start_count,
        coalesce(sum(end_count), 0)::bigint as end_count,
        coalesce(sum(converted_end_count + dropped_end_count + open_end_count), 0)::bigint as state_count
    from mart.activity
),

journey_total as (
    select count(*)::bigint as expected_count from core.journey_at_cutoff
),

mismatch as (
    select *
    from activity_total
    cross join journey_total
    where start_count <> expected_count or end_count <> expected_count or state_count <> expected_count
)

select * from mismatch
