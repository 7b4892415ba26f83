-- One row per touchpoint event that belongs to no customer, with the reason.
-- grain: (source, source_event_id)
-- rebuild: full
-- `bot`: a known bot by its user agent. `quarantined_identity`: every identity it carries is quarantined.
-- `no_identity`: it carries none, which admission refuses; it is named here so that nothing can get lost.
with set_aside as (
    select
        e.source,
        e.source_event_id,
        e.activity,
        e.occurred_at,
        case
            when coalesce(e.is_bot, false) then 'bot'
            when coalesce(len(e.identities), 0) = 0 then 'no_identity'
            else 'quarantined_identity'
        end as reason
    from core.event as e
    where
        e.activity is not null
        and not exists (
            select 1
            from core.customer_event as c
            where c.source = e.source and c.source_event_id = e.source_event_id
        )
)

select * from set_aside
