-- One row per list of identities with a usable strong or reference one: whom its events name, before and after undo.
-- grain: identity_set_id
-- rebuild: full
-- By the evidence the usable identities of one list are of one component: `evidence_number` names it, undo left aside.
-- `customer_number` and `customer_id` are what undo left of it: with a link of the list undone the smaller customer
-- number, null when all its identities are undone.
with known_set as (
    select
        m.identity_set_id,
        min(g.component_number) as evidence_number,
        min(c.customer_number) as customer_number
    from core.identity_set_member as m
    inner join core.guarded_component as g on m.identity_number = g.identity_number
    left join core.identity_component as c on m.identity_number = c.identity_number
    group by m.identity_set_id
),

named_set as (
    select
        k.identity_set_id,
        k.evidence_number,
        k.customer_number,
        i.own_customer_id as customer_id
    from known_set as k
    left join core.identity as i on k.customer_number = i.identity_number
)

select * from named_set
