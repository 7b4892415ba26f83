-- One row per segment whose journeys, states, touchpoints, purchases or money are not those of mart.headline.
-- A customer can be in several values, so only the whole has as many as there are with an active journey.
with selection_total as (
    select
        segment,
        sum(journey_count)::bigint as journey_count,
        sum(converted_count)::bigint as converted_count,
        sum(dropped_count)::bigint as dropped_count,
        sum(open_count)::bigint as open_count,
        sum(left_censored_count)::bigint as left_censored_count,
        sum(touchpoint_count)::bigint as touchpoint_count,
        sum(purchase_count)::bigint as purchase_count,
        sum(amount)::decimal(38, 4) as amount,
        max(customer_count)::bigint as largest_customer_count
    from mart.selection_headline
    group by segment
),

variant_total as (
    select
        segment,
        sum(journey_count)::bigint as journey_count,
        sum(converted_count)::bigint as converted_count
    from mart.selection_variant
    group by segment
),

mismatch as (
    select
        s.*,
        h.journey_count as headline_journey_count,
        v.journey_count as variant_journey_count
    from selection_total as s
    cross join mart.headline as h
    left join variant_total as v on s.segment = v.segment
    where
        s.journey_count <> h.journey_count
        or s.converted_count <> h.converted_count
        or s.dropped_count <> h.dropped_count
        or s.open_count <> h.open_count
        or s.left_censored_count <> h.left_censored_count
        or s.touchpoint_count <> h.touchpoint_count - h.passive_touchpoint_count
        or s.purchase_count <> h.purchase_count
        or s.amount is distinct from h.amount
        or s.largest_customer_count > h.customer_count
        or v.journey_count is distinct from h.journey_count
        or v.converted_count is distinct from h.converted_count
)

select * from mismatch
