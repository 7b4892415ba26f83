-- One row per anchor and stage where the step flow has other entrants than the drop-off, those within MORE counted too.
with flow_entrant as (
    select
        anchor,
        next_node as stage,
        sum(first_count)::bigint as first_count
    from mart.step_flow
    where level = 'stage' and anchor <> 'purchase'
    group by anchor, next_node
),

entry as (
    select
        v.stage,
        list_position(j.stages, v.stage) as place,
        len(j.stages) + 1 - list_position(j.stages, v.stage) as place_from_end
    from core.stage_visit as v
    inner join core.journey_at_cutoff as j on v.journey_id = j.journey_id
    where not j.is_passive
),

hidden_entrant as (
    select
        stage,
        count(*) filter (where place > 8)::bigint as hidden_count,
        count(*) filter (where place_from_end > 8)::bigint as hidden_from_end_count
    from entry
    group by stage
),

anchored_dropoff as (
    select
        stage,
        entered_count,
        unnest(['start', 'end']) as anchor
    from mart.stage_dropoff
    where segment = 'all'
),

mismatch as (
    select
        d.anchor,
        d.stage,
        d.entered_count,
        f.first_count,
        case when d.anchor = 'start' then h.hidden_count else h.hidden_from_end_count end as hidden_count
    from anchored_dropoff as d
    left join flow_entrant as f on d.anchor = f.anchor and d.stage = f.stage
    left join hidden_entrant as h on d.stage = h.stage
    where
        d.entered_count <> coalesce(f.first_count, 0)
        + coalesce(case when d.anchor = 'start' then h.hidden_count else h.hidden_from_end_count end, 0)
)

select * from mismatch
