-- One row per warehouse: the currency of most purchases up to T that have an amount; none where no purchase has one.
-- grain: a single row, or none
-- rebuild: full
-- Ties: the name that comes first. Purchases are counted, not their amounts added up: sums in different currencies
-- cannot be compared. Nothing is converted: `purchase_count` purchases are in it, `other_currency_count` in others.
with currency_total as (
    select
        currency,
        count(*)::bigint as purchase_count
    from core.touchpoint_at_cutoff
    where is_purchase and amount is not null and currency is not null
    group by currency
),

leading_currency as (
    select
        currency,
        purchase_count,
        (sum(purchase_count) over () - purchase_count)::bigint as other_currency_count
    from currency_total
    qualify row_number() over (order by purchase_count desc, currency) = 1
)

select * from leading_currency
