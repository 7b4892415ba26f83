-- One row per identity that is quarantined because the component it connects is larger than any person.
-- grain: identity_number
-- rebuild: full
-- Chains in which each identity is under its own cap can still join hundreds. A component with more than
-- `component_cap` strong identities is broken: every identity in it that was seen with two or more others of one
-- strong type goes (`linked_type`). Where more than the cap still hang together, because each was seen with one of each
-- type, every identity seen with two or more of them goes too (`linked_type` null; for a reference, references count as
-- well). What remains joins at most two strong identities there, so from a cap of 2 on no customer has more strong ones
-- than the cap, without exception. Which identities go depends on who was seen with whom, never on the order.
with oversized_component as (
    select c.component_number
    from core.evidence_component as c
    inner join core.identity as i on c.identity_number = i.identity_number
    inner join config.setting as s on s.setting = 'component_cap'
    where i.strength = 'strong'
    group by c.component_number, s.value
    having count(*) > cast(s.value as bigint)
),

chain_member as materialized (
    select
        m.identity_set_id,
        m.identity_number,
        m.identity_type,
        m.strength
    from core.identity_set_member as m
    inner join core.evidence_component as c on m.identity_number = c.identity_number
    inner join oversized_component as o on c.component_number = o.component_number
),

companion_count as (
    select
        m.identity_number,
        other.identity_type as linked_type,
        count(distinct other.identity_number) as linked_count
    from chain_member as m
    inner join chain_member as other
        on m.identity_set_id = other.identity_set_id and m.identity_number <> other.identity_number
    where other.strength = 'strong'
    group by m.identity_number, other.identity_type
),

junction as materialized (
    select
        identity_number,
        linked_type,
        linked_count
    from companion_count
    where linked_count >= 2
    qualify row_number() over (partition by identity_number order by linked_count desc, linked_type asc) = 1
),

remaining_member as materialized (
    select m.*
    from chain_member as m
    where not exists (select 1 from junction as j where j.identity_number = m.identity_number)
),

remaining_identity as materialized (
    select distinct
        identity_number,
        strength
    from remaining_member
),

remaining_pair as materialized (
    select distinct
        m.identity_number as linked_number,
        other.identity_number,
        other.strength
    from remaining_member as m
    inner join remaining_member as other
        on m.identity_set_id = other.identity_set_id and m.identity_number <> other.identity_number
),

remaining_component as materialized (
    select
        identity_number,
        component_number
    from connected_component(remaining_identity, remaining_pair)
),

still_oversized_component as (
    select c.component_number
    from remaining_component as c
    inner join remaining_identity as i on c.identity_number = i.identity_number
    inner join config.setting as s on s.setting = 'component_cap'
    where i.strength = 'strong'
    group by c.component_number, s.value
    having count(*) > cast(s.value as bigint)
),

chain_link as (
    select
        i.identity_number,
        cast(null as varchar) as linked_type,
        count(*) as linked_count
    from remaining_component as c
    inner join still_oversized_component as o on c.component_number = o.component_number
    inner join remaining_identity as i on c.identity_number = i.identity_number
    inner join remaining_pair as p on i.identity_number = p.linked_number
    where p.strength = 'strong' or i.strength = 'reference'
    group by i.identity_number
    having count(*) >= 2
),

oversized as (
    select * from junction
    union all
    select * from chain_link
)

select * from oversized
