-- One row per touchpoint event with the customer it was resolved to.
-- grain: touchpoint_id, and (source, source_event_id)
-- rebuild: full
-- An order that several sources log is one purchase: the events that core.superseded_purchase lists keep neither
-- `is_purchase` nor their amount. `is_passive`: nothing the customer did. Sources without a rank have 50. `bucket` is
-- stable: the customer id is a hash, so its digits are spread evenly.
with activity_kind as (
    select
        activity,
        min(kind) as kind
    from config.activity
    group by activity
),

touchpoint_event as (
    select
        e.*,
        coalesce(known.customer_id, anonymous.customer_id) as customer_id
    from core.event as e
    inner join core.identity_set as s on e.identities = s.identities
    left join core.identity_set_customer as known on s.identity_set_id = known.identity_set_id
    left join core.anonymous_sighting as anonymous
        on s.identity_set_id = anonymous.identity_set_id and e.occurred_at = anonymous.occurred_at
    where e.activity is not null and not coalesce(e.is_bot, false)
),

customer_event as (
    select
        e.source,
        e.source_event_id,
        e.activity,
        e.occurred_at,
        e.received_at,
        e.channel,
        e.campaign,
        e.page_path,
        e.topic,
        e.category,
        e.subject,
        e.order_id,
        e.device,
        e.country,
        case when superseded.source is null then e.amount end as amount,
        case when superseded.source is null then e.currency end as currency,
        e.score,
        coalesce(e.is_machine, false) as is_machine,
        coalesce(e.is_bot, false) as is_bot,
        md5(e.source || chr(31) || e.source_event_id) as touchpoint_id,
        e.customer_id,
        coalesce(cast(r.rank as integer), 50) as source_rank,
        coalesce(k.kind = 'purchase', false) and superseded.source is null as is_purchase,
        coalesce(k.kind = 'passive', false) or coalesce(e.is_machine, false) as is_passive,
        coalesce(k.kind = 'end', false) as is_end,
        customer_bucket(e.customer_id, b.value) as bucket
    from touchpoint_event as e
    inner join config.setting as b on b.setting = 'bucket_count'
    left join activity_kind as k on e.activity = k.activity
    left join config.source_rank as r on e.source = r.source
    left join core.superseded_purchase as superseded
        on e.source = superseded.source and e.source_event_id = superseded.source_event_id
    where e.customer_id is not null
)

select * from customer_event
