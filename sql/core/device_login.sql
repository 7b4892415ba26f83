-- One row per moment at which a weak identity was seen together with a customer: a login observation of that device.
-- grain: (identity_number, login_at, customer_id)
-- rebuild: full
with login_set as (
    select
        s.identity_set_id,
        s.identities,
        m.identity_number,
        c.customer_number,
        c.customer_id
    from core.identity_set as s
    inner join core.identity_set_customer as c on s.identity_set_id = c.identity_set_id
    inner join core.identity_set_member as m on s.identity_set_id = m.identity_set_id
    where m.strength = 'weak'
),

observed_login as (
    select
        l.identity_number,
        e.occurred_at as login_at,
        l.customer_id,
        l.customer_number,
        count(*) as event_count
    from core.event as e
    inner join login_set as l on e.identities = l.identities
    where not coalesce(e.is_bot, false)
    group by l.identity_number, e.occurred_at, l.customer_id, l.customer_number
)

select * from observed_login
