-- One row per journey whose beginning may be missing: it may have gone on from before its source was first recorded.
-- grain: journey_id
-- rebuild: full
-- A source begins with its first touchpoint; but where one of the first 1 % of its touchpoints up to T (rounded up, so
-- at least one) is followed by a pause longer than the longest inactivity limit (core.inactivity_limit), with the first
-- one after the last such pause: a few backdated events do not move the beginning of all. A journey is judged by the
-- source of its first touchpoint: it began within the inactivity limit of that touchpoint's stage after the source did
-- (for an unknown stage the longest limit), or before it, and no active journey of the customer began between the two:
-- what is missing would then have belonged to that one. What such a journey did first is what it was first seen to do.
with touchpoint as (
    select
        t.source,
        t.occurred_at
    from core.touchpoint as t
    inner join (
        select min(cutoff_at)::timestamp as cutoff_at
        from run.cutoff
    ) as c on epoch_us(t.occurred_at) - epoch_us(c.cutoff_at) <= 0
),

early_share as (
    select
        source,
        quantile_disc(occurred_at, 0.01) as early_until_at
    from touchpoint
    group by source
),

early_instant as (
    select
        t.source,
        t.occurred_at
    from touchpoint as t
    inner join early_share as e on t.source = e.source and t.occurred_at <= e.early_until_at
    union all
    select
        t.source,
        min(t.occurred_at) as occurred_at
    from touchpoint as t
    inner join early_share as e on t.source = e.source and t.occurred_at > e.early_until_at
    group by t.source
),

early_pause as (
    select
        source,
        occurred_at,
        lag(occurred_at) over (partition by source order by occurred_at) as before_at
    from early_instant
),

inactivity_limit as (
    select
        stage,
        max(used_days) over () as longest_days,
        case when stage = 'unknown' then max(used_days) over () else used_days end as limit_days
    from core.inactivity_limit
),

source_beginning as (
    select
        p.source,
        l.longest_days,
        coalesce(
            max(p.occurred_at) filter (where p.occurred_at > p.before_at + to_days(l.longest_days)),
            min(p.occurred_at)
        ) as first_at
    from early_pause as p
    cross join (
        select max(longest_days)::integer as longest_days
        from inactivity_limit
    ) as l
    group by p.source, l.longest_days
),

early_journey as (
    select
        j.journey_id,
        j.customer_id,
        j.started_at,
        s.first_at
    from core.journey as j
    inner join core.touchpoint as t on j.journey_id = t.journey_id and t.position = 1
    inner join source_beginning as s on t.source = s.source and j.started_at <= s.first_at + to_days(s.longest_days)
    inner join inactivity_limit as l on t.stage = l.stage
    where j.started_at <= s.first_at + to_days(l.limit_days::integer)
),

seen_to_begin as (
    select distinct e.journey_id
    from early_journey as e
    inner join core.journey as f
        on
            e.customer_id = f.customer_id
            and e.first_at <= f.started_at
            and e.started_at > f.started_at
    where not f.is_passive
),

left_censored_journey as (
    select e.journey_id
    from early_journey as e
    left join seen_to_begin as s on e.journey_id = s.journey_id
    where s.journey_id is null
)

select * from left_censored_journey
