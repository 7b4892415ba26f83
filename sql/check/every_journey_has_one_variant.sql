-- One row when the journeys of mart.variant, or their states, do not add up to core.journey.
with variant_total as (
    select
        coalesce(sum(journey_count), 0)::bigint as journey_count,
        coalesce(sum(converted_count + dropped_count + open_count), 0)::bigint as state_count
    from mart.variant
),

journey_total as (
    select count(*)::bigint as expected_count from core.journey_at_cutoff
),

mismatch as (
    select *
    from variant_total
    cross join journey_total
    where journey_count <> expected_count or state_count <> expected_count
)

select * from mismatch
