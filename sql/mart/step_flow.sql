-- One row per link of the step flow: from one step of a journey to the next, counted from where journeys are anchored.
-- grain: (level, anchor, step_number, node, next_node)
-- rebuild: full
-- Over active journeys, as they were at T. Steps are the stages of a journey (`level` stage) or its activities
-- (activity), immediate repeats being one step; loops are unrolled, so a later return is a step of its own. They are
-- numbered from the anchor, which is 0: START before the first step (`anchor` start), the end after the last one (end),
-- or the purchase (purchase: the activity that is the purchase, or the entry into `post_purchase` by it; only journeys
-- with one). `step_number` is the number of `node`. Further than 8 steps away all steps are the one node MORE. So at
-- every node but START and the ends, and at every number, as many journeys go out as come in. A journey is at most once
-- in a row; `journey_count` is split by its status at T. `first_count` of them reach `next_node` for the first time
-- there: at stage level they enter that stage, as core.stage_visit has it (after-sales contact without a purchase
-- enters nothing), so over all rows it adds up to the entrants of mart.stage_dropoff, less those whose entry lies in
-- MORE; 0 for MORE, all for an end. Of the journeys that began early enough for their outcome to be known at T
-- (is_settled, see core.settled_until), `settled_count` are closed, `settled_converted_count` of them with a purchase:
-- a share of purchases is the one ÷ the other.
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
        j.status,
        j.is_settled,
        p.purchase_place,
        coalesce(e.entered, []::varchar[]) as entered
    from core.journey_at_cutoff as j
    left join purchase_stage as p on j.journey_id = p.journey_id
    left join entered_stage as e on j.journey_id = e.journey_id
    where not j.is_passive
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
        j.status,
        j.is_settled,
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
    left join core.first_purchase as p on j.journey_id = p.journey_id
    where not j.is_passive
),

counted_sequence as (
    select
        level,
        nodes,
        len(nodes) as node_count,
        status,
        is_settled,
        purchase_place,
        entered,
        count(*) as journey_count
    from journey_sequence
    group by level, nodes, status, is_settled, purchase_place, entered
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
        status,
        is_settled,
        journey_count,
        greatest(-step_count - 2, least(step_count + 1, place - anchor_place)) as step_number,
        case
            when place = 0 then 'START'
            when abs(place - anchor_place) > step_count then 'MORE'
            else nodes[place]
        end as node,
        case
            when place = node_count then upper(status)
            when abs(place + 1 - anchor_place) > step_count then 'MORE'
            else nodes[place + 1]
        end as next_node,
        place = node_count as is_end,
        list_position(nodes, nodes[place + 1]) = place + 1
        and (entered is null or list_contains(entered, nodes[place + 1])) as is_first
    from placed_link
),

step_flow as (
    select
        level,
        anchor,
        step_number::bigint as step_number,
        node,
        next_node,
        sum(journey_count)::bigint as journey_count,
        coalesce(
            sum(journey_count) filter (where is_end or (is_first and next_node <> 'MORE')), 0
        )::bigint as first_count,
        coalesce(sum(journey_count) filter (where status = 'converted'), 0)::bigint as converted_count,
        coalesce(sum(journey_count) filter (where status = 'dropped'), 0)::bigint as dropped_count,
        coalesce(sum(journey_count) filter (where status = 'open'), 0)::bigint as open_count,
        coalesce(
            sum(journey_count) filter (where is_settled and status = 'converted'), 0
        )::bigint as settled_converted_count,
        coalesce(sum(journey_count) filter (where is_settled and status <> 'open'), 0)::bigint as settled_count
    from named_link
    group by level, anchor, step_number, node, next_node
)

select * from step_flow
