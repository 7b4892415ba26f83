-- One row per list of identities that events carry together; an event finds its customer through its list.
-- grain: identities
-- rebuild: full
-- Bots are no evidence, so a list that only bots carry has no row. Many events share a list: what follows works on
-- lists, not on events. Two orders of the same identities are two lists with the same customer.
with carried_list as (
    select
        identities,
        min(occurred_at) as first_seen_at,
        max(occurred_at) as last_seen_at,
        count(*) as event_count
    from core.event
    where not coalesce(is_bot, false) and len(identities) > 0
    group by identities
),

numbered_list as (
    select
        row_number() over (order by identities asc) as identity_set_id,
        identities,
        first_seen_at,
        last_seen_at,
        event_count
    from carried_list
)

select * from numbered_list
