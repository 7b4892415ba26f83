-- One row per variant: an ordered list of stages that journeys went through, repeats and unknown ones left out.
-- grain: variant_id
-- rebuild: full
-- `journey_share_of_all` is of all journeys (an empty list: no stage is known); `variant_rank` counts from the most
-- frequent one, ties in the order of the lists; `cumulative_share` is that of this and all more frequent variants.
-- `median_duration_seconds` is from the first to the last touchpoint, of open journeys so far.
with counted_variant as (
    select
        stages,
        'v_' || left(md5(array_to_string(stages, chr(31))), 16) as variant_id,
        count(*)::bigint as journey_count,
        count(*) filter (where status = 'converted')::bigint as converted_count,
        count(*) filter (where status = 'dropped')::bigint as dropped_count,
        count(*) filter (where status = 'open')::bigint as open_count,
        percentile_cont(0.5) within group (order by epoch_us(ended_at) - epoch_us(started_at)) / 1e6
            as median_duration_seconds
    from core.journey
    group by stages
),

ranked_variant as (
    select
        variant_id,
        stages,
        journey_count,
        converted_count,
        dropped_count,
        open_count,
        median_duration_seconds,
        journey_count / sum(journey_count) over () as journey_share_of_all,
        row_number() over (order by journey_count desc, stages) as variant_rank,
        sum(journey_count) over (
            order by journey_count desc, stages
            rows between unbounded preceding and current row
        ) / sum(journey_count) over () as cumulative_share
    from counted_variant
)

select * from ranked_variant
