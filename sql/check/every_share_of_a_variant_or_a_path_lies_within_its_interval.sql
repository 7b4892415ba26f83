-- One row per variant or node of the path tree whose share lies outside its interval, or lacks one.
with shared_path as (
    select
        'variant' as counted_in,
        variant_id as path_id,
        closed_count,
        conversion_share,
        conversion_low_share,
        conversion_high_share
    from mart.variant
    union all
    select
        'stage_variant' as counted_in,
        variant_id as path_id,
        closed_count,
        conversion_share,
        conversion_low_share,
        conversion_high_share
    from mart.stage_variant
    union all
    select
        'path_tree' as counted_in,
        node_id as path_id,
        converted_count + dropped_count as closed_count,
        conversion_share,
        conversion_low_share,
        conversion_high_share
    from mart.path_tree
),

mismatch as (
    select *
    from shared_path
    where
        (closed_count > 0) <> (conversion_share is not null)
        or not coalesce(
            conversion_low_share between 0 and conversion_share
            and conversion_high_share between conversion_share and 1,
            conversion_share is null and conversion_low_share is null and conversion_high_share is null
        )
)

select * from mismatch
