-- One row per offered window, table and stage whose entrants are not those of mart.stage_entrant.
with counted as (
    select
        offered_days,
        'stay_cube' as table_name,
        stage,
        sum(stay_count)::bigint as entered_count
    from mart.stay_cube
    group by offered_days, stage
    union all by name
    select
        offered_days,
        'flow_cube' as table_name,
        from_stage as stage,
        sum(journey_count)::bigint as entered_count
    from mart.flow_cube
    where from_stage not in ('start', 'resumed')
    group by offered_days, from_stage
    union all by name
    select
        offered_days,
        'reach_cube' as table_name,
        split_part(stage, ' > ', 1) as stage,
        -- So many later stages can be reached from it.
        (
            sum(stay_count)
            / case split_part(stage, ' > ', 1) when 'awareness' then 3 when 'consideration' then 2 else 1 end
        )::bigint as entered_count
    from mart.reach_cube
    group by offered_days, split_part(stage, ' > ', 1)
    union all by name
    select
        offered_days,
        'window_time' as table_name,
        stage,
        max(entered_count)::bigint as entered_count
    from mart.window_time
    where segment = 'all'
    group by offered_days, stage
),

listed as (
    select
        stage,
        count(*)::bigint as entered_count
    from mart.stage_entrant
    group by stage
),

counted_table as (
    select distinct
        offered_days,
        table_name
    from counted
),

expected as (
    select
        t.offered_days,
        t.table_name,
        l.stage,
        l.entered_count
    from counted_table as t
    cross join listed as l
    where t.table_name <> 'reach_cube' or l.stage <> 'post_purchase'
),

mismatch as (
    select
        coalesce(e.offered_days, c.offered_days) as offered_days,
        coalesce(e.table_name, c.table_name) as table_name,
        coalesce(e.stage, c.stage) as stage,
        e.entered_count,
        c.entered_count as table_count
    from expected as e
    full join counted as c
        on e.offered_days = c.offered_days and e.table_name = c.table_name and e.stage = c.stage
    where e.entered_count is distinct from c.entered_count
)

select * from mismatch
