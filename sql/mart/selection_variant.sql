-- One row per value of each segment and variant of stages: mart.stage_variant of the journeys of that value.
-- grain: (segment, segment_value, variant_id)
-- rebuild: full
-- Over active journeys alone; counts, shares, ranks and durations are as in mart.stage_variant, of the journeys of the
-- value. Segments are those of core.selection_journey, as known when the journey began.
with chosen_journey as (
    select
        s.journey_id,
        s.status,
        s.amount,
        j.stages,
        epoch_us(s.ended_at) - epoch_us(s.started_at) as duration_us,
        unnest([
            'all', 'started_month', 'first_channel', 'device', 'persona', 'customer_kind', 'first_source'
        ]) as segment,
        unnest([
            'all', s.started_month, s.first_channel, s.device, s.persona, s.customer_kind, s.first_source
        ]) as segment_value
    from core.selection_journey as s
    inner join core.journey_at_cutoff as j on s.journey_id = j.journey_id
),

counted_variant as (
    select
        segment,
        segment_value,
        stages,
        'v_' || left(md5(array_to_string(stages, chr(31))), 16) as variant_id,
        count(*)::bigint as journey_count,
        count(*) filter (where status = 'converted')::bigint as converted_count,
        count(*) filter (where status = 'dropped')::bigint as dropped_count,
        count(*) filter (where status = 'open')::bigint as open_count,
        sum(amount)::decimal(38, 4) as amount,
        percentile_cont([0.25, 0.5, 0.75, 0.9]) within group (order by duration_us) as duration_us
    from chosen_journey
    group by segment, segment_value, stages
),

ranked_variant as (
    select
        v.* exclude (duration_us),
        v.duration_us[1] / 1e6 as p25_duration_seconds,
        v.duration_us[2] / 1e6 as median_duration_seconds,
        v.duration_us[3] / 1e6 as p75_duration_seconds,
        v.duration_us[4] / 1e6 as p90_duration_seconds,
        case when v.amount is not null then l.currency end as currency,
        v.journey_count / sum(v.journey_count) over (partition by v.segment, v.segment_value) as journey_share_of_all,
        row_number() over (
            partition by v.segment, v.segment_value order by v.journey_count desc, v.stages
        ) as variant_rank,
        sum(v.journey_count) over (
            partition by v.segment, v.segment_value order by v.journey_count desc, v.stages rows unbounded preceding
        ) / sum(v.journey_count) over (partition by v.segment, v.segment_value) as cumulative_share
    from counted_variant as v
    left join core.leading_currency as l on true
)

select * from ranked_variant
