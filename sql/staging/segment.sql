-- One row per Segment message: a touchpoint (page, track, screen) or evidence of identity (identify, alias, group).
-- grain: load_id, row_number
-- rebuild: full
-- reads: jsonl
-- requires: type, timestamp
-- A track event is its name in snake_case, unless config/event_activity.csv knows it as another activity.
-- Only the completion of an order carries its id as an identity: the buyer's browser sends it, once. A page that
-- shows an order may be opened by whoever got its link.
-- Texts and scores are taken of the activities of config/text_activity.csv; a score that is no number, and a text that
-- is an object, is none: a wrong rating must not lose the touchpoint.
-- Segment has corrected `timestamp` for the device's clock already: it is taken as it is.
with message as (
    select
        load_id,
        row_number,
        source,
        json_type(payload, ['$.properties', '$.context', '$.traits', '$.context.page', '$.context.campaign'])
            as container_types,
        from_json(
            payload,
            '{
                "messageId": "VARCHAR", "type": "VARCHAR", "event": "VARCHAR", "timestamp": "VARCHAR",
                "receivedAt": "VARCHAR", "anonymousId": "VARCHAR", "userId": "VARCHAR", "previousId": "VARCHAR",
                "traits": {"email": "VARCHAR", "phone": "VARCHAR"},
                "context": {
                    "page": {"url": "VARCHAR", "path": "VARCHAR", "referrer": "VARCHAR"},
                    "campaign": {"source": "VARCHAR", "medium": "VARCHAR", "name": "VARCHAR"},
                    "traits": {"email": "VARCHAR", "phone": "VARCHAR"},
                    "device": {"type": "VARCHAR"},
                    "location": {"country": "VARCHAR"},
                    "userAgent": "VARCHAR"
                },
                "properties": {
                    "url": "VARCHAR", "path": "VARCHAR", "referrer": "VARCHAR", "category": "VARCHAR",
                    "products": [{"category": "VARCHAR"}], "order_id": "VARCHAR", "orderId": "VARCHAR",
                    "revenue": "VARCHAR", "total": "VARCHAR", "value": "VARCHAR", "currency": "VARCHAR",
                    "review_body": "VARCHAR", "review": "VARCHAR", "text": "VARCHAR", "comment": "VARCHAR",
                    "rating": "VARCHAR", "score": "VARCHAR"
                }
            }'
        ) as body
    from raw.segment
),

named as (
    select
        load_id,
        row_number,
        source,
        body,
        lower(clean_text(body.type)) as message_type,
        case lower(clean_text(body.type))
            when 'page' then 'page_viewed'
            when 'screen' then 'screen_viewed'
            when 'track' then snake_case(body.event)
        end as event,
        len(list_filter(container_types, lambda t: t not in ('OBJECT', 'NULL'))) > 0 as has_wrong_container,
        holds_object(
            [
                body.messageid, body.type, body.event, body.timestamp, body.anonymousid, body.userid, body.previousid,
                body.traits.email, body.traits.phone, body.context.traits.email, body.context.traits.phone,
                body.properties.order_id, body.properties.orderid
            ]
        ) as has_wrong_text
    from message
),

known_event as (
    select
        event,
        min(activity) as activity
    from config.event_activity
    where format = 'segment'
    group by event
),

text_activity as (
    select distinct activity
    from config.text_activity
),

translated as (
    select
        named.*,
        coalesce(known_event.activity, named.event) as activity,
        text_activity.activity is not null as has_text
    from named
    left join known_event on named.event = known_event.event
    left join text_activity on coalesce(known_event.activity, named.event) = text_activity.activity
),

written as (
    select
        *,
        case
            when has_text
                then coalesce(
                    clean_text(body.properties.review_body), clean_text(body.properties.review),
                    clean_text(body.properties.text), clean_text(body.properties.comment)
                )
        end as written_text,
        case when has_text then coalesce(clean_text(body.properties.rating), clean_text(body.properties.score)) end
            as written_score
    from translated
),

staged as (
    select
        load_id,
        row_number,
        source,
        body.messageid as source_event_id,
        activity,
        body.timestamp as occurred_at,
        body.receivedat as received_at,
        [
            seen_identity('user_id', body.userid),
            seen_identity('anonymous_id', body.anonymousid),
            seen_identity('anonymous_id', body.previousid),
            seen_identity('email', coalesce(body.traits.email, body.context.traits.email)),
            seen_identity('phone', coalesce(body.traits.phone, body.context.traits.phone)),
            seen_identity(
                'order_id',
                case
                    when activity = 'order_completed' then coalesce(body.properties.order_id, body.properties.orderid)
                end
            )
        ] as identities,
        body.context.campaign.source as utm_source,
        body.context.campaign.medium as utm_medium,
        body.context.campaign.name as utm_campaign,
        coalesce(body.properties.referrer, body.context.page.referrer) as referrer_url,
        coalesce(body.properties.url, body.context.page.url, body.properties.path, body.context.page.path) as page_url,
        body.context.useragent as user_agent,
        body.context.device.type as device,
        body.context.location.country,
        coalesce(body.properties.category, body.properties.products[1].category) as topic,
        coalesce(body.properties.order_id, body.properties.orderid) as order_id,
        case
            when activity = 'order_completed'
                then coalesce(body.properties.revenue, body.properties.total, body.properties.value)
        end as amount,
        case when activity = 'order_completed' then body.properties.currency end as currency,
        case when decimal_number(written_score) is not null then written_score end as score,
        case when not (holds_object([written_text]) and json_valid(written_text)) then written_text end as text,
        case
            when
                message_type is null
                or message_type not in ('page', 'track', 'identify', 'screen', 'alias', 'group')
                or has_wrong_container or has_wrong_text
                or (message_type = 'track' and activity is null)
                then 'not_of_format'
        end as reject_code,
        case
            when message_type is null or message_type not in ('page', 'track', 'identify', 'screen', 'alias', 'group')
                then 'type is ' || shown(body.type) || ', not page, track, identify, screen, alias or group'
            when has_wrong_container
                then 'properties, traits, context, context.page and context.campaign must be objects'
            when has_wrong_text
                then 'an id, the type, the event, the timestamp, an e-mail or a phone is an object or a list, not text'
            when message_type = 'track' and activity is null
                then 'a track message needs an event name, and has ' || shown(body.event)
        end as reject_reason
    from written
)

select * from staged
