-- One row per moment at which a list of only weak identities was seen, with whom the rules choose for it.
-- grain: (identity_set_id, occurred_at)
-- rebuild: full
-- The login nearest in time on any of its devices within the look-back (inclusive): ties go to the earlier login, then
-- to the lower type rank and value of the device, then to the smaller customer id. Without one, the device itself is
-- the customer, of several the one with the lowest type rank and value. `distance_us` is microseconds, null without a
-- login. Quarantined devices assign nothing: a sighting with no other has no row.
-- Beside the choice: `device_customer_id`, the device's own customer, and `nearest_customer_id`, `nearest_distance_us`,
-- the nearest login at any distance (null: nobody ever logged in on its devices).
-- `confidence` is that of core.login_reliability for the kind of device (of the login chosen) and the distance.
-- Undo: the nearest login is chosen as if nothing were undone; where it or its device is undone, the customer is null
-- and the event is set aside, so that it moves to nobody else.
with login as (
    select
        identity_number,
        login_at,
        min(evidence_customer_id) as evidence_customer_id
    from core.device_login
    group by identity_number, login_at
),

login_before as (
    select
        d.identity_set_id,
        d.identity_number,
        d.occurred_at,
        l.login_at,
        l.evidence_customer_id,
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
        l.evidence_customer_id,
        epoch_us(l.login_at) - epoch_us(d.occurred_at) as distance_us
    from core.device_sighting as d
    asof inner join login as l on d.identity_number = l.identity_number and d.occurred_at <= l.login_at
),

login_beside as (
    select * from login_before
    union all
    select * from login_after
),

nearest_login as (
    select *
    from login_beside
    qualify
        row_number() over (
            partition by identity_set_id, occurred_at
            order by distance_us asc, login_at asc, identity_number asc
        ) = 1
),

undone_customer as (
    select distinct evidence_customer_id
    from core.device_login
    where customer_id is distinct from evidence_customer_id
),

moved_login as (
    select
        l.identity_number,
        l.login_at,
        l.evidence_customer_id,
        min(l.customer_id) as customer_id
    from core.device_login as l
    inner join undone_customer as u on l.evidence_customer_id = u.evidence_customer_id
    group by l.identity_number, l.login_at, l.evidence_customer_id
),

device_use as (
    select
        identity_number,
        min(evidence_number) < max(evidence_number) as is_shared
    from core.device_login
    group by identity_number
),

kept_login as (
    select
        n.identity_set_id,
        n.occurred_at,
        n.distance_us,
        d.is_shared,
        case
            when u.identity_number is not null then null
            when m.identity_number is not null then m.customer_id
            else n.evidence_customer_id
        end as customer_id
    from nearest_login as n
    inner join device_use as d on n.identity_number = d.identity_number
    left join core.undone_identity as u on n.identity_number = u.identity_number
    left join moved_login as m
        on
            n.identity_number = m.identity_number
            and n.login_at = m.login_at
            and n.evidence_customer_id = m.evidence_customer_id
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

named_device as (
    select
        o.identity_set_id,
        o.occurred_at,
        case when u.identity_number is null then i.own_customer_id end as customer_id,
        o.event_count
    from own_device as o
    inner join core.identity as i on o.identity_number = i.identity_number
    left join core.undone_identity as u on o.identity_number = u.identity_number
),

chosen_login as (
    select
        d.identity_set_id,
        d.occurred_at,
        d.customer_id as device_customer_id,
        n.customer_id as nearest_customer_id,
        n.distance_us as nearest_distance_us,
        n.is_shared,
        coalesce(n.distance_us <= cast(s.value as bigint) * 86400000000, false) as is_in_reach,
        d.event_count
    from named_device as d
    inner join config.setting as s on s.setting = 'identity_lookback_days'
    left join kept_login as n on d.identity_set_id = n.identity_set_id and d.occurred_at = n.occurred_at
),

assigned_sighting as (
    select
        identity_set_id,
        occurred_at,
        case when is_in_reach then nearest_customer_id else device_customer_id end as customer_id,
        case when is_in_reach then 'nearest_login' else 'anonymous_device' end as rule,
        case when is_in_reach then nearest_distance_us end as distance_us,
        case
            when not is_in_reach then 'no_login'
            when is_shared then 'several_customers'
            else 'one_customer'
        end as device_kind,
        case when is_in_reach then distance_band(nearest_distance_us) else 'any' end as distance_band,
        device_customer_id,
        nearest_customer_id,
        nearest_distance_us,
        event_count
    from chosen_login
),

scored_sighting as (
    select
        a.identity_set_id,
        a.occurred_at,
        a.customer_id,
        a.rule,
        a.distance_us,
        a.device_customer_id,
        a.nearest_customer_id,
        a.nearest_distance_us,
        a.device_kind,
        a.distance_band,
        r.confidence,
        a.event_count
    from assigned_sighting as a
    inner join core.login_reliability as r
        on a.device_kind = r.device_kind and a.distance_band = r.distance_band
)

select * from scored_sighting
