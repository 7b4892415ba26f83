-- One row per event of an OCEL 2.0 log and object of the case type that it is about: the log, flattened to these cases.
-- grain: load_id, row_number, source_event_id
-- rebuild: full
-- reads: ocel
-- requires: id, type, time
-- config.log_case names the object type whose objects are the cases; an event about several of them is a touchpoint of
-- each, one about none of them is no touchpoint. The rest is as in sql/staging/xes.sql.
with event as (
    select
        load_id,
        row_number,
        source,
        from_json(
            payload,
            '{
                "id": "VARCHAR", "type": "VARCHAR", "time": "VARCHAR",
                "attributes": {
                    "journey:channel": "VARCHAR", "journey:campaign": "VARCHAR", "journey:topic": "VARCHAR",
                    "journey:category": "VARCHAR", "journey:device": "VARCHAR", "journey:country": "VARCHAR",
                    "journey:amount": "VARCHAR", "journey:currency": "VARCHAR"
                },
                "objects": [{"id": "VARCHAR", "type": "VARCHAR", "position": "BIGINT"}]
            }'
        ) as body
    from raw.ocel
),

event_object as (
    select
        load_id,
        row_number,
        source,
        clean_text(body.type) as activity,
        body.time as occurred_at,
        coalesce(body.attributes."journey:channel", 'unknown') as channel,
        body.attributes."journey:campaign" as utm_campaign,
        body.attributes."journey:topic" as topic,
        body.attributes."journey:category" as category,
        body.attributes."journey:device" as device,
        body.attributes."journey:country" as country,
        log_amount(body.attributes."journey:amount", body.attributes."journey:currency") as amount,
        log_currency(body.attributes."journey:amount", body.attributes."journey:currency") as currency,
        unnest(body.objects) as named_object
    from event
),

named as (
    select
        *,
        clean_text(named_object.id) as case_name,
        named_object.type as object_type,
        named_object.position
    from event_object
),

case_type as (
    select distinct object_type
    from config.log_case
),

staged as (
    select
        named.load_id,
        named.row_number,
        named.source,
        named.case_name || ' ' || lpad(named.position::varchar, 9, '0') as source_event_id,
        log_activity(named.activity) as activity,
        named.occurred_at,
        'UTC' as time_zone,
        [seen_identity('case_id', 'case ' || named.case_name)] as identities,
        named.channel,
        named.utm_campaign,
        named.topic,
        named.category,
        named.device,
        named.country,
        named.amount,
        named.currency,
        case when named.case_name is null or named.activity is null then 'missing_required' end as reject_code,
        case
            when named.case_name is null then 'the object has no id'
            when named.activity is null then 'the event has no type'
        end as reject_reason
    from named
    inner join case_type on named.object_type = case_type.object_type
)

select * from staged
