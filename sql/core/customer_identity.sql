-- One row per identity and customer it was resolved to, with the rule and how far to trust it.
-- grain: (identity_type, identity_value, customer_id)
-- rebuild: full
-- A strong or reference identity has one customer; a weak one has a row per customer it was assigned to over time.
-- Quarantined identities have none. `first_seen_at`, `last_seen_at` and `event_count` are of the events (touchpoints
-- and mere evidence) that carried the identity as this customer's.
-- `confidence`, 0–1, is the share of such events that are believed to be this customer's:
--   own              1      the identity that names the customer
--   strong_link      0.99   seen in one event with another identity of the customer; fixed: nothing contradicts it
--   reference_link   0.98   the same for a ticket or an order
--   nearest_login           measured: the mean over its events; 0.99 for one logged in itself, for an anonymous one the
--                           confidence of its kind of device and distance in core.login_reliability
--   anonymous_device        measured: `no_login` of core.login_reliability: how far one device is one person
-- An order that never met a person is assigned with the device of its event, by the device's rule.
with connected_identity as (
    select
        i.identity_type,
        i.identity_value,
        named.own_customer_id as customer_id,
        case
            when c.identity_number = c.customer_number then 'own'
            when i.strength = 'reference' then 'reference_link'
            else 'strong_link'
        end as rule,
        i.first_seen_at,
        i.last_seen_at,
        i.event_count
    from core.identity_component as c
    inner join core.identity as i on c.identity_number = i.identity_number
    inner join core.identity as named on c.customer_number = named.identity_number
),

scored_connection as (
    select
        identity_type,
        identity_value,
        customer_id,
        rule,
        case rule when 'own' then 1.0 when 'strong_link' then 0.99 else 0.98 end as confidence,
        first_seen_at,
        last_seen_at,
        event_count
    from connected_identity
),

device_use as (
    select
        identity_number,
        customer_id,
        case when customer_number = identity_number then 'anonymous_device' else 'nearest_login' end as rule,
        login_at as occurred_at,
        0.99 as confidence,
        event_count
    from core.device_login
    union all
    select
        m.identity_number,
        s.customer_id,
        s.rule,
        s.occurred_at,
        s.confidence,
        s.event_count
    from core.anonymous_sighting as s
    inner join core.identity_set_member as m on s.identity_set_id = m.identity_set_id
),

usable_use as (
    select u.*
    from device_use as u
    where
        u.customer_id is not null
        and not exists (select 1 from core.shared_identity as q where q.identity_number = u.identity_number)
        and not exists (select 1 from core.oversized_identity as q where q.identity_number = u.identity_number)
        and not exists (select 1 from core.shared_device as q where q.identity_number = u.identity_number)
        and not exists (select 1 from core.undone_identity as q where q.identity_number = u.identity_number)
),

assigned_device as (
    select
        identity_number,
        customer_id,
        rule,
        min(occurred_at) as first_seen_at,
        max(occurred_at) as last_seen_at,
        cast(sum(event_count) as bigint) as event_count,
        -- In whole hundred-millionths: a sum of floats would depend on the order of its rows.
        cast(sum(cast(confidence * 100000000 as bigint) * event_count) as double)
        / (100000000 * sum(event_count)) as confidence
    from usable_use
    group by identity_number, customer_id, rule
),

assigned_identity as (
    select
        i.identity_type,
        i.identity_value,
        d.customer_id,
        d.rule,
        d.confidence,
        d.first_seen_at,
        d.last_seen_at,
        d.event_count
    from assigned_device as d
    inner join core.identity as i on d.identity_number = i.identity_number
),

any_identity as (
    select * from scored_connection
    union all
    select * from assigned_identity
),

resolved_identity as (
    select
        identity_type,
        identity_value,
        customer_id,
        rule,
        round(cast(confidence as double), 4) as confidence,
        first_seen_at,
        last_seen_at,
        event_count
    from any_identity
)

select * from resolved_identity
