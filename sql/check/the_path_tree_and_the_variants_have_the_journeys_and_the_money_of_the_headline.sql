-- One row per table of paths whose journeys, by status, or whose money are not those of mart.headline.
with path_total as (
    select
        'path_tree of ' || level as counted_in,
        converted_count,
        dropped_count,
        open_count,
        amount
    from mart.path_tree
    where depth = 0
    union all
    select
        'variant' as counted_in,
        coalesce(sum(converted_count), 0)::bigint as converted_count,
        coalesce(sum(dropped_count - passive_dropped_count), 0)::bigint as dropped_count,
        coalesce(sum(open_count - passive_open_count), 0)::bigint as open_count,
        sum(amount)::decimal(38, 4) as amount
    from mart.variant
    union all
    select
        'stage_variant' as counted_in,
        coalesce(sum(converted_count), 0)::bigint as converted_count,
        coalesce(sum(dropped_count - passive_dropped_count), 0)::bigint as dropped_count,
        coalesce(sum(open_count - passive_open_count), 0)::bigint as open_count,
        sum(amount)::decimal(38, 4) as amount
    from mart.stage_variant
),

mismatch as (
    select
        p.*,
        h.converted_count as headline_converted_count,
        h.dropped_count as headline_dropped_count,
        h.open_count as headline_open_count,
        h.amount as headline_amount
    from path_total as p
    cross join mart.headline as h
    where
        p.converted_count <> h.converted_count
        or p.dropped_count <> h.dropped_count
        or p.open_count <> h.open_count
        or p.amount is distinct from h.amount
)

select * from mismatch
