-- One row per funnel, segment and step whose values do not add up to the whole.
with segment_total as (
    select
        funnel,
        segment,
        step_number,
        sum(entered_count)::bigint as entered_count,
        sum(advanced_count)::bigint as advanced_count,
        sum(dropped_count)::bigint as dropped_count,
        sum(open_count)::bigint as open_count
    from mart.funnel
    group by funnel, segment, step_number
),

mismatch as (
    select s.*
    from segment_total as s
    left join segment_total as w on s.funnel = w.funnel and s.step_number = w.step_number and w.segment = 'all'
    where
        s.entered_count is distinct from w.entered_count
        or s.advanced_count is distinct from w.advanced_count
        or s.dropped_count is distinct from w.dropped_count
        or s.open_count is distinct from w.open_count
)

select * from mismatch
