-- One row per segment, value and stage of mart.stage_exit whose exits and open journeys are not its entrants.
with stage_total as (
    select
        segment,
        segment_value,
        stage,
        min(entered_count)::bigint as entered_count,
        max(entered_count)::bigint as most_entered_count,
        min(open_count)::bigint as open_count,
        max(open_count)::bigint as most_open_count,
        sum(exit_count)::bigint as exit_count,
        sum(estimated_share) as share_total
    from mart.stage_exit
    group by segment, segment_value, stage
),

mismatch as (
    select t.*
    from stage_total as t
    full outer join mart.stage_dropoff as d
        on t.segment = d.segment and t.segment_value = d.segment_value and t.stage = d.stage
    where
        t.entered_count is distinct from d.entered_count
        or t.most_entered_count is distinct from t.entered_count
        or t.most_open_count is distinct from t.open_count
        or t.open_count > d.open_count
        or t.exit_count + t.open_count is distinct from t.entered_count
        or abs(t.share_total - 1) > 0.000001
)

select * from mismatch
