-- One row per table of statistics with a figure that is NaN or infinite: what cannot be told is null.
-- A sum is finite where every figure of the row is; nulls are left out of it.
with figures as (
    select
        'stage_dropoff' as table_name,
        list_sum([
            observed_dropoff_share, estimated_dropoff_share, estimated_low_share, estimated_high_share,
            observed_low_share, observed_high_share, followed_days
        ]) as total
    from mart.stage_dropoff
    union all
    select
        'stage_exit' as table_name,
        list_sum([estimated_share, estimated_low_share, estimated_high_share]) as total
    from mart.stage_exit
    union all
    select
        'stage_reach' as table_name,
        list_sum([
            observed_reach_share, estimated_reach_share, estimated_low_share, estimated_high_share,
            observed_low_share, observed_high_share
        ]) as total
    from mart.stage_reach
    union all
    select
        'time_in_stage' as table_name,
        list_sum([seconds, low_seconds, high_seconds]) as total
    from mart.time_in_stage
    union all
    select
        'funnel' as table_name,
        list_sum([
            observed_step_share, observed_low_share, observed_high_share, estimated_step_share,
            estimated_low_share, estimated_high_share, overall_share, overall_low_share, overall_high_share,
            median_seconds, p75_seconds, p90_seconds
        ]) as total
    from mart.funnel
    union all
    select
        'funnel_instead' as table_name,
        list_sum([share]) as total
    from mart.funnel_instead
    union all
    select
        'driver' as table_name,
        list_sum([
            exposed_share, hazard_ratio, hazard_ratio_low, hazard_ratio_high, exposed_dropoff_share,
            unexposed_dropoff_share, difference_points, difference_low_points, difference_high_points,
            p_value, q_value
        ]) as total
    from mart.driver
    union all
    select
        'opportunity' as table_name,
        list_sum([
            entrants_per_month, estimated_advance_share, present_advance_share, present_low_share,
            present_high_share, target_advance_share, goal_share, amount_per_purchase, customers_per_month,
            customers_low_per_month, customers_high_per_month, amount_per_month, amount_low_per_month,
            amount_high_per_month, overlap_share
        ]) as total
    from mart.opportunity
    union all
    select
        'change' as table_name,
        list_sum([
            present_share, previous_share, difference_points, difference_low_points, difference_high_points,
            relative_change, design_effect, dispersion, p_value, q_value
        ]) as total
    from mart.change
    union all
    select
        'change_reason' as table_name,
        list_sum([
            contribution_points, rate_points, mix_points, present_share, previous_share, unit_share,
            explained_share
        ]) as total
    from mart.change_reason
    union all
    select
        'alert' as table_name,
        list_sum([value, reference_value, difference]) as total
    from mart.alert
    union all
    select
        'attribution' as table_name,
        list_sum([
            conversion_credit, credit_low, credit_high, credit_share, amount_credit, amount_low, amount_high
        ]) as total
    from mart.attribution
),

mismatch as (
    select
        table_name,
        count(*) as row_count
    from figures
    where not isfinite(total)
    group by table_name
)

select * from mismatch
