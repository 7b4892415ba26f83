-- One row per kind of rework and what was done again: how many journeys, and whether those are lost more.
-- grain: (kind, subject)
-- rebuild: full
-- Active journeys at T. `self_loop`: an activity directly after itself; `loop`: it comes again after others (activities
-- of kind `passive` in config.activity, which the customer is only sent, are neither); `ping_pong`: from one channel to
-- another and back (of what the customer did; visits of one channel after each other are one); `repeated_contact`:
-- another contact (config.contact_activity) about the same topic in the journey, where the source gives none
-- (`unknown`) any further one; `stage_regression`: as mart.stage_regression. `base_count` are journeys that could have
-- it: with the activity, with both channels, with a contact about the topic, that entered the higher stage by what they
-- did. `occurrence_count` counts each return, `median_extra_seconds` is over the affected journeys: the time from the
-- last time before to the return (of a regression: until the stage was reached again; null where it never was), summed
-- up. Drop-off is compared for what came before the purchase, as after it nobody is lost: of the settled journeys
-- (core.journey_at_cutoff) that are closed with it, and of the other such ones of the base. An association: longer
-- journeys have more of both.
with minimum as (
    select max(value)::bigint as minimum_count
    from config.setting
    where setting = 'minimum_count'
),

seen_touchpoint as (
    select *
    from core.path_touchpoint
),

activity_again as (
    select
        journey_number,
        activity,
        position,
        is_before,
        occurred_us,
        lag(position) over again as last_position,
        lag(occurred_us) over again as last_us
    from seen_touchpoint
    where not is_sent
    window again as (partition by journey_number, activity order by position)
),

activity_journey as (
    select
        journey_number,
        activity,
        bool_or(is_before) as is_before,
        count(*) filter (where position = last_position + 1)::bigint as repeat_count,
        count(*) filter (where position = last_position + 1 and is_before)::bigint as repeat_before_count,
        sum(occurred_us - last_us) filter (where position = last_position + 1)::bigint as repeat_us,
        count(*) filter (where position > last_position + 1)::bigint as return_count,
        count(*) filter (where position > last_position + 1 and is_before)::bigint as return_before_count,
        sum(occurred_us - last_us) filter (where position > last_position + 1)::bigint as return_us
    from activity_again
    group by journey_number, activity
),

channel_change as (
    select
        journey_number,
        position,
        is_before,
        occurred_us,
        coalesce(channel, 'unknown') as channel,
        lag(occurred_us) over acts as last_us,
        lag(coalesce(channel, 'unknown')) over acts as last_channel
    from seen_touchpoint
    where is_act
    window acts as (partition by journey_number order by position)
),

channel_run as (
    select
        journey_number,
        position,
        is_before,
        occurred_us,
        channel,
        last_us,
        last_channel,
        lag(last_channel) over runs as channel_before_last,
        lag(last_us) over runs as left_us
    from channel_change
    where last_channel is distinct from channel
    window runs as (partition by journey_number order by position)
),

used_channel as (
    select
        journey_number,
        channel,
        bool_or(is_before) as is_before
    from channel_change
    group by journey_number, channel
),

channel_pair as (
    select
        a.journey_number,
        a.channel as one_channel,
        b.channel as other_channel,
        a.is_before and b.is_before as is_before
    from used_channel as a
    inner join used_channel as b on a.journey_number = b.journey_number and a.channel < b.channel
),

channel_return as (
    select
        journey_number,
        least(channel, last_channel) as one_channel,
        greatest(channel, last_channel) as other_channel,
        count(*)::bigint as return_count,
        count(*) filter (where is_before)::bigint as return_before_count,
        sum(occurred_us - left_us)::bigint as return_us
    from channel_run
    where channel_before_last = channel
    group by journey_number, least(channel, last_channel), greatest(channel, last_channel)
),

contact_activity as (
    select distinct activity
    from config.contact_activity
),

contact_again as (
    select
        t.journey_number,
        coalesce(t.topic, 'unknown') as topic,
        t.is_before,
        t.occurred_us,
        lag(t.occurred_us) over (
            partition by t.journey_number, coalesce(t.topic, 'unknown')
            order by t.position
        ) as last_us
    from seen_touchpoint as t
    inner join contact_activity as c on t.activity = c.activity
),

contact_journey as (
    select
        journey_number,
        topic,
        bool_or(is_before) as is_before,
        count(last_us)::bigint as return_count,
        count(last_us) filter (where is_before)::bigint as return_before_count,
        sum(occurred_us - last_us)::bigint as return_us
    from contact_again
    group by journey_number, topic
),

staged_act as (
    select
        journey_number,
        position,
        occurred_us,
        list_position(['awareness', 'consideration', 'decision'], stage) as rank,
        lag(list_position(['awareness', 'consideration', 'decision'], stage)) over staged as rank_before
    from seen_touchpoint
    where is_act and is_until and stage in ('awareness', 'consideration', 'decision')
    window staged as (partition by journey_number order by position)
),

reached_again as (
    select
        *,
        min(case when rank >= 2 then occurred_us end) over later as consideration_us,
        min(case when rank >= 3 then occurred_us end) over later as decision_us
    from staged_act
    window later as (
        partition by journey_number
        order by position
        rows between 1 following and unbounded following
    )
),

fall as (
    select
        journey_number,
        rank_before,
        rank,
        count(*)::bigint as return_count,
        sum(case rank_before when 2 then consideration_us else decision_us end - occurred_us)::bigint as return_us
    from reached_again
    where rank < rank_before
    group by journey_number, rank_before, rank
),

