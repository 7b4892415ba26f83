-- One row per pair of activities whose link differs from the active part of mart.directly_follows.
with followed as (
    select
        activity,
        next_activity,
        follow_count - passive_follow_count as follow_count,
        journey_count - passive_journey_count as journey_count,
        active_median_seconds as median_seconds,
        active_p90_seconds as p90_seconds
    from mart.directly_follows
    where follow_count > passive_follow_count
),

link as (
    select
        activity,
        next_activity,
        follow_count,
        journey_count,
        median_seconds,
        p90_seconds
    from mart.path_link
    where segment = 'all' and activity <> 'START' and next_activity not in ('CONVERTED', 'DROPPED', 'OPEN')
),

mismatch as (
    select
        activity,
        next_activity,
        f.follow_count as expected_count,
        l.follow_count
    from followed as f
    full outer join link as l using (activity, next_activity)
    where
        f.follow_count is distinct from l.follow_count
        or f.journey_count is distinct from l.journey_count
        or f.median_seconds is distinct from l.median_seconds
        or f.p90_seconds is distinct from l.p90_seconds
)

select * from mismatch
