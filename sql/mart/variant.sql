-- One row per variant: an ordered list of activities that journeys went through.
-- grain: variant_id
-- rebuild: full
-- `journey_count`, and the counts by status that add up to it, are over all journeys. `passive_count` of them are
-- passive (only e-mails that nobody reacted to), split likewise; the others are active. Everything comparative is over
-- active ones: `journey_share_of_all` is active journeys of the variant ÷ all active journeys; `variant_rank` counts
-- from the most of them, ties in the order of the lists; `cumulative_share` is that of this and all variants ranked
-- before. No share of purchases: the list itself says whether there is one (mart.path_tree has those of beginnings).
-- Durations are from the first to the last touchpoint, of open journeys so far, null where all are passive. `amount`
-- sums the purchases in `currency`, that of core.leading_currency; null where there are none. What happened after T is
-- in no list, no duration and no amount.
with counted_variant as (
    select
        j.activities,
        'v_' || left(md5(array_to_string(j.activities, chr(31))), 16) as variant_id,
        count(*)::bigint as journey_count,
        count(*) filter (where j.status = 'converted')::bigint as converted_count,
        count(*) filter (where j.status = 'dropped')::bigint as dropped_count,
        count(*) filter (where j.status = 'open')::bigint as open_count,
        count(*) filter (where j.is_passive)::bigint as passive_count,
        count(*) filter (where not j.is_passive)::bigint as active_count,
        count(*) filter (where j.is_passive and j.status = 'dropped')::bigint as passive_dropped_count,
        count(*) filter (where j.is_passive and j.status = 'open')::bigint as passive_open_count,
        sum(a.amount)::decimal(38, 4) as amount,
        percentile_cont([0.25, 0.5, 0.75, 0.9]) within group (
            order by case when not j.is_passive then epoch_us(j.ended_at) - epoch_us(j.started_at) end
        ) as duration_us
    from core.journey_at_cutoff as j
    left join core.journey_amount as a on j.journey_id = a.journey_id
    group by j.activities
),

ranked_variant as (
    select
        v.* exclude (active_count, duration_us),
        v.duration_us[1] / 1e6 as p25_duration_seconds,
        v.duration_us[2] / 1e6 as median_duration_seconds,
        v.duration_us[3] / 1e6 as p75_duration_seconds,
        v.duration_us[4] / 1e6 as p90_duration_seconds,
        case when v.amount is not null then l.currency end as currency,
        v.active_count / nullif(sum(v.active_count) over (), 0) as journey_share_of_all,
        row_number() over (order by v.active_count desc, v.activities) as variant_rank,
        sum(v.active_count) over (order by v.active_count desc, v.activities rows unbounded preceding)
        / nullif(sum(v.active_count) over (), 0) as cumulative_share
    from counted_variant as v
    left join core.leading_currency as l on true
)

select * from ranked_variant
