-- One row per change whose difference lies outside its interval, or whose share lies outside 0 to 1.
with mismatch as (
    select *
    from mart.change
    where
        not (difference_low_points <= difference_points + 1e-9 and difference_points <= difference_high_points + 1e-9)
        or not (present_share >= 0 and present_share <= 1 and previous_share >= 0 and previous_share <= 1 + 1e-9)
        or not (p_value >= 0 and p_value <= 1 and q_value >= p_value - 1e-12 and q_value <= 1)
        or (is_significant and not is_ranked)
)

select * from mismatch
