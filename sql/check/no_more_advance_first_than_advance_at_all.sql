-- One row per row of mart.stage_exit where more journeys left by advancing than advanced in mart.stage_dropoff.
with mismatch as (
    select
        e.segment,
        e.segment_value,
        e.stage,
        e.exit_count,
        d.advanced_count
    from mart.stage_exit as e
    inner join mart.stage_dropoff as d
        on e.segment = d.segment and e.segment_value = d.segment_value and e.stage = d.stage
    where e.exit = 'advanced' and e.exit_count > d.advanced_count
)

select * from mismatch
