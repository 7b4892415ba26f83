-- One row per activity where active journeys of mart.variant begin, or end, more or less often than the paths.
with variant_end as (
    select
        activities[1] as activity,
        'START' as node,
        sum(journey_count - passive_count)::bigint as journey_count
    from mart.variant
    group by activities[1]
    union all
    select
        activities[-1] as activity,
        'CONVERTED' as node,
        sum(converted_count)::bigint as journey_count
    from mart.variant
    group by activities[-1]
    union all
    select
        activities[-1] as activity,
        'DROPPED' as node,
        sum(dropped_count - passive_dropped_count)::bigint as journey_count
    from mart.variant
    group by activities[-1]
    union all
    select
        activities[-1] as activity,
        'OPEN' as node,
        sum(open_count - passive_open_count)::bigint as journey_count
    from mart.variant
    group by activities[-1]
),

path_end as (
    select
        case when activity = 'START' then next_activity else activity end as activity,
        case when activity = 'START' then activity else next_activity end as node,
        journey_count
    from mart.path_link
    where segment = 'all' and (activity = 'START' or next_activity in ('CONVERTED', 'DROPPED', 'OPEN'))
),

mismatch as (
    select
        activity,
        node,
        v.journey_count as variant_count,
        p.journey_count
    from variant_end as v
    full outer join path_end as p using (activity, node)
    where coalesce(v.journey_count, 0) <> coalesce(p.journey_count, 0)
)

select * from mismatch
