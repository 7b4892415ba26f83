-- One row per kind of active journeys and activity of their paths.
-- grain: (kind_number, activity)
-- rebuild: full
-- What mart.path_activity adds up, whose columns these are; a selection by what core.path_kind knows adds up its kinds.
with journey_activity as (
    select
        p.kind_number,
        p.journey_number,
        p.node_number,
        count(*)::bigint as touchpoint_count,
        count(*) filter (where p.position = 1)::bigint as start_count,
        count(*) filter (where p.next_number < 0)::bigint as end_count
    from core.path_passage as p
    where p.node_number > 0
    group by p.kind_number, p.journey_number, p.node_number
),

activity_cube as (
    select
        j.kind_number,
        n.node as activity,
        count(*)::bigint as journey_count,
        sum(j.touchpoint_count)::bigint as touchpoint_count,
        sum(j.start_count)::bigint as start_count,
        sum(j.end_count)::bigint as end_count
    from journey_activity as j
    inner join core.path_node as n on j.node_number = n.node_number
    group by j.kind_number, n.node
)

select * from activity_cube
