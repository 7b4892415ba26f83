-- One row per segment value whose beginnings, ends and journeys are not the same number.
with journey_count as (
    select
        s.segment,
        s.segment_value,
        count(*)::bigint as journey_count
    from core.path_journey as j
    inner join core.path_segment as s on j.kind_number = s.kind_number
    group by s.segment, s.segment_value
    union all
    select
        'all' as segment,
        'all' as segment_value,
        journey_count
    from mart.headline
    where journey_count > 0
),

link_count as (
    select
        segment,
        segment_value,
        coalesce(sum(journey_count) filter (where activity = 'START'), 0)::bigint as start_count,
        coalesce(
            sum(journey_count) filter (where next_activity in ('CONVERTED', 'DROPPED', 'OPEN')), 0
        )::bigint as end_count
    from mart.path_link
    group by segment, segment_value
),

activity_count as (
    select
        segment,
        segment_value,
        sum(start_count)::bigint as start_count,
        sum(end_count)::bigint as end_count,
        sum(converted_end_count + dropped_end_count + open_end_count)::bigint as split_end_count
    from mart.path_activity
    group by segment, segment_value
),

mismatch as (
    select
        segment,
        segment_value,
        j.journey_count,
        l.start_count as link_start_count,
        l.end_count as link_end_count,
        a.start_count as activity_start_count,
        a.end_count as activity_end_count
    from journey_count as j
    full outer join link_count as l using (segment, segment_value)
    full outer join activity_count as a using (segment, segment_value)
    where
        j.journey_count is distinct from l.start_count
        or j.journey_count is distinct from l.end_count
        or j.journey_count is distinct from a.start_count
        or j.journey_count is distinct from a.end_count
        or j.journey_count is distinct from a.split_end_count
)

select * from mismatch
