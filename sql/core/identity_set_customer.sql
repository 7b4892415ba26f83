-- One row per list of identities with a usable strong or reference one: the customer of its events.
-- grain: identity_set_id
-- rebuild: full
-- Usable identities of one list are linked, hence of one component: the minimum chooses among equals.
with known_set as (
    select
        m.identity_set_id,
        min(c.customer_number) as customer_number
    from core.identity_set_member as m
    inner join core.identity_component as c on m.identity_number = c.identity_number
    group by m.identity_set_id
),

named_set as (
    select
        k.identity_set_id,
        k.customer_number,
        i.own_customer_id as customer_id
    from known_set as k
    inner join core.identity as i on k.customer_number = i.identity_number
)

select * from named_set
