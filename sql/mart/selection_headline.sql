-- One row per value of each segment that journeys can be chosen by: the totals that a selection opens with.
-- grain: (segment, segment_value)
-- rebuild: full
-- Over active journeys, as known at T; `all`/`all` is all of them. Segments are those of core.selection_journey, as
-- known when the journey began, `started_month` among them; a country can change within a journey and is not.
-- Customers are those of these journeys, so one who has journeys of two values is in both rows. `amount` sums the
-- purchases in `currency`, that of core.leading_currency.
with chosen_journey as (
    select
        * exclude (started_month, first_channel, device, persona, customer_kind, first_source),
        unnest([
            'all', 'started_month', 'first_channel', 'device', 'persona', 'customer_kind', 'first_source'
        ]) as segment,
        unnest([
            'all', started_month, first_channel, device, persona, customer_kind, first_source
        ]) as segment_value
    from core.selection_journey
),

counted_selection as (
    select
        segment,
        segment_value,
        count(*)::bigint as journey_count,
        count(*) filter (where status = 'converted')::bigint as converted_count,
        count(*) filter (where status = 'dropped')::bigint as dropped_count,
        count(*) filter (where status = 'open')::bigint as open_count,
        count(*) filter (where is_left_censored)::bigint as left_censored_count,
        count(distinct customer_id)::bigint as customer_count,
        count(distinct customer_id) filter (where is_identified)::bigint as identified_customer_count,
        sum(touchpoint_count)::bigint as touchpoint_count,
        sum(purchase_count)::bigint as purchase_count,
        sum(amount)::decimal(38, 4) as amount
    from chosen_journey
    group by segment, segment_value
),

selection_headline as (
    select
        c.*,
        case when c.amount is not null then l.currency end as currency
    from counted_selection as c
    left join core.leading_currency as l on true
)

select * from selection_headline
