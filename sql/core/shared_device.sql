-- One row per weak identity on which too many customers logged in: a kiosk.
-- grain: identity_number
-- rebuild: full
-- The cap is `max_customers` of the identity's type, else the setting `identity_cap`. Customers count as the evidence
-- has them: undoing one of them neither makes a kiosk nor unmakes one.
with login_customer_count as (
    select
        identity_number,
        count(distinct evidence_number) as linked_count
    from core.device_login
    group by identity_number
),

kiosk as (
    select
        l.identity_number,
        l.linked_count
    from login_customer_count as l
    inner join core.identity as i on l.identity_number = i.identity_number
    inner join config.identity_type as t on i.identity_type = t.identity_type
    inner join config.setting as s on s.setting = 'identity_cap'
    where l.linked_count > cast(coalesce(t.max_customers, s.value) as bigint)
)

select * from kiosk
