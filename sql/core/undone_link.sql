-- One row per link that a person took out: the two identities are still somebody, but no longer because of each other.
-- grain: (linked_number, identity_number)
-- rebuild: full
-- Rows of config/identity_undone.csv with an other identity. `linked_number` is the smaller of the two, so a weak
-- identity is always the other: then its logins beside that identity alone no longer assign it. Two weak identities
-- have no link.
with undone as (
    select
        least(one.identity_number, other.identity_number) as linked_number,
        greatest(one.identity_number, other.identity_number) as identity_number,
        min(u.reason) as reason
    from config.identity_undone as u
    inner join core.identity as one
        on
            u.identity_type = one.identity_type
            and undone_value(u.identity_type, u.identity_value) = one.identity_value
    inner join core.identity as other
        on
            u.other_type = other.identity_type
            and undone_value(u.other_type, u.other_value) = other.identity_value
    where
        one.identity_number <> other.identity_number
        and (one.strength <> 'weak' or other.strength <> 'weak')
    group by least(one.identity_number, other.identity_number), greatest(one.identity_number, other.identity_number)
)

select * from undone
