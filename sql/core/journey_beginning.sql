-- One row per journey: what the customer had done before it and how it began, as known then.
-- grain: journey_id
-- rebuild: full
-- `rule_persona`: the first row of config.persona_rule that fits; a condition that is empty asks for nothing, one about
-- something not known is not met; `unknown` where no row fits. Earlier journeys are those that began before this one
-- and in which the customer did something; earlier purchases are those of before it began; days are whole ones since
-- the last of them. The device is that of the first touchpoint; what it does not tell is `unknown`.
with customer_moment as (
    select
        customer_id,
        journey_id,
        started_at as occurred_at,
        1 as moment_rank,
        case when is_passive then 0 else 1 end as journey_count,
        null::timestamp as bought_at
    from core.journey
    union all
    select
        customer_id,
        journey_id,
        converted_at as occurred_at,
        2 as moment_rank,
        0 as journey_count,
        converted_at as bought_at
    from core.journey
    where converted_at is not null
),

customer_past as (
    select
        journey_id,
        moment_rank,
        coalesce(sum(journey_count) over past, 0)::bigint as earlier_journey_count,
        (count(bought_at) over past)::bigint as earlier_purchase_count,
        max(bought_at) over past as last_bought_at
    from customer_moment
    window past as (
        partition by customer_id
        order by occurred_at, moment_rank, journey_id
        rows between unbounded preceding and 1 preceding
    )
),

first_touchpoint as (
    select
        journey_id,
        device
    from core.touchpoint
    where position = 1
),

beginning as (
    select
        j.journey_id,
        j.is_returning,
        p.earlier_journey_count,
        -- A purchase at the very moment at which the journey began counts where the order of touchpoints says so.
        greatest(p.earlier_purchase_count, case when j.is_returning then 1 else 0 end)::bigint
            as earlier_purchase_count,
        case
            when j.is_returning
                then coalesce(floor((epoch_us(j.started_at) - epoch_us(p.last_bought_at)) / 86400000000), 0)::bigint
        end as days_since_purchase,
        coalesce(j.first_channel, 'unknown') as first_channel,
        coalesce(t.device, 'unknown') as device
    from core.journey as j
    inner join customer_past as p on j.journey_id = p.journey_id and p.moment_rank = 1
    left join first_touchpoint as t on j.journey_id = t.journey_id
),

persona_rule as (
    select
        rowid as rule_rank,
        persona,
        min_purchases::bigint as min_purchases,
        max_purchases::bigint as max_purchases,
        min_journeys::bigint as min_journeys,
        max_journeys::bigint as max_journeys,
        min_days::bigint as min_days,
        max_days::bigint as max_days,
        string_split(first_channel, '|') as channels,
        string_split(device, '|') as devices
    from config.persona_rule
),

fitting_persona as (
    select
        b.journey_id,
        min_by(r.persona, r.rule_rank) as persona
    from beginning as b
    inner join persona_rule as r
        on
            (r.min_purchases is null or b.earlier_purchase_count >= r.min_purchases)
            and (r.max_purchases is null or b.earlier_purchase_count <= r.max_purchases)
            and (r.min_journeys is null or b.earlier_journey_count >= r.min_journeys)
            and (r.max_journeys is null or b.earlier_journey_count <= r.max_journeys)
            and (r.min_days is null or b.days_since_purchase >= r.min_days)
            and (r.max_days is null or b.days_since_purchase <= r.max_days)
            and (r.channels is null or list_contains(r.channels, b.first_channel))
            and (r.devices is null or list_contains(r.devices, b.device))
    group by b.journey_id
),

journey_beginning as (
    select
        b.journey_id,
        coalesce(f.persona, 'unknown') as rule_persona,
        case when b.is_returning then 'returning' else 'new' end as customer_kind,
        b.first_channel,
        b.device,
        b.earlier_journey_count,
        b.earlier_purchase_count,
        b.days_since_purchase
    from beginning as b
    left join fitting_persona as f on b.journey_id = f.journey_id
)

select * from journey_beginning
