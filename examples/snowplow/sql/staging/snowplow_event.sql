-- One row per event of Snowplow's atomic table.
-- grain: load_id, row_number
-- rebuild: full
-- requires: event_id, event_name, derived_tstamp, user_id, domain_userid, network_userid
with atomic as (
    select
        load_id,
        row_number,
        source,
        from_json(
            payload,
            '{
                "event_id": "VARCHAR", "event_name": "VARCHAR", "derived_tstamp": "VARCHAR", "collector_tstamp": "VARCHAR",
                "user_id": "VARCHAR", "domain_userid": "VARCHAR", "network_userid": "VARCHAR", "page_url": "VARCHAR",
                "page_referrer": "VARCHAR", "mkt_source": "VARCHAR", "mkt_medium": "VARCHAR", "mkt_campaign": "VARCHAR",
                "mkt_clickid": "VARCHAR", "geo_country": "VARCHAR", "useragent": "VARCHAR"
            }'
        ) as body
    from raw.snowplow_event
),

staged as (
    select
        load_id,
        row_number,
        source,
        body.event_id as source_event_id,
        case body.event_name
            when 'page_view' then 'page_viewed'
            when 'link_click' then 'link_clicked'
            when 'page_ping' then 'page_pinged'
            else snake_case(body.event_name)
        end as activity,
        body.derived_tstamp as occurred_at,
        body.collector_tstamp as received_at,
        'UTC' as time_zone,
        [
            {'identity_type': 'user_id', 'identity_value': body.user_id},
            {'identity_type': 'cookie_id', 'identity_value': body.domain_userid},
            {'identity_type': 'device_id', 'identity_value': body.network_userid}
        ] as identities,
        body.mkt_source as utm_source,
        body.mkt_medium as utm_medium,
        body.mkt_campaign as utm_campaign,
        body.mkt_clickid as click_id,
        body.page_referrer as referrer_url,
        body.page_url,
        body.useragent as user_agent,
        body.geo_country as country
    from atomic
)

select * from staged
