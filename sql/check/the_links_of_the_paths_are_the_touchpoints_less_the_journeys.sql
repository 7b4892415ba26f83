-- One row where the passages from activity to activity are not the touchpoints of active journeys less these journeys.
with passage_total as (
    select coalesce(sum(follow_count), 0)::bigint as follow_count
    from mart.path_link
    where segment = 'all' and activity <> 'START' and next_activity not in ('CONVERTED', 'DROPPED', 'OPEN')
),

journey_total as (
    select (coalesce(sum(touchpoint_count), 0) - count(*))::bigint as expected_count
    from core.journey_at_cutoff
    where not is_passive
),

mismatch as (
    select
        p.follow_count,
        j.expected_count
    from passage_total as p
    inner join journey_total as j on p.follow_count <> j.expected_count
)

select * from mismatch
