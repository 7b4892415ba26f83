-- One row per row of mart.opportunity whose gain or share lies outside its bounds, or is not what its parts make.
with tolerance as (
    select 1e-6 as tolerance
),

mismatch as (
    select o.*
    from mart.opportunity as o
    cross join tolerance as t
    where
        not (
            o.customers_low_per_month >= 0
            and o.customers_low_per_month <= o.customers_per_month
            and o.customers_per_month <= o.customers_high_per_month
        )
        or not (
            o.amount_low_per_month >= 0
            and o.amount_low_per_month <= o.amount_per_month
            and o.amount_per_month <= o.amount_high_per_month
        )
        or not (
            o.present_low_share >= 0
            and o.present_low_share <= o.present_advance_share
            and o.present_advance_share <= o.present_high_share
            and o.present_high_share <= 1
        )
        or not o.target_advance_share between 0 and 1
        or not o.goal_share between 0 and 1
        or o.customers_per_month > o.entrants_per_month + t.tolerance
        or abs(
            o.customers_per_month
            - o.entrants_per_month * greatest(o.target_advance_share - o.present_advance_share, 0) * o.goal_share
        ) > t.tolerance
)

select * from mismatch
