-- One row per order, refund and cancellation of a Shopify order; test orders give none.
-- grain: load_id, row_number, source_event_id
-- rebuild: full
-- reads: jsonl
-- requires: id, created_at
-- The amount of a refund is positive: the money that went back. An order happens when it is processed.
with message as (
    select
        load_id,
        row_number,
        source,
        json_type(payload, ['$.customer', '$.client_details', '$.shipping_address', '$.billing_address'])
            as object_types,
        json_type(payload, ['$.refunds', '$.line_items']) as list_types,
        from_json(
            payload,
            '{
                "id": "VARCHAR", "email": "VARCHAR", "phone": "VARCHAR", "test": "VARCHAR",
                "customer": {"id": "VARCHAR", "email": "VARCHAR", "phone": "VARCHAR"},
                "created_at": "VARCHAR", "processed_at": "VARCHAR", "updated_at": "VARCHAR", "cancelled_at": "VARCHAR",
                "source_name": "VARCHAR", "total_price": "VARCHAR", "currency": "VARCHAR",
                "line_items": [{"product_type": "VARCHAR", "title": "VARCHAR"}],
                "refunds": [{
                    "id": "VARCHAR", "created_at": "VARCHAR",
                    "transactions": [{"kind": "VARCHAR", "status": "VARCHAR", "amount": "VARCHAR"}],
                    "refund_line_items": [{"subtotal": "VARCHAR"}]
                }],
                "shipping_address": {"country_code": "VARCHAR"},
                "billing_address": {"country_code": "VARCHAR"},
                "client_details": {"user_agent": "VARCHAR"}
            }'
        ) as body
    from raw.shopify
),

checked as (
    select
        load_id,
        row_number,
        source,
        body,
        len(list_filter(object_types, lambda t: t not in ('OBJECT', 'NULL'))) > 0
        or len(list_filter(list_types, lambda t: t not in ('ARRAY', 'NULL'))) > 0
        or holds_object(
            [
                body.id, body.email, body.phone, body.customer.id, body.customer.email, body.customer.phone,
                body.created_at, body.processed_at, body.cancelled_at, body.source_name, body.test
            ]
        ) as has_wrong_shape
    from message
    where coalesce(lower(body.test) not in ('true', '1'), true)
),

store_order as (
    select
        load_id,
        row_number,
        source,
        body,
        clean_text(body.id) as order_id,
        body.updated_at as received_at,
        [
            seen_identity('email', body.email),
            seen_identity('email', body.customer.email),
            seen_identity('phone', body.phone),
            seen_identity('phone', body.customer.phone),
            seen_identity('shopify_customer_id', body.customer.id),
            seen_identity('order_id', body.id)
        ] as identities,
        case when lower(body.source_name) = 'pos' then 'in_store' end as channel,
        coalesce(clean_text(body.line_items[1].product_type), clean_text(body.line_items[1].title)) as topic,
        coalesce(body.shipping_address.country_code, body.billing_address.country_code) as country,
        case
            when has_wrong_shape then 'not_of_format'
            when clean_text(body.id) is null then 'missing_required'
        end as reject_code,
        case
            when has_wrong_shape
                then 'customer must be an object, refunds and line_items lists, and ids, times, e-mail and phone plain'
            when clean_text(body.id) is null then 'the order has no id'
        end as reject_reason
    from checked
),

placed as (
    select
        load_id,
        row_number,
        source,
        order_id as source_event_id,
        'order_placed' as activity,
        coalesce(clean_text(body.processed_at), body.created_at) as occurred_at,
        received_at,
        identities,
        channel,
        body.client_details.user_agent,
        country,
        topic,
        order_id,
        body.total_price as amount,
        body.currency,
        reject_code,
        reject_reason
    from store_order
),

cancelled as (
    select
        load_id,
        row_number,
        source,
        'cancel-' || order_id as source_event_id,
        'order_cancelled' as activity,
        body.cancelled_at as occurred_at,
        received_at,
        identities,
        channel,
        country,
        topic,
        order_id
    from store_order
    where clean_text(body.cancelled_at) is not null and reject_code is null
),

refund as (
    select
        load_id,
        row_number,
        source,
        received_at,
        identities,
        channel,
        country,
        topic,
        order_id,
        body.currency,
        unnest(body.refunds) as back
    from store_order
    where reject_code is null
),

refund_part as (
    select
        *,
        list_filter(
            back.transactions,
            lambda t: coalesce(t.kind, 'refund') = 'refund' and coalesce(t.status, 'success') in ('success', 'pending')
        ) as transactions,
        case
            when len(back.transactions) > 0 then list_transform(transactions, lambda t: t.amount)
            else list_transform(back.refund_line_items, lambda i: i.subtotal)
        end as amounts,
        list_transform(amounts, lambda a: decimal_number(a)) as numbers
    from refund
),

refunded as (
    select
        load_id,
        row_number,
        source,
        'refund-' || clean_text(back.id) as source_event_id,
        'order_refunded' as activity,
        back.created_at as occurred_at,
        received_at,
        identities,
        channel,
        country,
        topic,
        order_id,
        case
            when len(list_filter(numbers, lambda n: n is null)) > 0
                then list_filter(amounts, lambda a: decimal_number(a) is null)[1]
            else list_sum(numbers)::varchar
        end as amount,
        currency
    from refund_part
),

staged as (
    select * from placed
    union all by name
    select * from cancelled
    union all by name
    select * from refunded
)

select * from staged
