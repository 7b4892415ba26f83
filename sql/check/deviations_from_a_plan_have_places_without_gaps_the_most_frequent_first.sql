-- One row per deviation that is not where its journeys put it among those of its plan.
with placed as (
    select
        *,
        row_number() over (
            partition by planned
            order by is_ranked desc, affected_count desc, kind, activity
        ) as right_place
    from mart.deviation
),

mismatch as (
    select * from placed
    where place <> right_place
)

select * from mismatch
