-- One row per identity that joins nobody, with the reason.
-- grain: (identity_type, identity_value)
-- rebuild: full
-- `shared_identity`: seen with more strong identities of type `linked_type` than its cap. `shared_device`: more
-- customers than its cap logged in on it. `oversized_component`: it connects a chain larger than `component_cap`; it
-- was seen with `linked_count` identities of type `linked_type` (null: of any). `undone`: a person took it out, or it
-- is a device that only such an identity used; `linked_count` is null. The first reason in this order is given.
with used_device as (
    select
        identity_number,
        customer_id
    from core.device_login
    union all
    select
        m.identity_number,
        s.customer_id
    from core.sighting_choice as s
    inner join core.identity_set_member as m on s.identity_set_id = m.identity_set_id
),

deserted_device as (
    select u.identity_number
    from used_device as u
    where exists (select 1 from core.undone_identity)
    group by u.identity_number
    having count(u.customer_id) = 0
),

quarantined as (
    select
        1 as priority,
        identity_number,
        linked_count,
        linked_type,
        'shared_identity' as reason
    from core.shared_identity
    union all
    select
        2 as priority,
        identity_number,
        linked_count,
        cast(null as varchar) as linked_type,
        'shared_device' as reason
    from core.shared_device
    union all
    select
        3 as priority,
        identity_number,
        linked_count,
        linked_type,
        'oversized_component' as reason
    from core.oversized_identity
    union all
    select
        4 as priority,
        identity_number,
        cast(null as bigint) as linked_count,
        cast(null as varchar) as linked_type,
        'undone' as reason
    from core.undone_identity
    union all
    select
        5 as priority,
        identity_number,
        cast(null as bigint) as linked_count,
        cast(null as varchar) as linked_type,
        'undone' as reason
    from deserted_device
),

first_reason as (
    select *
    from quarantined
    qualify row_number() over (partition by identity_number order by priority) = 1
),

described as (
    select
        i.identity_type,
        i.identity_value,
        q.linked_count,
        q.linked_type,
        q.reason,
        i.first_seen_at,
        i.last_seen_at,
        i.event_count
    from first_reason as q
    inner join core.identity as i on q.identity_number = i.identity_number
)

select * from described
