-- One row per journey whose beginning may be missing: it may have gone on from before the first touchpoint of all.
-- grain: journey_id
-- rebuild: full
-- It began within the inactivity limit of its first touchpoint's stage after that moment (core.inactivity_limit; for an
-- unknown stage the longest of them), and no active journey of the customer began before: a touchpoint from before the
-- data would then have belonged to the same journey. What such a journey did first is what it was first seen to do.
with observed as (
    select min(occurred_at) as first_at
    from core.touchpoint
),

inactivity_limit as (
    select
        stage,
        max(used_days) over () as longest_days,
        case when stage = 'unknown' then max(used_days) over () else used_days end as limit_days
    from core.inactivity_limit
),

early_journey as (
    select
        j.journey_id,
        j.customer_id,
        j.started_at,
        j.is_passive,
        o.first_at
    from core.journey as j
    inner join observed as o on j.started_at <= o.first_at + to_days((
        select max(used_days)::integer
        from core.inactivity_limit
    ))
),

first_active_journey as (
    select
        customer_id,
        min(started_at) as started_at
    from early_journey
    where not is_passive
    group by customer_id
),

left_censored_journey as (
    select e.journey_id
    from early_journey as e
    inner join core.touchpoint as t on e.journey_id = t.journey_id and t.position = 1
    inner join inactivity_limit as l on t.stage = l.stage
    left join first_active_journey as f on e.customer_id = f.customer_id
    where
        e.started_at <= e.first_at + to_days(l.limit_days::integer)
        and (f.started_at is null or e.started_at <= f.started_at)
)

select * from left_censored_journey
