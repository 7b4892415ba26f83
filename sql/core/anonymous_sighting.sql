-- One row per moment at which a list of only weak identities was seen, with the customer it is assigned to.
-- grain: (identity_set_id, occurred_at)
-- rebuild: full
-- The login nearest in time on any of its devices within the look-back (inclusive): ties go to the earlier login, then
-- to the lower type rank and value of the device, then to the smaller customer id. Without one, the device itself is
-- the customer, of several the one with the lowest type rank and value. `distance_us` is microseconds, null without a
-- login. Quarantined devices assign nothing: a sighting with no other has no row.
with login as (
    select
        identity_number,
        login_at,
        min(customer_id) as customer_id
    from core.device_login
    group by identity_number, login_at
),

login_before as (
    select
        d.identity_set_id,
        d.identity_number,
        d.occurred_at,
        l.login_at,
        l.customer_id,
        epoch_us(d.occurred_at) - epoch_us(l.login_at) as distance_us
    from core.device_sighting as d
    asof inner join login as l on d.identity_number = l.identity_number and d.occurred_at >= l.login_at
),

login_after as (
    select
        d.identity_set_id,
        d.identity_number,
        d.occurred_at,
        l.login_at,
        l.customer_id,
        epoch_us(l.login_at) - epoch_us(d.occurred_at) as distance_us
    from core.device_sighting as d
    asof inner join login as l on d.identity_number = l.identity_number and d.occurred_at <= l.login_at
),

login_beside as (
    select * from login_before
    union all
    select * from login_after
),

login_in_reach as (
    select l.*
    from login_beside as l
    inner join config.setting as s on s.setting = 'identity_lookback_days'
    where l.distance_us <= cast(s.value as bigint) * 86400000000
),

nearest_login as (
    select
        identity_set_id,
        occurred_at,
        customer_id,
        distance_us
    from login_in_reach
    qualify
        row_number() over (
            partition by identity_set_id, occurred_at
            order by distance_us asc, login_at asc, identity_number asc, customer_id asc
        ) = 1
),

own_device as (
    select
        identity_set_id,
        occurred_at,
        min(identity_number) as identity_number,
        min(event_count) as event_count
    from core.device_sighting
    group by identity_set_id, occurred_at
),

assigned_sighting as (
    select
        o.identity_set_id,
        o.occurred_at,
        coalesce(n.customer_id, i.own_customer_id) as customer_id,
        case when n.customer_id is null then 'anonymous_device' else 'nearest_login' end as rule,
        n.distance_us,
        o.event_count
    from own_device as o
    inner join core.identity as i on o.identity_number = i.identity_number
    left join nearest_login as n on o.identity_set_id = n.identity_set_id and o.occurred_at = n.occurred_at
)

select * from assigned_sighting
