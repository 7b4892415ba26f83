-- One row per barrier of mart.opportunity that mart.stage_dropoff counts otherwise, or that is there twice.
with barrier as (
    select
        stage,
        segment,
        segment_value,
        count(*)::bigint as row_count,
        max(entered_count) as entered_count
    from mart.opportunity
    group by stage, segment, segment_value
),

mismatch as (
    select
        b.*,
        d.entered_count as dropoff_count
    from barrier as b
    left join mart.stage_dropoff as d
        on b.stage = d.stage and b.segment = d.segment and b.segment_value = d.segment_value
    where b.row_count > 1 or b.entered_count is distinct from d.entered_count
)

select * from mismatch
