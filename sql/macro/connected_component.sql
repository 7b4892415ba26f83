-- connected_component(node, edge): one row per identity of the table `node` (identity_number) with the smallest
-- identity that the pairs of the table `edge` (linked_number, identity_number) connect it with: its component_number.
-- Both are names of tables or of common table expressions.
-- Every identity carries a label, at first its own number; each round takes the smallest label among its label's label
-- and its neighbours' labels' labels, and hands it to its old label too, so long chains collapse in a few rounds. It
-- ends when no label falls any more. (FastSV: Zhang, Azad, Buluç, 2020.) A label is always an identity of the same
-- component, so the last one is its smallest. Grouping the neighbours before the join with one's own label leaves the
-- planner no cross product to choose.
-- noqa: disable=all
create or replace macro connected_component(node, edge) as table
with recursive neighbour as (
    select
        identity_number,
        linked_number as neighbour_number
    from query_table(edge)
    union all
    select
        linked_number as identity_number,
        identity_number as neighbour_number
    from query_table(edge)
),

labelled (identity_number, component_number) using key (identity_number) as (
    select
        identity_number,
        identity_number as component_number
    from query_table(node)
    union all
    (
        with grandparent as (
            select
                child.identity_number,
                child.component_number as parent_number,
                parent.component_number as label
            from recurring.labelled as child
            inner join recurring.labelled as parent on child.component_number = parent.identity_number
        ),

        smallest_neighbour as (
            select
                n.identity_number,
                min(theirs.label) as label
            from neighbour as n
            inner join grandparent as theirs on n.neighbour_number = theirs.identity_number
            group by n.identity_number
        ),

        smaller_neighbour as (
            select
                mine.identity_number,
                mine.parent_number,
                nearby.label
            from smallest_neighbour as nearby
            inner join grandparent as mine on nearby.identity_number = mine.identity_number
            where nearby.label < mine.parent_number
        ),

        proposal as (
            select
                identity_number,
                label
            from smaller_neighbour
            union all
            select
                parent_number as identity_number,
                label
            from smaller_neighbour
            union all
            select
                identity_number,
                label
            from grandparent
            where label < parent_number
        )

        select
            p.identity_number,
            min(p.label) as component_number
        from proposal as p
        inner join recurring.labelled as present on p.identity_number = present.identity_number
        group by p.identity_number, present.component_number
        having min(p.label) < present.component_number
    )
)

select
    identity_number,
    component_number
from labelled
