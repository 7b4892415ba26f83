-- One row per funnel and last step reached whose next activities are not those of all who dropped after it.
with instead_total as (
    select
        funnel,
        step_number,
        sum(unit_count)::bigint as unit_count,
        max(dropped_count)::bigint as dropped_count
    from mart.funnel_instead
    group by funnel, step_number
),

required_step as (
    select
        funnel,
        step_number,
        lead(dropped_count) over (partition by funnel order by step_number) as dropped_count
    from mart.funnel
    where segment = 'all' and not is_optional
),

mismatch as (
    select
        s.funnel,
        s.step_number,
        s.dropped_count,
        i.unit_count
    from required_step as s
    left join instead_total as i on s.funnel = i.funnel and s.step_number = i.step_number
    where
        coalesce(s.dropped_count, 0) <> coalesce(i.unit_count, 0)
        or coalesce(i.dropped_count, 0) <> coalesce(i.unit_count, 0)
)

select * from mismatch
