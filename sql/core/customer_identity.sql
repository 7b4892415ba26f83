-- One row per identity and customer it was resolved to, with the rule and how far to trust it.
-- grain: (identity_type, identity_value, customer_id)
-- rebuild: full
-- A strong or reference identity has one customer; a weak one has a row per customer it was assigned to over time.
-- Quarantined identities have none. `first_seen_at`, `last_seen_at` and `event_count` are of the events (touchpoints
-- and mere evidence) that carried the identity as this customer's.
-- `confidence`, 0–1, is a fixed scale and not a measured probability:
--   own              1      the identity that names the customer
--   strong_link      0.99   seen in one event with another identity of the customer
--   reference_link   0.98   the same for a ticket or an order
--   nearest_login    0.99 × closeness × exclusiveness; closeness = 1 − mean distance to the login / (2 × look-back)
--                    over the events: 1 when all were logged in, 0.5 when all lie at the look-back; exclusiveness =
--                    2 / (1 + customers that this device was assigned to by a login)
--   anonymous_device 0.5    nobody logged in near it: one device, perhaps one person
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
        'nearest_login' as rule,
        login_at as occurred_at,
        cast(0 as bigint) as distance_us,
        event_count
    from core.device_login
    union all
    select
        m.identity_number,
        s.customer_id,
        s.rule,
        s.occurred_at,
        s.distance_us,
        s.event_count
    from core.anonymous_sighting as s
    inner join core.identity_set_member as m on s.identity_set_id = m.identity_set_id
    where m.strength = 'weak'
),

assigned_device as (
    select
        u.identity_number,
        u.customer_id,
        u.rule,
        min(u.occurred_at) as first_seen_at,
        max(u.occurred_at) as last_seen_at,
        cast(sum(u.event_count) as bigint) as event_count,
        sum(cast(u.distance_us as hugeint) * u.event_count) as total_distance_us
    from device_use as u
    where not exists (select 1 from core.shared_device as q where q.identity_number = u.identity_number)
    group by u.identity_number, u.customer_id, u.rule
),

scored_device as (
    select
        a.*,
        count(*) over (partition by a.identity_number, a.rule) as customer_count,
        cast(s.value as bigint) * 86400000000 as lookback_us
    from assigned_device as a
    inner join config.setting as s on s.setting = 'identity_lookback_days'
),

assigned_identity as (
    select
        i.identity_type,
        i.identity_value,
        d.customer_id,
        d.rule,
        case d.rule
            when 'anonymous_device' then 0.5
            else
                0.99 * 2.0 / (1 + d.customer_count)
                * (1 - cast(d.total_distance_us as double) / (2.0 * greatest(d.lookback_us, 1) * d.event_count))
        end as confidence,
        d.first_seen_at,
        d.last_seen_at,
        d.event_count
    from scored_device as d
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
