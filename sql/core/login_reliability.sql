-- One row per kind of device and distance: how often the rule of the nearest login is right, without a truth.
-- grain: (device_kind, distance_band)
-- rebuild: full
-- Leave one out: a login is hidden, the nearest other login on its device is taken for it, and it is right when both
-- are one customer. Logins in a row of one customer on one device, without a pause over 30 minutes, are one visit.
--   same_visit (≤ 30 min)   of each visit the first login is hidden; one try per visit, however long it was. Hiding the
--                           visit whole would leave only other people's logins within 30 minutes.
--   same_day (≤ 1 d), same_week (≤ 7 d), same_month (≤ the look-back)
--                           the whole visit is hidden, so that it cannot predict itself; the distance is the pause to
--                           the nearer of the visits before and after it on the device, a tie goes to the one before
-- `device_kind`: customers that logged in on the device apart from what is hidden; `no_login` × `any` is for devices
-- with no login in reach: of the visits to devices with several, those of the device's most frequent customer, that is
-- how far what happens on one device is one person. Quarantined devices are left out. Customers are the evidence's.
-- `right_share` is of `tried_count` and null without a try; `low_share` and `high_share` are its 95 % interval (Wilson,
-- 1927). `confidence` is shrunk to a prior that weighs as much as 20 tries: (right + 20 × prior) / (tried + 20). The
-- priors are judgement: nearer is surer, and alone is surer than shared. Not seen: people who never log in.
with login as (
    select
        d.identity_number,
        d.evidence_number as customer_number,
        d.login_at
    from core.device_login as d
    where
        not exists (select 1 from core.shared_device as q where q.identity_number = d.identity_number)
        and not exists (select 1 from core.undone_identity as u where u.identity_number = d.identity_number)
    group by d.identity_number, d.evidence_number, d.login_at
),

neighboured_login as (
    select
        identity_number,
        customer_number,
        login_at,
        lag(login_at) over device as previous_at,
        lag(customer_number) over device as previous_number,
        lead(login_at) over device as next_at,
        lead(customer_number) over device as next_number
    from login
    window device as (partition by identity_number order by login_at, customer_number)
),

bounding_login as (
    select
        *,
        coalesce(
            previous_number <> customer_number or epoch_us(login_at) - epoch_us(previous_at) > 1800000000, true
        ) as is_first,
        coalesce(next_number <> customer_number or epoch_us(next_at) - epoch_us(login_at) > 1800000000, true) as is_last
    from neighboured_login
),

bounded_visit as (
    select
        identity_number,
        customer_number,
        is_first,
        login_at as started_at,
        case
            when is_last then login_at
            else lead(login_at) over (partition by identity_number order by login_at, customer_number)
        end as ended_at,
        is_last as is_single,
        previous_at as previous_login_at,
        previous_number as previous_login_number,
        next_at as next_login_at,
        next_number as next_login_number
    from bounding_login
    where is_first or is_last
),

visit as (
    select *
    from bounded_visit
    where is_first
),

neighboured_visit as (
    select
        *,
        count(*) over (partition by identity_number, customer_number) as own_visit_count,
        lag(ended_at) over device as previous_visit_at,
        lag(customer_number) over device as previous_visit_number,
        lead(started_at) over device as next_visit_at,
        lead(customer_number) over device as next_visit_number
    from visit
    window device as (partition by identity_number order by started_at, customer_number)
),

device_customer as (
    select
        identity_number,
        count(distinct customer_number) as customer_count
    from visit
    group by identity_number
),

measured_visit as (
    select
        v.*,
        d.customer_count,
        epoch_us(v.started_at) - epoch_us(v.previous_login_at) as login_before_us,
        epoch_us(v.next_login_at) - epoch_us(v.started_at) as login_after_us,
        epoch_us(v.started_at) - epoch_us(v.previous_visit_at) as visit_before_us,
        epoch_us(v.next_visit_at) - epoch_us(v.ended_at) as visit_after_us
    from neighboured_visit as v
    inner join device_customer as d on v.identity_number = d.identity_number
),

attempt as (
    select
        least(login_before_us, login_after_us) as distance_us,
        customer_count - case when is_single and own_visit_count = 1 then 1 else 0 end as other_count,
        customer_number = case
            when login_after_us is null or login_before_us <= login_after_us then previous_login_number
            else next_login_number
        end as is_right
    from measured_visit
    where least(login_before_us, login_after_us) <= 1800000000
    union all
    select
        least(visit_before_us, visit_after_us) as distance_us,
        customer_count - case when own_visit_count = 1 then 1 else 0 end as other_count,
        customer_number = case
            when visit_after_us is null or visit_before_us <= visit_after_us then previous_visit_number
            else next_visit_number
        end as is_right
    from measured_visit
    where least(visit_before_us, visit_after_us) > 1800000000
),

banded_attempt as (
    select
        case when a.other_count > 1 then 'several_customers' else 'one_customer' end as device_kind,
        distance_band(a.distance_us) as distance_band,
        count(*) as tried_count,
        count(*) filter (where a.is_right) as right_count
    from attempt as a
    inner join config.setting as s on s.setting = 'identity_lookback_days'
    where a.distance_us <= cast(s.value as bigint) * 86400000000
    group by all
),

customer_share as (
    select
        identity_number,
        count(*) as visit_count
    from visit
    group by identity_number, customer_number
),

device_share as (
    select
        sum(visit_count) as tried_count,
        max(visit_count) as right_count
    from customer_share
    group by identity_number
    having sum(visit_count) > 1
),

tried as (
    select * from banded_attempt
    union all
    select
        'no_login' as device_kind,
        'any' as distance_band,
        sum(tried_count) as tried_count,
        sum(right_count) as right_count
    from device_share
),

cell (device_kind, distance_band, prior_share) as (
    values
    ('one_customer', 'same_visit', 0.99),
    ('one_customer', 'same_day', 0.97),
    ('one_customer', 'same_week', 0.95),
    ('one_customer', 'same_month', 0.9),
    ('several_customers', 'same_visit', 0.95),
    ('several_customers', 'same_day', 0.8),
    ('several_customers', 'same_week', 0.7),
    ('several_customers', 'same_month', 0.6),
    ('no_login', 'any', 0.9)
),

counted_cell as (
    select
        c.device_kind,
        c.distance_band,
        cast(c.prior_share as double) as prior_share,
        cast(coalesce(t.tried_count, 0) as bigint) as tried_count,
        cast(coalesce(t.right_count, 0) as bigint) as right_count,
        cast(t.right_count as double) / nullif(t.tried_count, 0) as right_share
    from cell as c
    left join tried as t on c.device_kind = t.device_kind and c.distance_band = t.distance_band
),

scored_cell as (
    select
        device_kind,
        distance_band,
        tried_count,
        right_count,
        right_share,
        (
            right_share + 1.9208 / tried_count
            - 1.96 * sqrt(right_share * (1 - right_share) / tried_count + 0.9604 / (tried_count * tried_count))
        ) / (1 + 3.8416 / tried_count) as low_share,
        (
            right_share + 1.9208 / tried_count
            + 1.96 * sqrt(right_share * (1 - right_share) / tried_count + 0.9604 / (tried_count * tried_count))
        ) / (1 + 3.8416 / tried_count) as high_share,
        prior_share,
        (right_count + 20 * prior_share) / (tried_count + 20) as confidence
    from counted_cell
)

select * from scored_cell
