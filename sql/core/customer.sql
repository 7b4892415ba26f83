-- One row per customer: whom identities were resolved to, with the identity that names it.
-- grain: customer_id
-- rebuild: full
-- `is_anonymous`: nobody ever logged in near it, so the customer is a device. `identity_count` counts strong and
-- reference identities, `device_count` weak ones. A customer may be known from evidence alone and have no touchpoint.
with resolved_customer as (
    select
        c.customer_id,
        bool_and(c.rule = 'anonymous_device') as is_anonymous,
        count(*) filter (where t.strength in ('strong', 'reference')) as identity_count,
        count(*) filter (where t.strength = 'weak') as device_count,
        min(c.first_seen_at) as first_seen_at,
        max(c.last_seen_at) as last_seen_at
    from core.customer_identity as c
    inner join config.identity_type as t on c.identity_type = t.identity_type
    group by c.customer_id
),

named_customer as (
    select
        r.customer_id,
        i.identity_type,
        i.identity_value,
        r.is_anonymous,
        r.identity_count,
        r.device_count,
        r.first_seen_at,
        r.last_seen_at
    from resolved_customer as r
    inner join core.identity as i on r.customer_id = i.own_customer_id
)

select * from named_customer
