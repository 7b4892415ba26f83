-- One row per model and dimension of mart.attribution whose credits or amounts are not those of all conversions.
with tolerance as (
    select 1e-9 as relative_tolerance
),

everything as (
    select count(*)::bigint as conversion_count
    from core.journey
    where status = 'converted' and not is_passive
),

amount as (
    select
        currency,
        sum(cast(amount as double)) as amount
    from core.journey
    where status = 'converted' and not is_passive
    group by currency
),

credited as (
    select
        model,
        dimension,
        currency,
        max(conversion_count) as stated_count,
        min(conversion_count) as least_stated_count,
        sum(conversion_credit) as credit,
        sum(amount_credit) as amount_credit
    from mart.attribution
    group by model, dimension, currency
),

mismatch as (
    select
        c.*,
        e.conversion_count,
        a.amount
    from credited as c
    cross join everything as e
    cross join tolerance as t
    left join amount as a on c.currency = a.currency
    where
        c.stated_count <> e.conversion_count
        or c.least_stated_count <> e.conversion_count
        or abs(c.credit - e.conversion_count) > t.relative_tolerance * (1 + e.conversion_count)
        or abs(c.amount_credit - coalesce(a.amount, 0)) > t.relative_tolerance * (1 + coalesce(a.amount, 0))
)

select * from mismatch
