-- One row per customer: whom identities were resolved to, with the identity that names it.
-- grain: customer_id
-- rebuild: full
-- `is_anonymous`: nobody ever logged in near it, so the customer is a device. `identity_count` counts strong and
-- reference identities, `device_count` weak ones. A customer may be known from evidence alone and have no touchpoint.
with resolved_customer as (
    select
        customer_id,
        bool_and(rule = 'anonymous_device') as is_anonymous,
        count(*) filter (where rule in ('own', 'strong_link', 'reference_link')) as identity_count,
        count(*) filter (where rule in ('nearest_login', 'anonymous_device')) as device_count,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at
    from core.customer_identity
    group by customer_id
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
