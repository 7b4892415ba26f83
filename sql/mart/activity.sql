-- One row per activity: how often it occurs, in which stage mostly, and how many journeys begin and end with it.
-- grain: activity
-- rebuild: full
-- `stage` is that of most of its touchpoints in active journeys, else of most of all; ties go to the name that comes
-- first. `start_count` and `end_count` are journeys; the ends are split by the journey's status at T. All counts are
-- over all journeys; each `passive_…_count` is the part of its namesake that belongs to passive journeys (only
-- e-mails that nobody reacted to; none converts). The `…_last_act_count` are active journeys in which it was the
-- last thing that the customer did, whatever was sent to them afterwards.
with staged_activity as (
    select
        t.activity,
        t.stage,
        count(*) filter (where not j.is_passive)::bigint as active_count,
        count(*)::bigint as touchpoint_count
    from core.touchpoint_at_cutoff as t
    inner join core.journey_at_cutoff as j on t.journey_id = j.journey_id
    group by t.activity, t.stage
),

leading_stage as (
    select
        activity,
        stage
    from staged_activity
    qualify row_number() over (
        partition by activity
        order by active_count desc, touchpoint_count desc, stage
    ) = 1
),

counted_activity as (
    select
        t.activity,
        count(*)::bigint as touchpoint_count,
        count(distinct t.journey_id)::bigint as journey_count,
        count(*) filter (where t.position = 1)::bigint as start_count,
        count(*) filter (where t.next_activity is null)::bigint as end_count,
        count(*) filter (where t.next_activity is null and j.status = 'converted')::bigint as converted_end_count,
        count(*) filter (where t.next_activity is null and j.status = 'dropped')::bigint as dropped_end_count,
        count(*) filter (where t.next_activity is null and j.status = 'open')::bigint as open_end_count,
        count(*) filter (where t.stage = 'unknown')::bigint as unknown_count,
        count(*) filter (where j.is_passive)::bigint as passive_touchpoint_count,
        count(distinct t.journey_id) filter (where j.is_passive)::bigint as passive_journey_count,
        count(*) filter (where j.is_passive and t.position = 1)::bigint as passive_start_count,
        count(*) filter (where j.is_passive and t.next_activity is null)::bigint as passive_end_count,
        count(*) filter (
            where j.is_passive and t.next_activity is null and j.status = 'dropped'
        )::bigint as passive_dropped_end_count,
        count(*) filter (
            where j.is_passive and t.next_activity is null and j.status = 'open'
        )::bigint as passive_open_end_count
    from core.touchpoint_at_cutoff as t
    inner join core.journey_at_cutoff as j on t.journey_id = j.journey_id
    group by t.activity
),

last_act as (
    select
        max_by(t.activity, t.position) as activity,
        j.status
    from core.touchpoint_at_cutoff as t
    inner join core.journey_at_cutoff as j on t.journey_id = j.journey_id
    where not j.is_passive and (t.is_purchase or not t.is_passive)
    group by t.journey_id, j.status
),

counted_last_act as (
    select
        activity,
        count(*) filter (where status = 'converted')::bigint as converted_last_act_count,
        count(*) filter (where status = 'dropped')::bigint as dropped_last_act_count,
        count(*) filter (where status = 'open')::bigint as open_last_act_count
    from last_act
    group by activity
),

activity as (
    select
        c.*,
        coalesce(a.converted_last_act_count, 0)::bigint as converted_last_act_count,
        coalesce(a.dropped_last_act_count, 0)::bigint as dropped_last_act_count,
        coalesce(a.open_last_act_count, 0)::bigint as open_last_act_count,
        l.stage
    from counted_activity as c
    inner join leading_stage as l on c.activity = l.activity
    left join counted_last_act as a on c.activity = a.activity
)

select * from activity
