-- One row per identity that a person took out: it joins nobody.
-- grain: identity_number
-- rebuild: full
-- Rows of config/identity_undone.csv without an other identity. Caps, kiosks and the logins that devices are assigned
-- by are counted as if it had not been taken out, and what it would have won is set aside: so nothing changes for the
-- customers that never held it. A value that is nobody's, and never was, belongs into placeholder_identity.csv instead.
with undone as (
    select
        i.identity_number,
        min(u.reason) as reason
    from config.identity_undone as u
    inner join core.identity as i
        on
            u.identity_type = i.identity_type
            and undone_value(u.identity_type, u.identity_value) = i.identity_value
    where u.other_type is null and u.other_value is null
    group by i.identity_number
)

select * from undone
