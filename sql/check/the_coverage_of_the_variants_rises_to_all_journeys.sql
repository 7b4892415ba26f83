-- One row per level and number of variants at which the coverage falls, differs from the variants, or ends below all.
with variant_share as (
    select
        'activity' as level,
        variant_rank as variant_count,
        cumulative_share
    from mart.variant
    union all
    select
        'stage' as level,
        variant_rank as variant_count,
        cumulative_share
    from mart.stage_variant
),

compared as (
    select
        c.level,
        c.variant_count,
        c.covered_share,
        v.cumulative_share,
        c.variant_count = c.all_variant_count as is_last,
        lag(c.covered_share) over (partition by c.level order by c.variant_count) as previous_share
    from mart.variant_coverage as c
    left join variant_share as v on c.level = v.level and c.variant_count = v.variant_count
),

mismatch as (
    select *
    from compared
    where
        covered_share is distinct from cumulative_share
        or covered_share <= previous_share
        or (is_last and covered_share <> 1)
)

select * from mismatch
