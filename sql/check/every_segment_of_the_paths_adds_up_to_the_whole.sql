-- One row per segment and link, or activity, whose values do not add up to the whole.
with counted as (
    select
        segment,
        activity,
        next_activity,
        follow_count,
        journey_count,
        converted_count,
        dropped_count,
        open_count,
        settled_converted_count,
        settled_count
    from mart.path_link
    union all
    select
        segment,
        activity,
        null::varchar as next_activity,
        touchpoint_count as follow_count,
        journey_count,
        converted_count,
        dropped_count,
        open_count,
        settled_converted_count,
        settled_count
    from mart.path_activity
),

segment_total as (
    select
        segment,
        activity,
        next_activity,
        sum(follow_count)::bigint as follow_count,
        sum(journey_count)::bigint as journey_count,
        sum(converted_count)::bigint as converted_count,
        sum(dropped_count)::bigint as dropped_count,
        sum(open_count)::bigint as open_count,
        sum(settled_converted_count)::bigint as settled_converted_count,
        sum(settled_count)::bigint as settled_count
    from counted
    group by segment, activity, next_activity
),

segment_name as (
    select distinct segment
    from core.path_segment
),

expected as (
    select
        n.segment,
        w.activity,
        w.next_activity,
        w.follow_count,
        w.journey_count,
        w.converted_count,
        w.dropped_count,
        w.open_count,
        w.settled_converted_count,
        w.settled_count
    from segment_total as w
    cross join segment_name as n
    where w.segment = 'all'
),

mismatch as (
    select
        coalesce(e.segment, s.segment) as segment,
        coalesce(e.activity, s.activity) as activity,
        coalesce(e.next_activity, s.next_activity) as next_activity,
        e.journey_count as expected_count,
        s.journey_count
    from expected as e
    full outer join segment_total as s
        on
            e.segment = s.segment
            and e.activity = s.activity
            and e.next_activity is not distinct from s.next_activity
    where
        e.follow_count is distinct from s.follow_count
        or e.journey_count is distinct from s.journey_count
        or e.converted_count is distinct from s.converted_count
        or e.dropped_count is distinct from s.dropped_count
        or e.open_count is distinct from s.open_count
        or e.settled_converted_count is distinct from s.settled_converted_count
        or e.settled_count is distinct from s.settled_count
)

select * from mismatch
