-- One row per node of mart.path_tree whose journeys of a status are not its children's and those that end there.
-- Likewise for first purchases: those ahead are the children's and those on this step.
with child_total as (
    select
        level,
        parent_id as node_id,
        sum(journey_count)::bigint as journey_count,
        sum(converted_count)::bigint as converted_count,
        sum(dropped_count)::bigint as dropped_count,
        sum(open_count)::bigint as open_count,
        sum(purchase_ahead_count)::bigint as purchase_ahead_count
    from mart.path_tree
    where parent_id is not null
    group by level, parent_id
),

mismatch as (
    select
        n.level,
        n.node_id,
        n.journey_count,
        c.journey_count as child_journey_count
    from mart.path_tree as n
    left join child_total as c on n.level = c.level and n.node_id = c.node_id
    where
        n.journey_count <> n.converted_count + n.dropped_count + n.open_count
        or (n.is_rest and c.node_id is not null)
        or (
            not n.is_rest
            and (
                n.converted_count is distinct from coalesce(c.converted_count, 0) + n.ended_converted_count
                or n.dropped_count is distinct from coalesce(c.dropped_count, 0) + n.ended_dropped_count
                or n.open_count is distinct from coalesce(c.open_count, 0) + n.ended_open_count
                or n.purchase_ahead_count is distinct from coalesce(c.purchase_ahead_count, 0) + n.purchased_count
            )
        )
),

orphan as (
    select
        c.level,
        c.node_id,
        c.journey_count as child_journey_count
    from child_total as c
    left join mart.path_tree as n on c.level = n.level and c.node_id = n.node_id
    where n.node_id is null
)

select * from mismatch
union all by name
select * from orphan
