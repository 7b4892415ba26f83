-- One row per identity of the evidence that is neither resolved nor quarantined, or both.
-- grain: (identity_type, identity_value)
with resolved as (
    select distinct
        identity_type,
        identity_value
    from core.customer_identity
),

lost_or_both as (
    select
        i.identity_type,
        i.identity_value
    from core.identity as i
    left join resolved as r on i.identity_type = r.identity_type and i.identity_value = r.identity_value
    left join core.quarantined_identity as q
        on i.identity_type = q.identity_type and i.identity_value = q.identity_value
    where (r.identity_type is null) = (q.identity_type is null)
)

select * from lost_or_both
