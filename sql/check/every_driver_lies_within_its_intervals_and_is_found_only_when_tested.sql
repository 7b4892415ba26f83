-- One row per row of mart.driver with a count, a share, an interval or a finding that cannot be.
with tolerance as (
    select 1e-6 as tolerance
),

mismatch as (
    select d.*
    from mart.driver as d
    cross join tolerance as t
    where
        d.exposed_count < 0
        or d.exposed_count > d.entered_count
        or abs(d.exposed_share * d.entered_count - d.exposed_count) > t.tolerance * d.entered_count
        or not (
            d.hazard_ratio_low >= 0
            and d.hazard_ratio_low <= d.hazard_ratio * (1 + t.tolerance)
            and d.hazard_ratio <= d.hazard_ratio_high * (1 + t.tolerance)
        )
        or not (
            d.difference_low_points <= d.difference_points + t.tolerance
            and d.difference_points <= d.difference_high_points + t.tolerance
            and d.difference_low_points >= -100 - t.tolerance
            and d.difference_high_points <= 100 + t.tolerance
        )
        or not d.exposed_dropoff_share between -t.tolerance and 1 + t.tolerance
        or not d.unexposed_dropoff_share between -t.tolerance and 1 + t.tolerance
        or abs(100 * (d.exposed_dropoff_share - d.unexposed_dropoff_share) - d.difference_points) > t.tolerance * 100
        or not d.p_value between 0 and 1
        or d.q_value < d.p_value * (1 - t.tolerance)
        or d.q_value > 1
        or (d.p_value is null) <> (d.q_value is null)
        or d.is_found <> coalesce(d.q_value <= 0.05 and (d.hazard_ratio_low > 1 or d.hazard_ratio_high < 1), false)
)

select * from mismatch
