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
with step_flow as (
    select
        c.level,
        c.anchor,
        c.step_number,
        c.node,
        case c.next_node when 'END' then upper(k.status) else c.next_node end as next_node,
        sum(c.journey_count)::bigint as journey_count,
        sum(c.first_count)::bigint as first_count,
        coalesce(sum(c.journey_count) filter (where k.status = 'converted'), 0)::bigint as converted_count,
        coalesce(sum(c.journey_count) filter (where k.status = 'dropped'), 0)::bigint as dropped_count,
        coalesce(sum(c.journey_count) filter (where k.status = 'open'), 0)::bigint as open_count,
        coalesce(
            sum(c.journey_count) filter (where k.is_settled and k.status = 'converted'), 0
        )::bigint as settled_converted_count,
        coalesce(sum(c.journey_count) filter (where k.is_settled and k.status <> 'open'), 0)::bigint as settled_count
    from mart.step_cube as c
    inner join core.path_kind as k on c.kind_number = k.kind_number
    group by all
)

select * from step_flow
