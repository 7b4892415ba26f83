-- One row per link without the up to five journeys that show it, or with one that ended otherwise.
with shown as (
    select
        activity,
        next_activity,
        count(distinct journey_id)::bigint as journey_count,
        min(place) as first_place,
        max(place) as last_place,
        count(*) filter (
            where next_activity in ('CONVERTED', 'DROPPED', 'OPEN') and lower(next_activity) <> status
        )::bigint as other_count
    from mart.path_example
    group by activity, next_activity
),

mismatch as (
    select
        activity,
        next_activity,
        l.journey_count,
        s.journey_count as shown_count,
        s.other_count
    from (
        select
            activity,
            next_activity,
            journey_count
        from mart.path_link
        where segment = 'all'
    ) as l
    full outer join shown as s using (activity, next_activity)
    where
        least(l.journey_count, 5) is distinct from s.journey_count
        or s.last_place is distinct from s.journey_count
        or s.first_place is distinct from 1
        or s.other_count <> 0
)

select * from mismatch
