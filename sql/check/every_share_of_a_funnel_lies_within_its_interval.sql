-- One row per row of mart.funnel with a share outside of 0 to 1 or of its own interval.
with mismatch as (
    select * from mart.funnel
    where
        not (
            coalesce(observed_step_share between observed_low_share and observed_high_share, true)
            and coalesce(estimated_step_share between estimated_low_share and estimated_high_share, true)
            and coalesce(overall_share between overall_low_share and overall_high_share, true)
            and coalesce(least(observed_low_share, estimated_low_share, overall_low_share) >= 0, true)
            and coalesce(greatest(observed_high_share, estimated_high_share, overall_high_share) <= 1, true)
        )
)

select * from mismatch
