-- One row per pair of activities that is no bottleneck but a link of the paths, or counted otherwise, and one per place
-- that is missing or not in the order of the waiting.
with link as (
    select
        activity,
        next_activity,
        follow_count,
        journey_count,
        settled_count
    from mart.path_link
    where segment = 'all' and activity <> 'START' and next_activity not in ('CONVERTED', 'DROPPED', 'OPEN')
),

placed as (
    select
        activity,
        next_activity,
        place,
        row_number() over (order by waiting_seconds desc, activity, next_activity) as expected_place
    from mart.bottleneck
    where place is not null
),

mismatch as (
    select
        coalesce(l.activity, b.activity) as activity,
        coalesce(l.next_activity, b.next_activity) as next_activity,
        'counts' as fault
    from link as l
    full outer join mart.bottleneck as b on l.activity = b.activity and l.next_activity = b.next_activity
    where
        coalesce(l.follow_count, -1) <> coalesce(b.follow_count, -1)
        or coalesce(l.journey_count, -1) <> coalesce(b.journey_count, -1)
        or l.settled_count <> b.settled_count
        or b.settled_count > b.converted_count + b.dropped_count
        or b.settled_converted_count > b.converted_count
        or b.journey_count <> b.converted_count + b.dropped_count + b.open_count
    union all
    select
        activity,
        next_activity,
        'place' as fault
    from placed
    where place <> expected_place
)

select * from mismatch
