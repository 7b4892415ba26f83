-- One row per pair of identities that were seen together and therefore belong to one customer.
-- grain: (linked_number, identity_number)
-- rebuild: full
-- A star per list: each of its identities is linked to the list's smallest, which connects as well as all pairs and
-- stays linear. A list with both ends of an undone link has all its pairs instead, without that one. Weak, quarantined
-- and undone identities are no links. `linked_number` is the smaller of the two.
with usable_member as (
    select
        m.identity_set_id,
        m.identity_number,
        m.strength
    from core.identity_set_member as m
    inner join core.guarded_component as c on m.identity_number = c.identity_number
    where not exists (select 1 from core.undone_identity as u where u.identity_number = m.identity_number)
),

severed_list as (
    select distinct m.identity_set_id
    from core.undone_link as u
    inner join usable_member as m on u.linked_number = m.identity_number
    inner join usable_member as other
        on m.identity_set_id = other.identity_set_id and u.identity_number = other.identity_number
),

star_centre as (
    select
        m.identity_set_id,
        min(m.identity_number) as linked_number
    from usable_member as m
    where not exists (select 1 from severed_list as s where s.identity_set_id = m.identity_set_id)
    group by m.identity_set_id
),

linked_list as (
    select
        c.identity_set_id,
        c.linked_number
    from star_centre as c
    union all
    select
        m.identity_set_id,
        m.identity_number as linked_number
    from usable_member as m
    inner join severed_list as s on m.identity_set_id = s.identity_set_id
),

edge as (
    select
        l.linked_number,
        m.identity_number,
        min(case m.strength when 'reference' then 'reference_link' else 'strong_link' end) as rule,
        min(s.first_seen_at) as first_seen_at,
        max(s.last_seen_at) as last_seen_at,
        cast(sum(s.event_count) as bigint) as event_count
    from usable_member as m
    inner join linked_list as l on m.identity_set_id = l.identity_set_id
    inner join core.identity_set as s on m.identity_set_id = s.identity_set_id
    where m.identity_number > l.linked_number
    group by l.linked_number, m.identity_number
),

used_edge as (
    select e.*
    from edge as e
    where
        not exists (
            select 1
            from core.undone_link as u
            where u.linked_number = e.linked_number and u.identity_number = e.identity_number
        )
)

select * from used_edge
