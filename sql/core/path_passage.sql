-- One row per passage of an active journey from one node of its path to the next, by the numbers of core.path_node.
-- grain: none, a journey may pass a link again after the same time
-- rebuild: full
-- From START to the first activity (`position` 0), from each activity to the next, and from the last one to the end of
-- its status at T. `next_gap_us` is the time between two activities, null from START and to an end. In the order of the
-- kinds (core.path_journey), so that a selection reads little more than its own.
with passage as (
    select
        j.kind_number,
        j.journey_number,
        t.position::integer as position,
        a.node_number,
        coalesce(n.node_number, case j.status when 'converted' then -1 when 'dropped' then -2 else -3 end)
            as next_number,
        t.next_gap_us
    from core.touchpoint_at_cutoff as t
    inner join core.path_journey as j on t.journey_id = j.journey_id
    inner join core.path_node as a on t.activity = a.node
    left join core.path_node as n on t.next_activity = n.node
    union all
    select
        j.kind_number,
        j.journey_number,
        0 as position,
        0 as node_number,
        a.node_number as next_number,
        null::bigint as next_gap_us
    from core.touchpoint_at_cutoff as t
    inner join core.path_journey as j on t.journey_id = j.journey_id
    inner join core.path_node as a on t.activity = a.node
    where t.position = 1
)

select * from passage
order by kind_number, journey_number, position
