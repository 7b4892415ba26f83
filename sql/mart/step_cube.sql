-- One row per kind of active journeys and link of the step flow.
-- grain: (kind_number, level, anchor, step_number, node, next_node)
-- rebuild: full
-- What mart.step_flow adds up, whose columns these are; a selection by what core.path_kind knows adds up its kinds.
-- `next_node` is END where the journey has no further step: by the status of the kind CONVERTED, DROPPED or OPEN. In
-- the order of anchors and kinds, so that a flow reads little more than its own.
with step_limit as (
    select 8::bigint as step_count
),

staged_touchpoint as (
    select
        t.journey_id,
        t.position,
        case when t.is_purchase then 'decision' else t.stage end as stage
    from core.touchpoint_at_cutoff as t
    inner join core.first_purchase as p on t.journey_id = p.journey_id and t.position <= p.purchase_position
    where t.is_purchase or (not t.is_passive and t.stage <> 'unknown')
),

changed_stage as (
    select journey_id
    from staged_touchpoint
    qualify stage is distinct from lag(stage) over (partition by journey_id order by position)
),

purchase_stage as (
    select
        journey_id,
        count(*) + 1 as purchase_place
    from changed_stage
    group by journey_id
),

entered_stage as (
    select
        journey_id,
        list(distinct stage order by stage) as entered
    from core.stage_visit
    group by journey_id
),

journey_sequence as (
    select
        'stage' as level,
        j.stages as nodes,
        k.kind_number,
        p.purchase_place,
        coalesce(e.entered, []::varchar[]) as entered
    from core.journey_at_cutoff as j
    inner join core.path_journey as k on j.journey_id = k.journey_id
    left join purchase_stage as p on j.journey_id = p.journey_id
    left join entered_stage as e on j.journey_id = e.journey_id
    union all
    select
        'activity' as level,
        list_transform(
            list_filter(
                list_zip(j.activities, list_concat([null]::varchar[], j.activities), true),
                lambda pair: pair[1] is distinct from pair[2]
            ),
            lambda pair: pair[1]
        ) as nodes,
        k.kind_number,
        case
            when p.purchase_position is not null
                then len(
                    list_filter(
                        list_zip(
                            j.activities[1:p.purchase_position],
                            list_concat([null]::varchar[], j.activities[1:p.purchase_position]),
                            true
                        ),
                        lambda pair: pair[1] is distinct from pair[2]
                    )
                )
        end as purchase_place,
        null::varchar[] as entered
    from core.journey_at_cutoff as j
    inner join core.path_journey as k on j.journey_id = k.journey_id
    left join core.first_purchase as p on j.journey_id = p.journey_id
),

counted_sequence as (
    select
        level,
        nodes,
        len(nodes) as node_count,
        kind_number,
        purchase_place,
        entered,
        count(*) as journey_count
    from journey_sequence
    group by level, nodes, kind_number, purchase_place, entered
),

anchored_sequence as (
    select
        *,
        unnest(['start', 'end', 'purchase']) as anchor,
        unnest([0, node_count + 1, purchase_place]) as anchor_place
    from counted_sequence
),

placed_link as (
    select
        s.*,
        l.step_count,
        unnest(
            list_concat(
                case when s.anchor_place > l.step_count + 1 then [0] else []::bigint[] end,
                range(
                    greatest(0, s.anchor_place - l.step_count - 1),
                    least(s.node_count, s.anchor_place + l.step_count) + 1
                ),
                case when s.node_count > s.anchor_place + l.step_count then [s.node_count] else []::bigint[] end
            )
        ) as place
    from anchored_sequence as s
    cross join step_limit as l
    where s.anchor_place is not null
),

named_link as (
    select
        level,
        anchor,
        kind_number,
        journey_count,
        greatest(-step_count - 2, least(step_count + 1, place - anchor_place)) as step_number,
        case
            when place = 0 then 'START'
            when abs(place - anchor_place) > step_count then 'MORE'
            else nodes[place]
        end as node,
        case
            when place = node_count then 'END'
            when abs(place + 1 - anchor_place) > step_count then 'MORE'
            else nodes[place + 1]
        end as next_node,
        place = node_count as is_end,
        list_position(nodes, nodes[place + 1]) = place + 1
        and (entered is null or list_contains(entered, nodes[place + 1])) as is_first
    from placed_link
),

step_cube as (
    select
        kind_number,
        level,
        anchor,
        step_number::bigint as step_number,
        node,
        next_node,
        sum(journey_count)::bigint as journey_count,
        coalesce(
            sum(journey_count) filter (where is_end or (is_first and next_node <> 'MORE')), 0
        )::bigint as first_count
    from named_link
    group by kind_number, level, anchor, step_number, node, next_node
)

select * from step_cube
order by level, anchor, kind_number