entered_rank as (
    select
        journey_number,
        max(rank) as furthest_rank,
        list(distinct rank) as ranks
    from staged_act
    group by journey_number
),

lower_rank as (
    select
        higher.rank as rank_before,
        lower.rank
    from (values (2), (3)) as higher (rank)
    inner join (values (1), (2)) as lower (rank) on higher.rank > lower.rank
),

journey_subject as (
    select
        'self_loop' as kind,
        activity as subject,
        journey_number,
        is_before,
        repeat_count as occurrence_count,
        repeat_before_count as before_count,
        repeat_us as extra_us
    from activity_journey
    union all
    select
        'loop' as kind,
        activity as subject,
        journey_number,
        is_before,
        return_count as occurrence_count,
        return_before_count as before_count,
        return_us as extra_us
    from activity_journey
    union all
    select
        'ping_pong' as kind,
        p.one_channel || ' | ' || p.other_channel as subject,
        p.journey_number,
        p.is_before,
        coalesce(r.return_count, 0) as occurrence_count,
        coalesce(r.return_before_count, 0) as before_count,
        r.return_us as extra_us
    from channel_pair as p
    left join channel_return as r
        on p.journey_number = r.journey_number and p.one_channel = r.one_channel and p.other_channel = r.other_channel
    union all
    select
        'repeated_contact' as kind,
        topic as subject,
        journey_number,
        is_before,
        return_count as occurrence_count,
        return_before_count as before_count,
        return_us as extra_us
    from contact_journey
    union all
    select
        'stage_regression' as kind,
        ['awareness', 'consideration', 'decision'][l.rank_before] || ' > '
        || ['awareness', 'consideration', 'decision'][l.rank] as subject,
        e.journey_number,
        true as is_before,
        coalesce(f.return_count, 0) as occurrence_count,
        coalesce(f.return_count, 0) as before_count,
        f.return_us as extra_us
    from entered_rank as e
    inner join lower_rank as l on list_contains(e.ranks, l.rank_before)
    left join fall as f on e.journey_number = f.journey_number and l.rank_before = f.rank_before and l.rank = f.rank
),

counted_rework as (
    select
        s.kind,
        s.subject,
        count(*)::bigint as base_count,
        count(*) filter (where s.occurrence_count > 0)::bigint as journey_count,
        sum(s.occurrence_count)::bigint as occurrence_count,
        count(*) filter (where s.occurrence_count > 0 and j.status = 'open')::bigint as open_count,
        count(*) filter (
            where s.before_count > 0 and j.is_settled and j.status <> 'open'
        )::bigint as settled_with_count,
        count(*) filter (
            where s.before_count > 0 and j.is_settled and j.status = 'dropped'
        )::bigint as dropped_with_count,
        count(*) filter (
            where s.is_before and s.before_count = 0 and j.is_settled and j.status <> 'open'
        )::bigint as settled_without_count,
        count(*) filter (
            where s.is_before and s.before_count = 0 and j.is_settled and j.status = 'dropped'
        )::bigint as dropped_without_count,
        percentile_cont(0.5) within group (
            order by case when s.occurrence_count > 0 then s.extra_us end
        ) / 1e6 as median_extra_seconds,
        min_by(j.journey_id, md5(j.journey_id), 3) filter (where s.occurrence_count > 0) as example_journey_ids
    from journey_subject as s
    inner join core.path_journey as j on s.journey_number = j.journey_number
    group by s.kind, s.subject
    having sum(s.occurrence_count) > 0
),

shared_rework as (
    select
        *,
        journey_count / base_count as journey_share,
        dropped_with_count / nullif(settled_with_count, 0) as dropoff_share_with,
        dropped_without_count / nullif(settled_without_count, 0) as dropoff_share_without
    from counted_rework
),

rework as (
    select
        r.kind,
        r.subject,
        row_number() over (partition by r.kind order by r.journey_count desc, r.subject) as place,
        r.journey_count,
        r.occurrence_count,
        r.base_count,
        r.open_count,
        r.journey_share,
        wilson_low(r.journey_share, r.base_count) as journey_low_share,
        wilson_high(r.journey_share, r.base_count) as journey_high_share,
        r.settled_with_count,
        r.dropoff_share_with,
        wilson_low(r.dropoff_share_with, r.settled_with_count) as dropoff_low_share_with,
        wilson_high(r.dropoff_share_with, r.settled_with_count) as dropoff_high_share_with,
        r.settled_without_count,
        r.dropoff_share_without,
        wilson_low(r.dropoff_share_without, r.settled_without_count) as dropoff_low_share_without,
        wilson_high(r.dropoff_share_without, r.settled_without_count) as dropoff_high_share_without,
        100 * (r.dropoff_share_with - r.dropoff_share_without) as difference_points,
        100 * difference_low(
            r.dropoff_share_with, r.settled_with_count, r.dropoff_share_without, r.settled_without_count
        ) as difference_low_points,
        100 * difference_high(
            r.dropoff_share_with, r.settled_with_count, r.dropoff_share_without, r.settled_without_count
        ) as difference_high_points,
        r.median_extra_seconds,
        r.settled_with_count >= m.minimum_count
        and r.settled_without_count >= m.minimum_count
        and r.base_count >= m.minimum_count as is_ranked,
        r.example_journey_ids
    from shared_rework as r
    cross join minimum as m
)

select * from rework
