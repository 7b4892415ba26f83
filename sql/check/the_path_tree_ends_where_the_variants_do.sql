-- One row per level and path where the journeys that end, by status, differ between mart.path_tree and the variants.
-- Immediate repeats of an activity are one step of the tree.
with collapsed_variant as (
    select
        'activity' as level,
        list_transform(
            list_filter(
                list_zip(activities, list_prepend(null, activities)),
                lambda pair: pair[1] is not null and pair[1] is distinct from pair[2]
            ),
            lambda pair: pair[1]
        ) as path,
        converted_count,
        dropped_count - passive_dropped_count as dropped_count,
        open_count - passive_open_count as open_count
    from mart.variant
    union all
    select
        'stage' as level,
        stages as path,
        converted_count,
        dropped_count - passive_dropped_count as dropped_count,
        open_count - passive_open_count as open_count
    from mart.stage_variant
),

variant_end as (
    select
        level,
        path,
        sum(converted_count)::bigint as converted_count,
        sum(dropped_count)::bigint as dropped_count,
        sum(open_count)::bigint as open_count
    from collapsed_variant
    group by level, path
),

mismatch as (
    select
        t.level,
        t.path,
        t.ended_converted_count,
        t.ended_dropped_count,
        t.ended_open_count,
        v.converted_count,
        v.dropped_count,
        v.open_count
    from mart.path_tree as t
    left join variant_end as v on t.level = v.level and t.path = v.path
    where
        not t.is_rest
        and (
            t.ended_converted_count <> coalesce(v.converted_count, 0)
            or t.ended_dropped_count <> coalesce(v.dropped_count, 0)
            or t.ended_open_count <> coalesce(v.open_count, 0)
        )
)

select * from mismatch
