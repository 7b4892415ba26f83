-- One row per event of an XES log that counts as a touchpoint, by its lifecycle transition.
-- grain: load_id, row_number
-- rebuild: full
-- reads: xes
-- requires: event
-- The case (`concept:name` of the trace) stands for the customer, with a word before it, so that a case called `NA` is
-- somebody. An event counts when its `lifecycle:transition` is missing or one that config.log_lifecycle has as true.
-- The id is the case with the event's place in it: events of the same moment keep the order of the log. Names of
-- activities stay as they are, but for the nodes of our maps, which no activity may be called. `journey:…` is what our
-- own export writes. A time without a zone is UTC.
with event as (
    select
        load_id,
        row_number,
        source,
        (payload ->> '$.position')::bigint as position,
        from_json(
            payload,
            '{
                "trace": {"concept:name": "VARCHAR"},
                "event": {
                    "concept:name": "VARCHAR", "time:timestamp": "VARCHAR", "lifecycle:transition": "VARCHAR",
                    "cost:total": "VARCHAR", "cost:currency": "VARCHAR", "journey:channel": "VARCHAR",
                    "journey:campaign": "VARCHAR", "journey:topic": "VARCHAR", "journey:category": "VARCHAR",
                    "journey:device": "VARCHAR", "journey:country": "VARCHAR"
                }
            }'
        ) as body
    from raw.xes
),

named as (
    select
        load_id,
        row_number,
        source,
        position,
        clean_text(body.trace."concept:name") as case_name,
        clean_text(body.event."concept:name") as activity,
        lower(clean_text(body.event."lifecycle:transition")) as transition,
        body.event."time:timestamp" as occurred_at,
        coalesce(body.event."journey:channel", 'unknown') as channel,
        body.event."journey:campaign" as utm_campaign,
        body.event."journey:topic" as topic,
        body.event."journey:category" as category,
        body.event."journey:device" as device,
        body.event."journey:country" as country,
        log_amount(body.event."cost:total", body.event."cost:currency") as amount,
        log_currency(body.event."cost:total", body.event."cost:currency") as currency
    from event
),

counted_transition as (
    select distinct lower(transition) as transition
    from config.log_lifecycle
    where lower(is_touchpoint) = 'true'
),

counted as (
    select named.*
    from named
    left join counted_transition on named.transition = counted_transition.transition
    where named.transition is null or counted_transition.transition is not null
),

staged as (
    select
        load_id,
        row_number,
        source,
        case_name || ' ' || lpad(position::varchar, 9, '0') as source_event_id,
        log_activity(activity) as activity,
        occurred_at,
        'UTC' as time_zone,
        [seen_identity('case_id', 'case ' || case_name)] as identities,
        channel,
        utm_campaign,
        topic,
        category,
        device,
        country,
        amount,
        currency,
        case when case_name is null or activity is null then 'missing_required' end as reject_code,
        case
            when case_name is null then 'the event belongs to no trace with a concept:name'
            when activity is null then 'the event has no concept:name'
        end as reject_reason
    from counted
)

select * from staged
