-- One row per mart table whose active and passive journeys are not those of core.journey.
with counted_journey as (
    select
        'headline' as counted_in,
        journey_count as active_count,
        passive_journey_count as passive_count
    from mart.headline
    union all
    select
        'headline by status' as counted_in,
        converted_count + dropped_count + open_count as active_count,
        all_journey_count - journey_count as passive_count
    from mart.headline
    union all
    select
        'variant' as counted_in,
        coalesce(sum(journey_count - passive_count), 0)::bigint as active_count,
        coalesce(sum(passive_dropped_count + passive_open_count), 0)::bigint as passive_count
    from mart.variant
    union all
    select
        'stage_variant' as counted_in,
        coalesce(sum(journey_count - passive_count), 0)::bigint as active_count,
        coalesce(sum(passive_dropped_count + passive_open_count), 0)::bigint as passive_count
    from mart.stage_variant
    union all
    select
        'starts of activity' as counted_in,
        coalesce(sum(start_count - passive_start_count), 0)::bigint as active_count,
        coalesce(sum(passive_start_count), 0)::bigint as passive_count
    from mart.activity
    union all
    select
        'ends of activity' as counted_in,
        coalesce(sum(end_count - passive_end_count), 0)::bigint as active_count,
        coalesce(sum(passive_dropped_end_count + passive_open_end_count), 0)::bigint as passive_count
    from mart.activity
    union all
    select
        'last acts of activity' as counted_in,
        coalesce(sum(converted_last_act_count + dropped_last_act_count + open_last_act_count), 0)::bigint
            as active_count,
        coalesce(sum(passive_end_count), 0)::bigint as passive_count
    from mart.activity
    union all
    select
        'journey_end' as counted_in,
        coalesce(sum(end_count - passive_count), 0)::bigint as active_count,
        coalesce(sum(passive_dropped_count + passive_open_count), 0)::bigint as passive_count
    from mart.journey_end
),

journey_total as (
    select
        count(*) filter (where not is_passive)::bigint as expected_active_count,
        count(*) filter (where is_passive)::bigint as expected_passive_count
    from core.journey_at_cutoff
),

mismatch as (
    select *
    from counted_journey
    cross join journey_total
    where active_count <> expected_active_count or passive_count <> expected_passive_count
)

select * from mismatch
