-- One row per node and number of mart.step_flow that more or fewer journeys leave than reach.
with reached_step as (
    select
        level,
        anchor,
        next_node as node,
        -- Within MORE nothing is numbered: what goes into it far from the anchor comes out of it nearer.
        case
            when next_node <> 'MORE' then step_number + 1
            when step_number < 0 then -1
            else 1
        end as place,
        sum(journey_count)::bigint as in_count,
        sum(converted_count)::bigint as converted_count,
        sum(dropped_count)::bigint as dropped_count,
        sum(open_count)::bigint as open_count
    from mart.step_flow
    where next_node not in ('CONVERTED', 'DROPPED', 'OPEN')
    group by all
),

left_step as (
    select
        level,
        anchor,
        node,
        case
            when node <> 'MORE' then step_number
            when step_number < 0 then -1
            else 1
        end as place,
        sum(journey_count)::bigint as out_count,
        sum(converted_count)::bigint as converted_count,
        sum(dropped_count)::bigint as dropped_count,
        sum(open_count)::bigint as open_count
    from mart.step_flow
    where node <> 'START'
    group by all
),

mismatch as (
    select
        level,
        anchor,
        node,
        place,
        r.in_count,
        l.out_count
    from reached_step as r
    full outer join left_step as l using (level, anchor, node, place)
    where
        r.in_count is distinct from l.out_count
        or r.converted_count is distinct from l.converted_count
        or r.dropped_count is distinct from l.dropped_count
        or r.open_count is distinct from l.open_count
)

select * from mismatch
