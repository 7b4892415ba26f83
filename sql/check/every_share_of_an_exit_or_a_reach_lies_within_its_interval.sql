-- One row per share of mart.stage_exit or mart.stage_reach outside 0 to 1 or outside its interval.
with share_told as (
    select
        segment,
        segment_value,
        stage,
        exit as what,
        estimated_share as told_share,
        estimated_low_share as low_share,
        estimated_high_share as high_share
    from mart.stage_exit
    union all
    select
        segment,
        segment_value,
        from_stage as stage,
        to_stage as what,
        estimated_reach_share as told_share,
        estimated_low_share as low_share,
        estimated_high_share as high_share
    from mart.stage_reach
    union all
    select
        segment,
        segment_value,
        from_stage as stage,
        to_stage as what,
        observed_reach_share as told_share,
        observed_low_share as low_share,
        observed_high_share as high_share
    from mart.stage_reach
),

mismatch as (
    select * from share_told
    where
        not (
            low_share >= 0
            and low_share <= told_share + 0.000000001
            and told_share <= high_share + 0.000000001
            and high_share <= 1
        )
        or (told_share is null) <> (low_share is null)
)

select * from mismatch
