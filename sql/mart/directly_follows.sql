-- One row per pair of activities of which the second directly followed the first within a journey.
-- grain: (activity, next_activity)
-- rebuild: full
-- `follow_count` counts transitions, `journey_count` journeys with at least one of them, both over all journeys;
-- `passive_follow_count` and `passive_journey_count` are the part of them in passive journeys (only e-mails that nobody
-- reacted to). `median_seconds` and `p90_seconds` are over all transitions, `active_median_seconds` and
-- `active_p90_seconds` over those of active journeys, null where there are none; all are exact, interpolated linearly
-- between the two nearest waits.
with followed_touchpoint as (
    select
        t.journey_id,
        t.activity,
        t.next_activity,
        t.next_gap_us,
        j.is_passive,
        case when not j.is_passive then t.next_gap_us end as active_gap_us
    from core.touchpoint_at_cutoff as t
    inner join core.journey_at_cutoff as j on t.journey_id = j.journey_id
    where t.next_activity is not null
),

directly_follows as (
    select
        activity,
        next_activity,
        count(distinct journey_id)::bigint as journey_count,
        count(*)::bigint as follow_count,
        count(distinct journey_id) filter (where is_passive)::bigint as passive_journey_count,
        count(*) filter (where is_passive)::bigint as passive_follow_count,
        percentile_cont(0.5) within group (order by next_gap_us) / 1e6 as median_seconds,
        percentile_cont(0.9) within group (order by next_gap_us) / 1e6 as p90_seconds,
        percentile_cont(0.5) within group (order by active_gap_us) / 1e6 as active_median_seconds,
        percentile_cont(0.9) within group (order by active_gap_us) / 1e6 as active_p90_seconds
    from followed_touchpoint
    group by activity, next_activity
)

select * from directly_follows
