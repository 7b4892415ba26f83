-- One row per moment at which a weak identity was seen together with a customer: a login observation of that device.
-- grain: (identity_number, login_at, evidence_customer_id, customer_id)
-- rebuild: full
-- `evidence_customer_id` is whom the evidence names, undo left aside: which login is nearest is decided by it, so that
-- undo moves nothing between others. `customer_id` is what undo left: null when the identities that logged in are
-- undone, the device's own when the device's link with each of them is.
with login_member as (
    select
        m.identity_set_id,
        m.identity_number,
        c.evidence_number,
        c.customer_number
    from core.evidence_set_customer as c
    inner join core.identity_set_member as m on c.identity_set_id = m.identity_set_id
    where m.strength = 'weak'
),

kept_member as (
    select
        m.identity_set_id,
        m.identity_number
    from core.identity_set_member as m
    inner join core.identity_component as c on m.identity_number = c.identity_number
),

undone_login as (
    select distinct
        device.identity_set_id,
        device.identity_number
    from core.undone_link as u
    inner join login_member as device on u.identity_number = device.identity_number
    inner join kept_member as other
        on device.identity_set_id = other.identity_set_id and u.linked_number = other.identity_number
),

severed_login as (
    select
        l.identity_set_id,
        l.identity_number
    from undone_login as l
    inner join kept_member as other on l.identity_set_id = other.identity_set_id
    left join core.undone_link as u
        on l.identity_number = u.identity_number and other.identity_number = u.linked_number
    group by l.identity_set_id, l.identity_number
    having count(*) = count(u.identity_number)
),

login_set as (
    select
        s.identities,
        m.identity_number,
        m.evidence_number,
        case when v.identity_set_id is null then m.customer_number else m.identity_number end as customer_number
    from login_member as m
    inner join core.identity_set as s on m.identity_set_id = s.identity_set_id
    left join severed_login as v on m.identity_set_id = v.identity_set_id and m.identity_number = v.identity_number
),

observed_login as (
    select
        l.identity_number,
        e.occurred_at as login_at,
        l.evidence_number,
        l.customer_number,
        count(*) as event_count
    from core.event as e
    inner join login_set as l on e.identities = l.identities
    where not coalesce(e.is_bot, false)
    group by l.identity_number, e.occurred_at, l.evidence_number, l.customer_number
),

renamed_customer as (
    select
        i.identity_number,
        i.own_customer_id
    from core.identity as i
    where
        exists (
            select 1
            from login_set as l
            where l.customer_number <> l.evidence_number and l.customer_number = i.identity_number
        )
),

named_login as (
    select
        o.identity_number,
        o.login_at,
        o.evidence_number,
        o.customer_number,
        i.own_customer_id as evidence_customer_id,
        case
            when o.customer_number = o.evidence_number then i.own_customer_id
            else r.own_customer_id
        end as customer_id,
        o.event_count
    from observed_login as o
    inner join core.identity as i on o.evidence_number = i.identity_number
    left join renamed_customer as r on o.customer_number = r.identity_number
)

select * from named_login
