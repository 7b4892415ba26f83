-- One row per ticket, public comment, status change, rating and end user of Zendesk's tables.
-- grain: load_id, row_number
-- rebuild: full
-- reads: csv
-- requires ticket: id, requester_id, created_at
-- requires ticket_field_history: ticket_id, field_name, updated, value
-- requires ticket_comment: id, ticket_id, created, public
-- requires user: id, role, created_at
-- The tables meet in the identity graph: a ticket names its requester, its history only the ticket. Times are UTC.
-- The author of a ticket's text and of a comment is passed on: who reads the texts tells requester and agent by it.
-- A user has no event id of their own: a changed address is new evidence, not a conflict, so the id is derived.
with ticket as (
    select
        load_id,
        row_number,
        source,
        from_json(
            payload,
            '{
                "id": "VARCHAR", "requester_id": "VARCHAR", "created_at": "VARCHAR", "subject": "VARCHAR",
                "description": "VARCHAR", "submitter_id": "VARCHAR", "via_channel": "VARCHAR", "_fivetran_synced": "VARCHAR"
            }'
        ) as body
    from raw.zendesk_ticket
),

history as (
    select
        load_id,
        row_number,
        source,
        from_json(
            payload,
            '{
                "ticket_id": "VARCHAR", "field_name": "VARCHAR", "updated": "VARCHAR", "value": "VARCHAR",
                "_fivetran_synced": "VARCHAR"
            }'
        ) as body
    from raw.zendesk_ticket_field_history
),

named_history as (
    select
        *,
        lower(clean_text(body.field_name)) as field_name,
        clean_text(body.updated) as updated,
        clean_text(body.value) as field_value
    from history
),

comment as (
    select
        load_id,
        row_number,
        source,
        from_json(
            payload,
            '{
                "id": "VARCHAR", "ticket_id": "VARCHAR", "created": "VARCHAR", "public": "VARCHAR",
                "body": "VARCHAR", "user_id": "VARCHAR", "_fivetran_synced": "VARCHAR"
            }'
        ) as body
    from raw.zendesk_ticket_comment
),

named_comment as (
    select
        *,
        lower(clean_text(body.public)) as is_public
    from comment
),

end_user as (
    select
        load_id,
        row_number,
        source,
        from_json(
            payload,
            '{
                "id": "VARCHAR", "role": "VARCHAR", "email": "VARCHAR", "phone": "VARCHAR",
                "created_at": "VARCHAR", "updated_at": "VARCHAR", "_fivetran_synced": "VARCHAR"
            }'
        ) as body
    from raw.zendesk_user
    where lower(clean_text(payload ->> '$.role')) = 'end-user'
),

opened as (
    select
        load_id,
        row_number,
        source,
        body.id as source_event_id,
        'ticket_opened' as activity,
        body.created_at as occurred_at,
        body._fivetran_synced as received_at,
        [
            seen_identity('zendesk_ticket_id', body.id),
            seen_identity('zendesk_user_id', body.requester_id)
        ] as identities,
        body.via_channel as category,
        body.subject,
        body.description as text,
        seen_identity('zendesk_user_id', coalesce(clean_text(body.submitter_id), body.requester_id)) as author,
        case
            when clean_text(body.id) is null then 'missing_required'
            when clean_text(body.requester_id) is null then 'no_identity'
        end as reject_code,
        case
            when clean_text(body.id) is null then 'the ticket has no id'
            when clean_text(body.requester_id) is null then 'the ticket has no requester'
        end as reject_reason
    from ticket
),

known_event as (
    select
        event,
        min(activity) as activity
    from config.event_activity
    where format = 'zendesk'
    group by event
),

status_changed as (
    select
        load_id,
        row_number,
        source,
        coalesce(known_event.activity, 'ticket_' || snake_case(field_value)) as activity,
        field_name,
        updated,
        field_value,
        body,
        cast(null as varchar) as score,
        cast(null as varchar) as range_reason
    from named_history
    left join known_event on 'ticket_' || snake_case(field_value) = known_event.event
    where field_name = 'status' and coalesce(lower(field_value) <> 'new', false)
),

scale as (
    select
        lower(value) as value,
        min(score) as score
    from config.score_value
    where format = 'zendesk'
    group by lower(value)
),

rated as (
    select
        history.load_id,
        history.row_number,
        history.source,
        'ticket_rated' as activity,
        history.field_name,
        history.updated,
        history.field_value,
        history.body,
        scale.score,
        case
            when scale.value is null
                then 'the rating ' || shown(history.field_value) || ' is not on the scale of config/score_value.csv'
        end as range_reason
    from named_history as history
    left join scale on lower(history.field_value) = scale.value
    where
        history.field_name in ('satisfaction_score', 'satisfaction_rating')
        and history.field_value is not null
        and (scale.value is null or scale.score is not null)
),

changed as (
    select * from status_changed
    union all
    select * from rated
),

identified_change as (
    select
        load_id,
        row_number,
        source,
        'history-' || clean_text(body.ticket_id) || '-' || field_name || '-'
        || (epoch_us(time_kind_instant(time_kind(updated), updated, 'UTC')) // 1000000)::varchar
        || '-' || field_value as source_event_id,
        activity,
        updated as occurred_at,
        body._fivetran_synced as received_at,
        [seen_identity('zendesk_ticket_id', body.ticket_id)] as identities,
        score,
        case
            when clean_text(body.ticket_id) is null then 'missing_required'
            when activity is null then 'not_of_format'
            when range_reason is not null then 'range'
        end as reject_code,
        case
            when clean_text(body.ticket_id) is null then 'the change has no ticket_id'
            when activity is null then 'the status ' || shown(field_value) || ' has no letter or digit'
            else range_reason
        end as reject_reason
    from changed
),

commented as (
    select
        load_id,
        row_number,
        source,
        'comment-' || clean_text(body.id) as source_event_id,
        'ticket_commented' as activity,
        body.created as occurred_at,
        body._fivetran_synced as received_at,
        [seen_identity('zendesk_ticket_id', body.ticket_id)] as identities,
        body.body as text,
        -- A comment without an author is nobody's: it must not be taken for the requester's.
        seen_identity('zendesk_user_id', coalesce(clean_text(body.user_id), 'unknown')) as author,
        case
            when clean_text(body.ticket_id) is null then 'missing_required'
            when is_public is null or is_public not in ('true', 't', '1', 'yes') then 'not_of_format'
        end as reject_code,
        case
            when clean_text(body.ticket_id) is null then 'the comment has no ticket_id'
            when is_public is null or is_public not in ('true', 't', '1', 'yes')
                then 'public is ' || shown(body.public) || ', neither true nor false'
        end as reject_reason
    from named_comment
    where coalesce(is_public not in ('false', 'f', '0', 'no'), true)
),

evidence as (
    select
        load_id,
        row_number,
        source,
        coalesce(clean_text(body.created_at), clean_text(body.updated_at), body._fivetran_synced) as occurred_at,
        body._fivetran_synced as received_at,
        [
            seen_identity('zendesk_user_id', body.id),
            seen_identity('email', body.email),
            seen_identity('phone', body.phone)
        ] as identities
    from end_user
),

contribution as (
    select * from opened
    union all by name
    select * from identified_change
    union all by name
    select * from commented
    union all by name
    select * from evidence
),

staged as (
    select
        *,
        'UTC' as time_zone,
        'support' as channel
    from contribution
)

select * from staged
