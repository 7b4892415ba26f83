-- One row per active journey: everything that journeys are chosen by, and what a selection's totals are made of.
-- grain: journey_id
-- rebuild: full
-- `started_month`, `first_channel`, `device`, `persona` and `customer_kind` are those of core.path_journey (rare values
-- folded into `other`), `first_source` that of the first touchpoint; `unknown` where nothing was known. A country can
-- change within a journey: it is that of entering a stage, in mart.stage_entrant alone. All is as known at T: what came
-- after it is not counted.
-- `amount` sums the purchases in the leading currency, null where there are none. A customer is identified when a
-- strong identity names them.
with purchase as (
    select
        t.journey_id,
        count(*)::bigint as purchase_count,
        sum(case when t.currency = l.currency then t.amount end)::decimal(38, 4) as amount
    from core.touchpoint_at_cutoff as t
    left join core.leading_currency as l on true
    where t.is_purchase
    group by t.journey_id
),

identified_customer as (
    select distinct i.customer_id
    from core.customer_identity as i
    inner join config.identity_type as y on i.identity_type = y.identity_type
    where y.strength = 'strong'
),

selection_journey as (
    select
        p.journey_id,
        j.customer_id,
        j.status,
        p.is_settled,
        j.is_left_censored,
        p.started_month,
        p.first_channel,
        p.device,
        p.persona,
        p.customer_kind,
        coalesce(nullif(j.first_source, ''), 'unknown') as first_source,
        j.started_at,
        j.ended_at,
        j.touchpoint_count,
        coalesce(o.purchase_count, 0)::bigint as purchase_count,
        o.amount,
        i.customer_id is not null as is_identified
    from core.path_journey as p
    inner join core.journey_at_cutoff as j on p.journey_id = j.journey_id
    left join purchase as o on p.journey_id = o.journey_id
    left join identified_customer as i on j.customer_id = i.customer_id
)

select * from selection_journey
