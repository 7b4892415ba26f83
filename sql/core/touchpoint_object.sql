-- One row per touchpoint and order or ticket that it is about.
-- grain: (touchpoint_id, object_id)
-- rebuild: full
-- Orders are those that the touchpoint carries in `order_id` or as an identity, tickets those that it names: of the
-- identity types of strength `reference` those that end in `order_id` and `ticket_id`. An object's id is made as a
-- customer's is, of the type and the value of its identity, so that no order's or ticket's number goes on from here.
with reference_type as (
    select
        identity_type,
        case when ends_with(identity_type, 'ticket_id') then 'ticket' else 'order' end as object_type
    from config.identity_type
    where
        strength = 'reference'
        and (ends_with(identity_type, 'order_id') or ends_with(identity_type, 'ticket_id'))
),

event as (
    select
        md5(source || chr(31) || source_event_id) as touchpoint_id,
        order_id,
        identities
    from core.event
    where activity is not null and not coalesce(is_bot, false)
),

named_object as (
    select
        touchpoint_id,
        unnest(identities, recursive := true)  -- noqa: AL03
    from event
    union all
    select
        touchpoint_id,
        'order_id' as identity_type,
        order_id as identity_value
    from event
    where order_id is not null
),

touchpoint_object as (
    select distinct
        o.touchpoint_id,
        r.object_type,
        left(r.object_type, 1) || '_' || left(md5(r.identity_type || chr(31) || o.identity_value), 16) as object_id
    from named_object as o
    inner join reference_type as r on o.identity_type = r.identity_type
)

select * from touchpoint_object
