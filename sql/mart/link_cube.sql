-- One row per kind of active journeys and link of their paths, by the numbers of core.path_node.
-- grain: (kind_number, node_number, next_number)
-- rebuild: full
-- What mart.path_link adds up: `follow_count` passages, `journey_count` journeys with at least one. A selection by what
-- core.path_kind knows adds up its kinds.
with journey_link as (
    select
        kind_number,
        journey_number,
        node_number,
        next_number,
        count(*)::bigint as follow_count
    from core.path_passage
    group by kind_number, journey_number, node_number, next_number
),

link_cube as (
    select
        kind_number,
        node_number,
        next_number,
        sum(follow_count)::bigint as follow_count,
        count(*)::bigint as journey_count
    from journey_link
    group by kind_number, node_number, next_number
)

select * from link_cube
