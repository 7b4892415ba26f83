-- One row per row of mart.stage_reach whose three states do not add up, or segment whose values are not the whole.
with state_fault as (
    select
        segment,
        segment_value,
        from_stage,
        to_stage
    from mart.stage_reach
    where entered_count <> reached_count + missed_count + open_count
),

segment_total as (
    select
        segment,
        from_stage,
        to_stage,
        sum(entered_count)::bigint as entered_count,
        sum(reached_count)::bigint as reached_count,
        sum(open_count)::bigint as open_count
    from mart.stage_reach
    group by segment, from_stage, to_stage
),

total_fault as (
    select
        s.segment,
        null::varchar as segment_value,
        s.from_stage,
        s.to_stage
    from segment_total as s
    left join segment_total as w on s.from_stage = w.from_stage and s.to_stage = w.to_stage and w.segment = 'all'
    where
        s.entered_count is distinct from w.entered_count
        or s.reached_count is distinct from w.reached_count
        or s.open_count is distinct from w.open_count
),

mismatch as (
    select * from state_fault
    union all
    select * from total_fault
)

select * from mismatch
