-- One row per node of the path tree whose share is not that of its settled journeys, or lies outside its interval.
-- A share is given exactly where settled journeys pass and none has bought on the way or on the step itself. All
-- settled journeys are those of the root.
with path_node as (
    select
        level,
        node_id,
        depth,
        converted_count,
        dropped_count,
        settled_count,
        settled_converted_count,
        conversion_share,
        conversion_low_share,
        conversion_high_share,
        is_ranked,
        coalesce(purchased_count = 0 and purchase_ahead_count = converted_count, false) as is_beginning
    from mart.path_tree
),

all_settled as (
    select
        count(*)::bigint as settled_count,
        count(*) filter (where status = 'converted')::bigint as settled_converted_count
    from core.journey_at_cutoff
    where not is_passive and is_settled and status <> 'open'
),

mismatch as (
    select
        p.level,
        p.node_id,
        p.settled_count,
        p.settled_converted_count,
        p.conversion_share,
        p.conversion_low_share,
        p.conversion_high_share
    from path_node as p
    cross join all_settled as a
    where
        not (p.settled_converted_count between 0 and p.converted_count)
        or not (p.settled_count - p.settled_converted_count between 0 and p.dropped_count)
        or (p.is_beginning and p.settled_count > 0) <> (p.conversion_share is not null)
        or abs(p.conversion_share * p.settled_count - p.settled_converted_count) > 1e-6
        or (p.is_ranked and p.conversion_share is null)
        or (p.depth = 0 and p.settled_count <> a.settled_count)
        or (p.depth = 0 and p.settled_converted_count <> a.settled_converted_count)
        or not coalesce(
            p.conversion_low_share between 0 and p.conversion_share
            and p.conversion_high_share between p.conversion_share and 1,
            p.conversion_share is null and p.conversion_low_share is null and p.conversion_high_share is null
        )
)

select * from mismatch
