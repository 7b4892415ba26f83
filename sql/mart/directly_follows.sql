-- One row per pair of activities of which the second directly followed the first within a journey.
-- grain: (activity, next_activity)
-- rebuild: full
-- `follow_count` counts transitions, `journey_count` journeys with at least one of them. `median_seconds` and
-- `p90_seconds` are exact, interpolated linearly between the two nearest waits.
with followed_touchpoint as (
    select
        journey_id,
        activity,
        next_activity,
        next_gap_us
    from core.touchpoint
    where next_activity is not null
),

directly_follows as (
    select
        activity,
        next_activity,
        count(distinct journey_id)::bigint as journey_count,
        count(*)::bigint as follow_count,
        percentile_cont(0.5) within group (order by next_gap_us) / 1e6 as median_seconds,
        percentile_cont(0.9) within group (order by next_gap_us) / 1e6 as p90_seconds
    from followed_touchpoint
    group by activity, next_activity
)

select * from directly_follows
