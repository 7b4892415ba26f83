-- One row per activity that more or fewer journeys of mart.path_tree begin with than of mart.activity.
with first_step as (
    select
        step as activity,
        journey_count
    from mart.path_tree
    where level = 'activity' and depth = 1 and not is_rest
),

started_activity as (
    select
        activity,
        start_count - passive_start_count as start_count
    from mart.activity
    where start_count > passive_start_count
),

folded as (
    select coalesce(max(journey_count), 0)::bigint as rest_count
    from mart.path_tree
    where level = 'activity' and depth = 1 and is_rest
),

unfollowed as (
    select coalesce(sum(s.start_count), 0)::bigint as rest_count
    from started_activity as s
    where not exists (select 1 from first_step as f where f.activity = s.activity)
),

mismatch as (
    select
        f.activity,
        f.journey_count,
        s.start_count
    from first_step as f
    left join started_activity as s on f.activity = s.activity
    where f.journey_count is distinct from s.start_count
    union all
    select
        null::varchar as activity,
        f.rest_count as journey_count,
        u.rest_count as start_count
    from folded as f
    cross join unfollowed as u
    where f.rest_count <> u.rest_count
)

select * from mismatch
