-- One row per variant: an ordered list of activities that journeys went through.
-- grain: variant_id
-- rebuild: full
-- `journey_count`, and the counts by status that add up to it, are over all journeys. `passive_count` of them are
-- passive (only e-mails that nobody reacted to), split likewise; the others are active. Everything comparative is over
-- active ones: `journey_share_of_all` is active journeys of the variant ÷ all active journeys; `variant_rank` counts
-- from the most of them, ties in the order of the lists; `cumulative_share` is that of this and all variants ranked
-- before. `median_duration_seconds` is from the first to the last touchpoint, of open journeys so far, null where all
-- are passive. What happened after T is in no list and no duration.
with counted_variant as (
    select
        activities,
        'v_' || left(md5(array_to_string(activities, chr(31))), 16) as variant_id,
        count(*)::bigint as journey_count,
        count(*) filter (where status = 'converted')::bigint as converted_count,
        count(*) filter (where status = 'dropped')::bigint as dropped_count,
        count(*) filter (where status = 'open')::bigint as open_count,
        count(*) filter (where is_passive)::bigint as passive_count,
        count(*) filter (where is_passive and status = 'dropped')::bigint as passive_dropped_count,
        count(*) filter (where is_passive and status = 'open')::bigint as passive_open_count,
        percentile_cont(0.5) within group (
            order by case when not is_passive then epoch_us(ended_at) - epoch_us(started_at) end
        ) / 1e6 as median_duration_seconds
    from core.journey_at_cutoff
    group by activities
),

active_variant as (
    select
        *,
        journey_count - passive_count as active_count
    from counted_variant
),

ranked_variant as (
    select
        variant_id,
        activities,
        journey_count,
        converted_count,
        dropped_count,
        open_count,
        passive_count,
        passive_dropped_count,
        passive_open_count,
        median_duration_seconds,
        active_count / nullif(sum(active_count) over (), 0) as journey_share_of_all,
        row_number() over (order by active_count desc, activities) as variant_rank,
        sum(active_count) over (
            order by active_count desc, activities
            rows between unbounded preceding and current row
        ) / nullif(sum(active_count) over (), 0) as cumulative_share
    from active_variant
)

select * from ranked_variant
