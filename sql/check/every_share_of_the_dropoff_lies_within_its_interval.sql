-- One row per row of mart.stage_dropoff with a share outside 0 to 1 or outside its interval.
with tolerance as (
    select 1e-9 as tolerance
),

mismatch as (
    select d.*
    from mart.stage_dropoff as d
    cross join tolerance as t
    where
        not (
            d.estimated_low_share >= 0
            and d.estimated_low_share <= d.estimated_dropoff_share + t.tolerance
            and d.estimated_dropoff_share <= d.estimated_high_share + t.tolerance
            and d.estimated_high_share <= 1
        )
        or not (
            d.observed_low_share >= 0
            and d.observed_low_share <= d.observed_dropoff_share + t.tolerance
            and d.observed_dropoff_share <= d.observed_high_share + t.tolerance
            and d.observed_high_share <= 1
        )
)

select * from mismatch
