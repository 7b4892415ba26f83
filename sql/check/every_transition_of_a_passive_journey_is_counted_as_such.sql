-- One row when Σ passive directly-follows is not the touchpoints of passive journeys − those journeys.
with follow_total as (
    select coalesce(sum(passive_follow_count), 0)::bigint as passive_follow_count from mart.directly_follows
),

passive_total as (
    select coalesce(sum(touchpoint_count - 1), 0)::bigint as expected_count
    from core.journey_at_cutoff
    where is_passive
),

mismatch as (
    select *
    from follow_total
    cross join passive_total
    where passive_follow_count <> expected_count
)

select * from mismatch
