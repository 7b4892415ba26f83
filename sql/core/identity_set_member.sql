-- One row per identity of a list of identities.
-- grain: (identity_set_id, identity_number)
-- rebuild: full
with listed_identity as (
    select
        identity_set_id,
        unnest(list_distinct(identities), recursive := true)  -- noqa: AL03
    from core.identity_set
),

member as (
    select
        l.identity_set_id,
        i.identity_number,
        i.identity_type,
        i.strength
    from listed_identity as l
    inner join core.identity as i
        on l.identity_type = i.identity_type and l.identity_value = i.identity_value
)

select * from member
