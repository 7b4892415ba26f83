-- One row per SendGrid event that the recipient could see or did; processed, deferred and dropped e-mails give none.
-- grain: load_id, row_number
-- rebuild: full
-- requires: email, event, timestamp
-- `category` is a text or a list: its first entry is the category, its second one the campaign.
with message as (
    select
        load_id,
        row_number,
        source,
        from_json(
            payload,
            '{
                "email": "VARCHAR", "event": "VARCHAR", "timestamp": "VARCHAR", "sg_event_id": "VARCHAR",
                "sg_machine_open": "VARCHAR", "useragent": "VARCHAR", "category": "JSON",
                "marketing_campaign_name": "VARCHAR", "singlesend_name": "VARCHAR"
            }'
        ) as body
    from raw.sendgrid
),

named as (
    select
        load_id,
        row_number,
        source,
        body,
        lower(clean_text(body.event)) as event,
        case json_type(body.category)
            when 'VARCHAR' then [body.category ->> '$']
            when 'ARRAY' then from_json(body.category, '["VARCHAR"]')
        end as categories,
        coalesce(json_type(body.category) not in ('VARCHAR', 'ARRAY', 'NULL'), false)
        or holds_object([body.email, body.event, body.timestamp, body.sg_event_id]) as has_wrong_shape
    from message
),

staged as (
    select
        load_id,
        row_number,
        source,
        body.sg_event_id as source_event_id,
        case event
            when 'delivered' then 'email_delivered'
            when 'open' then 'email_opened'
            when 'click' then 'email_clicked'
            when 'bounce' then 'email_bounced'
            when 'unsubscribe' then 'email_unsubscribed'
            when 'group_unsubscribe' then 'email_unsubscribed'
            when 'spamreport' then 'email_spam_reported'
        end as activity,
        body.timestamp as occurred_at,
        [seen_identity('email', body.email)] as identities,
        'email' as channel,
        coalesce(categories[2], body.marketing_campaign_name, body.singlesend_name) as utm_campaign,
        body.useragent as user_agent,
        categories[1] as category,
        coalesce(lower(body.sg_machine_open) in ('true', '1'), false) as is_machine,
        case
            when
                has_wrong_shape
                or event is null
                or event not in (
                    'delivered', 'open', 'click', 'bounce', 'unsubscribe', 'group_unsubscribe', 'spamreport'
                )
                then 'not_of_format'
        end as reject_code,
        case
            when has_wrong_shape
                then 'email, event, timestamp and sg_event_id must be plain, category a text or a list of texts'
            when
                event is null
                or event not in (
                    'delivered', 'open', 'click', 'bounce', 'unsubscribe', 'group_unsubscribe', 'spamreport'
                )
                then 'event is ' || shown(body.event) || ', which is no event of the Event Webhook'
        end as reject_reason
    from named
    where coalesce(event not in ('processed', 'deferred', 'dropped', 'group_resubscribe'), true) or has_wrong_shape
)

select * from staged
