-- One row per pair of activities whose transitions, counted again from the variants, differ from mart.directly_follows.
with variant_position as (
    select
        activities,
        journey_count,
        unnest(range(1, len(activities))) as position
    from mart.variant
),

variant_transition as (
    select
        activities[position] as activity,
        activities[position + 1] as next_activity,
        sum(journey_count)::bigint as variant_count
    from variant_position
    group by 1, 2
),

mismatch as (
    select
        activity,
        next_activity,
        v.variant_count,
        f.follow_count
    from variant_transition as v
    full outer join mart.directly_follows as f using (activity, next_activity)
    where v.variant_count is distinct from f.follow_count
)

select * from mismatch
