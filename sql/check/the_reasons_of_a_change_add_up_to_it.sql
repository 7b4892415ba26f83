-- One row per significant change and segment whose contributions do not sum to the change.
with contributed as (
    select
        change_id,
        segment,
        sum(contribution_points) as contribution_points
    from mart.change_reason
    group by change_id, segment
),

mismatch as (
    select
        r.change_id,
        r.segment,
        r.contribution_points,
        c.difference_points
    from contributed as r
    left join mart.change as c on r.change_id = c.change_id
    where
        c.is_significant is distinct from true
        or not abs(r.contribution_points - c.difference_points) <= 1e-6 * greatest(1, abs(c.difference_points))
)

select * from mismatch
