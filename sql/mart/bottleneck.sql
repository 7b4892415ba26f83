-- One row per pair of activities that directly followed each other, by how much waiting they cause.
-- grain: (activity, next_activity)
-- rebuild: full
-- Of active journeys at T, as mart.path_link has them. `waiting_seconds` is follow_count × median_seconds: what the
-- passages would take together if each took the median. `place` counts from the most of it, ties by name; null where
-- one of the two is only sent to the customer (kind `passive` in config.activity): nobody waits for a newsletter.
-- `dropoff_share` is of the settled journeys with the pair (core.journey_at_cutoff) that are closed, with Wilson's 95 %
-- interval: 1 − settled_converted_count ÷ settled_count.
with minimum as (
    select max(value)::bigint as minimum_count
    from config.setting
    where setting = 'minimum_count'
),

followed as (
    select
        l.activity,
        l.next_activity,
        l.follow_count,
        l.journey_count,
        l.converted_count,
        l.dropped_count,
        l.open_count,
        l.settled_converted_count,
        l.settled_count,
        (l.settled_count - l.settled_converted_count) / nullif(l.settled_count, 0) as dropoff_share,
        l.median_seconds,
        l.p90_seconds,
        l.follow_count * l.median_seconds as waiting_seconds,
        coalesce(a.kind = 'passive', false) or coalesce(n.kind = 'passive', false) as is_passive
    from mart.path_link as l
    left join config.activity as a on l.activity = a.activity
    left join config.activity as n on l.next_activity = n.activity
    where l.segment = 'all' and l.median_seconds is not null
),

bottleneck as (
    select
        f.activity,
        f.next_activity,
        f.follow_count,
        f.journey_count,
        f.converted_count,
        f.dropped_count,
        f.open_count,
        f.median_seconds,
        f.p90_seconds,
        f.waiting_seconds,
        case
            when not f.is_passive
                then row_number() over (
                    partition by f.is_passive
                    order by f.waiting_seconds desc, f.activity, f.next_activity
                )
        end as place,
        f.settled_converted_count,
        f.settled_count,
        f.dropoff_share,
        wilson_low(f.dropoff_share, f.settled_count) as dropoff_low_share,
        wilson_high(f.dropoff_share, f.settled_count) as dropoff_high_share,
        f.settled_count > 0 and f.settled_count >= m.minimum_count as is_ranked
    from followed as f
    cross join minimum as m
)

select * from bottleneck
