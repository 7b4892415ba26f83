-- One row per identity that joins nobody because it is shared by more customers than its cap.
-- grain: (identity_type, identity_value)
-- rebuild: full
-- `linked_count` counts what it was seen with: strong identities of type `linked_type`, or the customers that logged in
-- on a device (`linked_type` null).
with quarantined as (
    select
        identity_number,
        linked_count,
        linked_type,
        'shared_identity' as reason
    from core.shared_identity
    union all
    select
        identity_number,
        linked_count,
        cast(null as varchar) as linked_type,
        'shared_device' as reason
    from core.shared_device
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
    from quarantined as q
    inner join core.identity as i on q.identity_number = i.identity_number
)

select * from described
