-- One row per node of the paths: START, the three ends, and every activity, with a number to group by.
-- grain: node_number
-- rebuild: full
with path_node as (
    select
        activity as node,
        (row_number() over (order by activity))::integer as node_number
    from (
        select distinct activity
        from core.touchpoint_at_cutoff
    ) as named
    union all
    select
        node,
        node_number
    from (values ('START', 0), ('CONVERTED', -1), ('DROPPED', -2), ('OPEN', -3)) as terminal (node, node_number)
)

select * from path_node
