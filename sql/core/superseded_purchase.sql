-- One row per purchase event that logs an order which another event already stands for.
-- grain: (source, source_event_id)
-- rebuild: full
-- One order is one purchase. It is the store's `order_placed` where there is one, else the event of the source with the
-- highest rank number; then the earliest, then the smaller event id. Events without an order id never supersede.
with purchase_activity as (
    select distinct activity
    from config.activity
    where kind = 'purchase'
),

logged_order as (
    select
        e.source,
        e.source_event_id,
        row_number() over (
            partition by e.order_id
            order by
                case e.activity when 'order_placed' then 1 else 2 end asc,
                coalesce(cast(r.rank as integer), 50) desc, e.occurred_at asc, e.source_event_id asc, e.source asc
        ) as position
    from core.event as e
    inner join purchase_activity as a on e.activity = a.activity
    inner join core.identity_set as s on e.identities = s.identities
    left join core.identity_set_customer as known on s.identity_set_id = known.identity_set_id
    left join core.anonymous_sighting as anonymous
        on s.identity_set_id = anonymous.identity_set_id and e.occurred_at = anonymous.occurred_at
    left join config.source_rank as r on e.source = r.source
    where
        e.order_id is not null
        and not coalesce(e.is_bot, false)
        and coalesce(known.customer_id, anonymous.customer_id) is not null
),

superseded as (
    select
        source,
        source_event_id
    from logged_order
    where position > 1
)

select * from superseded
