-- One row per journey whose touchpoint_count, or whose list of activities, is not as long as its touchpoints are many.
with counted_journey as (
    select journey_id, count(*)::bigint as expected_count
    from core.touchpoint
    group by journey_id
),

mismatch as (
    select
        journey_id,
        j.touchpoint_count,
        len(j.activities) as activity_count,
        c.expected_count
    from core.journey as j
    full outer join counted_journey as c using (journey_id)
    where
        j.touchpoint_count is distinct from c.expected_count
        or len(j.activities) is distinct from c.expected_count
)

select * from mismatch
