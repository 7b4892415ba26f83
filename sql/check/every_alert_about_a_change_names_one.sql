-- One row per alert that is not about the drop-off and whose change does not exist, or whose id stands twice.
with counted as (
    select
        a.alert_id,
        a.metric,
        a.change_id,
        count(*) over (partition by a.alert_id)::bigint as alert_count,
        c.change_id is not null as has_change
    from mart.alert as a
    left join mart.change as c on a.change_id = c.change_id
),

mismatch as (
    select *
    from counted
    where alert_count > 1 or (metric <> 'dropoff' and not has_change)
)

select * from mismatch
