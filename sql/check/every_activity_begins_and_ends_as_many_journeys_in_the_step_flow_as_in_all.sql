-- One row per activity that begins or ends other numbers of active journeys in the step flow than in mart.activity.
with flow_end as (
    select next_node as activity, journey_count as start_count, 0 as end_count
    from mart.step_flow
    where level = 'activity' and anchor = 'start' and node = 'START'
    union all
    select node as activity, 0 as start_count, journey_count as end_count
    from mart.step_flow
    where level = 'activity' and anchor = 'end' and step_number = -1
),

flow_activity as (
    select
        activity,
        sum(start_count)::bigint as start_count,
        sum(end_count)::bigint as end_count
    from flow_end
    group by activity
),

mismatch as (
    select
        activity,
        f.start_count,
        a.start_count - a.passive_start_count as expected_start_count,
        f.end_count,
        a.end_count - a.passive_end_count as expected_end_count
    from flow_activity as f
    full outer join mart.activity as a using (activity)
    where
        coalesce(f.start_count, 0) <> coalesce(a.start_count - a.passive_start_count, 0)
        or coalesce(f.end_count, 0) <> coalesce(a.end_count - a.passive_end_count, 0)
)

select * from mismatch
