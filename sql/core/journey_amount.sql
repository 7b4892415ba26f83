-- One row per journey with a purchase by T in the leading currency: what its purchases in it add up to.
-- grain: journey_id
-- rebuild: full
with journey_amount as (
    select
        t.journey_id,
        sum(t.amount)::decimal(38, 4) as amount
    from core.touchpoint_at_cutoff as t
    inner join core.leading_currency as l on t.currency = l.currency
    where t.is_purchase
    group by t.journey_id
)

select * from journey_amount
