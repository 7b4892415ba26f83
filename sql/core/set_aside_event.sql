-- One row per touchpoint event that belongs to no customer, with the reason.
-- grain: (source, source_event_id)
-- rebuild: full
-- `bot`: a known bot by its user agent. `undone_identity`: the identity that would name its customer was taken out by a
-- person. `quarantined_identity`: every identity it carries is quarantined. `no_identity`: it carries none, which
-- admission refuses; it is named here so that nothing can get lost.
with homeless_event as (
    select
        e.source,
        e.source_event_id,
        e.activity,
        e.occurred_at,
        e.is_bot,
        e.identities
    from core.event as e
    where
        e.activity is not null
        and not exists (
            select 1
            from core.customer_event as c
            where c.source = e.source and c.source_event_id = e.source_event_id
        )
),

set_aside as (
    select
        e.source,
        e.source_event_id,
        e.activity,
        e.occurred_at,
        case
            when coalesce(e.is_bot, false) then 'bot'
            when coalesce(len(e.identities), 0) = 0 then 'no_identity'
            when known.identity_set_id is not null or anonymous.identity_set_id is not null then 'undone_identity'
            else 'quarantined_identity'
        end as reason
    from homeless_event as e
    left join core.identity_set as s on e.identities = s.identities
    left join core.evidence_set_customer as known on s.identity_set_id = known.identity_set_id
    left join core.sighting_choice as anonymous
        on s.identity_set_id = anonymous.identity_set_id and e.occurred_at = anonymous.occurred_at
)

select * from set_aside
