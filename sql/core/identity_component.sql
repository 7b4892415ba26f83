-- One row per usable strong or reference identity with the customer it belongs to.
-- grain: identity_number
-- rebuild: full
-- noqa: disable=ST03
-- core.guarded_component, with the components that somebody undid a part of split anew along core.identity_link.
-- `customer_number` is the smallest identity of the customer: the representative. Undone identities have no row.
with touched_component as (
    select c.component_number
    from core.undone_identity as u
    inner join core.guarded_component as c on u.identity_number = c.identity_number
    union
    select c.component_number
    from core.undone_link as u
    inner join core.guarded_component as c on u.identity_number = c.identity_number
),

whole as (
    select
        c.identity_number,
        c.component_number as customer_number
    from core.guarded_component as c
    where not exists (select 1 from touched_component as t where t.component_number = c.component_number)
),

loose_identity as materialized (
    select c.identity_number
    from core.guarded_component as c
    inner join touched_component as t on c.component_number = t.component_number
    where not exists (select 1 from core.undone_identity as u where u.identity_number = c.identity_number)
),

loose_pair as materialized (
    select
        k.linked_number,
        k.identity_number
    from core.identity_link as k
    inner join loose_identity as l on k.identity_number = l.identity_number
),

component as (
    select
        identity_number,
        customer_number
    from whole
    union all
    select
        identity_number,
        component_number as customer_number
    from connected_component(loose_identity, loose_pair)
)

select * from component
