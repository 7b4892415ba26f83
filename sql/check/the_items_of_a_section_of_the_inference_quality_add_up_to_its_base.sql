-- One row per section of mart.inference_quality whose items do not partition what core holds of its base.
with section_total as (
    select
        section,
        sum(n)::bigint as item_count,
        max(base_count) as base_count,
        sum(share) as share
    from mart.inference_quality
    where section <> 'stage_regression' and item <> 'largest'
    group by section
),

expected_total as (
    select
        'link_confidence' as section,
        count(*) as expected_count
    from core.customer_identity
    union all
    select
        'unresolved' as section,
        (select count(*) from core.touchpoint) + (select count(*) from core.set_aside_event) as expected_count
    union all
    select
        'cluster_size' as section,
        count(distinct customer_id) as expected_count
    from core.customer_identity
    union all
    select
        'cut_reason' as section,
        count(*) as expected_count
    from core.journey_at_cutoff
    union all
    select
        'unknown_stage' as section,
        count(*) as expected_count
    from core.touchpoint_at_cutoff
    union all
    select
        'stage_confidence' as section,
        count(*) as expected_count
    from core.touchpoint_at_cutoff
    where stage <> 'unknown'
),

mismatch as (
    select *
    from section_total as s
    full outer join expected_total as e using (section)
    where
        s.item_count is distinct from s.base_count
        or abs(coalesce(s.share, 1) - 1) > 1e-9
        or coalesce(s.base_count, 0) <> coalesce(e.expected_count, s.base_count)
)

select * from mismatch
