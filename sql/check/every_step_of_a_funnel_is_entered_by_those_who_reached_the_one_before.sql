-- One row per funnel, segment value and required step that does not begin with those whom the one before let through.
-- By value of the step before the value may change on the way, so only the whole is asked there.
with required_step as (
    select
        *,
        lag(advanced_count + started_count) over chain as reached_before_count
    from mart.funnel
    where not is_optional and segment = 'all'
    window chain as (partition by funnel, segment_value order by step_number)
),

mismatch as (
    select * from required_step
    where reached_before_count is not null and entered_count <> reached_before_count
)

select * from mismatch
