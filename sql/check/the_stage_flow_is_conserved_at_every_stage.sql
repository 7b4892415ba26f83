-- One row per stage where the links in, the links out and the entrants of mart.stage_dropoff are not the same number.
with flow_in as (
    select to_state as stage, sum(journey_count)::bigint as in_count
    from mart.stage_flow
    group by 1
),

flow_out as (
    select
        from_stage as stage,
        sum(journey_count)::bigint as out_count,
        coalesce(sum(journey_count) filter (where to_state = 'dropped'), 0)::bigint as dropped_count,
        coalesce(sum(journey_count) filter (where to_state = 'open'), 0)::bigint as open_count
    from mart.stage_flow
    where from_stage not in ('start', 'resumed')
    group by 1
),

mismatch as (
    select
        d.stage,
        d.entered_count,
        i.in_count,
        o.out_count
    from mart.stage_dropoff as d
    left join flow_in as i on d.stage = i.stage
    left join flow_out as o on d.stage = o.stage
    where
        d.segment = 'all'
        and (
            i.in_count is distinct from d.entered_count
            or o.out_count is distinct from d.entered_count
            or o.dropped_count is distinct from d.dropped_count
            or o.open_count is distinct from d.open_count
        )
)

select * from mismatch
