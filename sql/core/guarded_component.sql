-- One row per usable strong or reference identity with the component it belongs to by the evidence, undo left aside.
-- grain: identity_number
-- rebuild: full
-- noqa: disable=ST03
-- core.evidence_component with its oversized components broken. A component without an identity whose type
-- `names_customer` (orders alone) is nobody and has no row: its events are assigned by their device.
with broken_component as (
    select distinct c.component_number
    from core.oversized_identity as o
    inner join core.evidence_component as c on o.identity_number = c.identity_number
),

whole as (
    select c.*
    from core.evidence_component as c
    where not exists (select 1 from broken_component as b where b.component_number = c.component_number)
),

loose_identity as materialized (
    select c.identity_number
    from core.evidence_component as c
    inner join broken_component as b on c.component_number = b.component_number
    where not exists (select 1 from core.oversized_identity as o where o.identity_number = c.identity_number)
),

loose_member as materialized (
    select
        m.identity_set_id,
        m.identity_number
    from core.identity_set_member as m
    inner join loose_identity as l on m.identity_number = l.identity_number
),

loose_pair as materialized (
    select distinct
        m.identity_number as linked_number,
        other.identity_number
    from loose_member as m
    inner join loose_member as other
        on m.identity_set_id = other.identity_set_id and m.identity_number < other.identity_number
),

component as (
    select
        identity_number,
        component_number
    from whole
    union all
    select
        identity_number,
        component_number
    from connected_component(loose_identity, loose_pair)
),

named_component as (
    select c.component_number
    from component as c
    inner join core.identity as i on c.identity_number = i.identity_number
    where i.names_customer
    group by c.component_number
),

guarded as (
    select c.*
    from component as c
    inner join named_component as n on c.component_number = n.component_number
)

select * from guarded
