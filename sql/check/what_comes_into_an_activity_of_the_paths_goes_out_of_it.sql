-- One row per segment value and activity where in + start, out + end and its occurrences are not the same number.
with link_in as (
    select
        segment,
        segment_value,
        next_activity as activity,
        sum(follow_count)::bigint as in_count,
        coalesce(sum(follow_count) filter (where activity = 'START'), 0)::bigint as start_count
    from mart.path_link
    where next_activity not in ('CONVERTED', 'DROPPED', 'OPEN')
    group by segment, segment_value, next_activity
),

link_out as (
    select
        segment,
        segment_value,
        activity,
        sum(follow_count)::bigint as out_count,
        coalesce(sum(follow_count) filter (where next_activity = 'CONVERTED'), 0)::bigint as converted_end_count,
        coalesce(sum(follow_count) filter (where next_activity = 'DROPPED'), 0)::bigint as dropped_end_count,
        coalesce(sum(follow_count) filter (where next_activity = 'OPEN'), 0)::bigint as open_end_count
    from mart.path_link
    where activity <> 'START'
    group by segment, segment_value, activity
),

mismatch as (
    select
        segment,
        segment_value,
        activity,
        a.touchpoint_count,
        i.in_count,
        o.out_count
    from mart.path_activity as a
    full outer join link_in as i using (segment, segment_value, activity)
    full outer join link_out as o using (segment, segment_value, activity)
    where
        a.touchpoint_count is distinct from i.in_count
        or a.touchpoint_count is distinct from o.out_count
        or a.start_count is distinct from i.start_count
        or a.converted_end_count is distinct from o.converted_end_count
        or a.dropped_end_count is distinct from o.dropped_end_count
        or a.open_end_count is distinct from o.open_end_count
)

select * from mismatch
