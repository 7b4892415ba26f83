-- One row per segment, value and stage where the links in, the links out and the entrants are not the same number.
-- Values with entrants but without a flow, and the other way round, are among them.
with flow_in as (
    select
        segment,
        segment_value,
        to_state as stage,
        sum(journey_count)::bigint as in_count
    from mart.selection_flow
    where from_stage in ('start', 'resumed', 'from_elsewhere') or to_state not in ('dropped', 'open', 'to_elsewhere')
    group by segment, segment_value, to_state
),

flow_out as (
    select
        segment,
        segment_value,
        from_stage as stage,
        sum(journey_count)::bigint as out_count,
        coalesce(sum(journey_count) filter (where to_state = 'dropped'), 0)::bigint as dropped_count,
        coalesce(sum(journey_count) filter (where to_state = 'open'), 0)::bigint as open_count
    from mart.selection_flow
    where from_stage not in ('start', 'resumed', 'from_elsewhere')
    group by segment, segment_value, from_stage
),

chosen_dropoff as (
    select
        segment,
        segment_value,
        stage,
        entered_count,
        dropped_count,
        open_count
    from mart.stage_dropoff
    where segment in (select segment from mart.selection_flow)
),

mismatch as (
    select
        coalesce(d.segment, o.segment) as segment,
        coalesce(d.segment_value, o.segment_value) as segment_value,
        coalesce(d.stage, o.stage) as stage,
        d.entered_count,
        i.in_count,
        o.out_count
    from chosen_dropoff as d
    full join flow_out as o
        on d.segment = o.segment and d.segment_value = o.segment_value and d.stage = o.stage
    left join flow_in as i
        on d.segment = i.segment and d.segment_value = i.segment_value and d.stage = i.stage
    where
        i.in_count is distinct from d.entered_count
        or o.out_count is distinct from d.entered_count
        or o.dropped_count is distinct from d.dropped_count
        or o.open_count is distinct from d.open_count
)

select * from mismatch
