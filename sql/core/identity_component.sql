-- One row per usable strong or reference identity with the customer it belongs to.
-- grain: identity_number
-- rebuild: full
-- Connected components of core.identity_link. Every identity carries a label, at first its own number; each round takes
-- the smallest label among its label's label and its neighbours' labels' labels, and hands it to its old label too, so
-- long chains collapse in a few rounds. It ends when no label falls any more. (FastSV: Zhang, Azad, Buluç, 2020.)
-- A label is always an identity of the same component, so the last one is its smallest: the representative.
-- Grouping the neighbours before the join with one's own label leaves the planner no cross product to choose.
-- noqa: disable=all
with recursive neighbour as (
    select
        identity_number,
        linked_number as neighbour_number
    from core.identity_link
    union all
    select
        linked_number as identity_number,
        identity_number as neighbour_number
    from core.identity_link
),

usable_identity as (
    select i.identity_number
    from core.identity as i
    where
        i.strength in ('strong', 'reference')
        and not exists (select 1 from core.shared_identity as q where q.identity_number = i.identity_number)
),

labelled (identity_number, customer_number) using key (identity_number) as (
    select
        identity_number,
        identity_number as customer_number
    from usable_identity
    union all
    (
        with grandparent as (
            select
                child.identity_number,
                child.customer_number as parent_number,
                parent.customer_number as label
            from recurring.labelled as child
            inner join recurring.labelled as parent on child.customer_number = parent.identity_number
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
            min(p.label) as customer_number
        from proposal as p
        inner join recurring.labelled as present on p.identity_number = present.identity_number
        group by p.identity_number, present.customer_number
        having min(p.label) < present.customer_number
    )
)

select
    identity_number,
    customer_number
from labelled
