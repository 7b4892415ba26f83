-- One row per activity and stage that its touchpoints were given.
-- grain: (activity, stage)
-- rebuild: full
-- `touchpoint_share` is of the activity's touchpoints. Confidences are added up as decimals: a sum of doubles would
-- depend on the order of the rows.
with counted_activity_stage as (
    select
        activity,
        stage,
        count(*)::bigint as touchpoint_count,
        count(distinct journey_id)::bigint as journey_count,
        (sum(stage_confidence::decimal(18, 6)) / count(*))::double as mean_confidence
    from core.touchpoint_at_cutoff
    group by activity, stage
),

activity_stage as (
    select
        *,
        touchpoint_count / sum(touchpoint_count) over (partition by activity) as touchpoint_share
    from counted_activity_stage
)

select * from activity_stage
