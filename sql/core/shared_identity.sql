-- One row per strong or reference identity that too many strong identities of one type were seen with.
-- grain: identity_number
-- rebuild: full
-- A phone on six customer numbers is a switchboard, not a person: it is no link. The cap is `max_customers` of the
-- identity's type, else the setting `identity_cap`; a reference is nobody, so it never counts towards another's cap.
with person_or_reference as (
    select
        identity_set_id,
        identity_number,
        identity_type,
        strength
    from core.identity_set_member
    where strength in ('strong', 'reference')
),

companion_count as (
    select
        m.identity_number,
        m.identity_type,
        other.identity_type as linked_type,
        count(distinct other.identity_number) as linked_count
    from person_or_reference as m
    inner join person_or_reference as other
        on m.identity_set_id = other.identity_set_id and m.identity_number <> other.identity_number
    where other.strength = 'strong'
    group by m.identity_number, m.identity_type, other.identity_type
),

over_cap as (
    select
        c.identity_number,
        c.linked_type,
        c.linked_count
    from companion_count as c
    inner join config.identity_type as t on c.identity_type = t.identity_type
    inner join config.setting as s on s.setting = 'identity_cap'
    where c.linked_count > cast(coalesce(t.max_customers, s.value) as bigint)
),

most_shared as (
    select
        identity_number,
        linked_type,
        linked_count
    from over_cap
    qualify row_number() over (partition by identity_number order by linked_count desc, linked_type asc) = 1
)

select * from most_shared
