-- One row per pair of identities that events carry together, whatever a person has undone.
-- grain: (linked_number, identity_number)
-- rebuild: full
-- A star per list: each of its identities is linked to the list's smallest, which connects as well as all pairs and
-- stays linear. Weak identities and shared ones are no links. `linked_number` is the smaller of the two.
with usable_member as (
    select
        m.identity_set_id,
        m.identity_number
    from core.identity_set_member as m
    where
        m.strength in ('strong', 'reference')
        and not exists (select 1 from core.shared_identity as q where q.identity_number = m.identity_number)
),

star_centre as (
    select
        identity_set_id,
        min(identity_number) as linked_number
    from usable_member
    group by identity_set_id
),

star_edge as (
    select distinct
        c.linked_number,
        m.identity_number
    from usable_member as m
    inner join star_centre as c on m.identity_set_id = c.identity_set_id
    where m.identity_number <> c.linked_number
)

select * from star_edge
