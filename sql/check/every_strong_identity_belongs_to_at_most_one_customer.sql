-- One row per strong or reference identity with several customers: only time can divide an identity, and only a device.
-- grain: (identity_type, identity_value)
with divided as (
    select
        i.identity_type,
        i.identity_value,
        count(*) as customer_count
    from core.customer_identity as i
    inner join config.identity_type as t on i.identity_type = t.identity_type
    where t.strength in ('strong', 'reference')
    group by i.identity_type, i.identity_value
    having count(*) > 1
)

select * from divided
