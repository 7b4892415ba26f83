-- One row per journey: what was known of it at its first touchpoint, in a few words per feature.
-- grain: journey_id
-- rebuild: full
-- What journeys are clustered by into personas (config.persona_feature). Nothing that happens later is in it, so that
-- no persona converts by definition. `past` and `recency` are of the customer's earlier journeys and purchases;
-- `previous_channel` is that of the last earlier journey in which the customer did something, `none` where there is
-- none. Channels are told by their group (config.channel_group), those without one are `other`. Times are UTC.
with begun_journey as (
    select
        j.journey_id,
        j.customer_id,
        j.started_at,
        j.is_passive,
        b.device,
        b.earlier_journey_count,
        b.earlier_purchase_count,
        b.days_since_purchase,
        case
            when b.first_channel = 'unknown' then 'unknown'
            else coalesce(g.channel_group, 'other')
        end as channel
    from core.journey as j
    inner join core.journey_beginning as b on j.journey_id = b.journey_id
    left join config.channel_group as g on b.first_channel = g.channel
),

previous_journey as (
    select
        journey_id,
        last_value(case when not is_passive then channel end ignore nulls) over (
            partition by customer_id
            order by started_at, journey_id
            rows between unbounded preceding and 1 preceding
        ) as previous_channel
    from begun_journey
),

first_touchpoint as (
    select
        journey_id,
        stage
    from core.touchpoint
    where position = 1
),

journey_feature as (
    select
        b.journey_id,
        b.customer_id,
        case
            when b.earlier_purchase_count >= 2 then 'regular'
            when b.earlier_purchase_count = 1 then 'bought_once'
            when b.earlier_journey_count > 0 then 'looked'
            else 'newcomer'
        end as past,
        b.channel,
        b.device,
        coalesce(t.stage, 'unknown') as entry_stage,
        coalesce(p.previous_channel, 'none') as previous_channel,
        case
            when b.days_since_purchase is null then 'never'
            when b.days_since_purchase <= 30 then 'within_30_days'
            when b.days_since_purchase <= 90 then 'within_90_days'
            else 'longer'
        end as recency,
        case
            when extract(hour from b.started_at) < 6 then 'night'
            when extract(hour from b.started_at) < 12 then 'morning'
            when extract(hour from b.started_at) < 18 then 'afternoon'
            else 'evening'
        end as daypart,
        case when extract(isodow from b.started_at) >= 6 then 'weekend' else 'working_day' end as weekpart
    from begun_journey as b
    inner join previous_journey as p on b.journey_id = p.journey_id
    left join first_touchpoint as t on b.journey_id = t.journey_id
)

select * from journey_feature
