-- One row per activity: how often it occurs, in which stage mostly, and how many journeys begin and end with it.
-- grain: activity
-- rebuild: full
-- `stage` is that of most of its touchpoints; ties go to the name that comes first. `start_count` and `end_count` are
-- journeys; the ends are split by the journey's status at T.
with staged_activity as (
    select
        activity,
        stage,
        count(*)::bigint as touchpoint_count
    from core.touchpoint
    group by activity, stage
),

leading_stage as (
    select
        activity,
        stage
    from staged_activity
    qualify row_number() over (partition by activity order by touchpoint_count desc, stage) = 1
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
        count(*) filter (where t.stage = 'unknown')::bigint as unknown_count
    from core.touchpoint as t
    inner join core.journey as j on t.journey_id = j.journey_id
    group by t.activity
),

activity as (
    select
        c.*,
        l.stage
    from counted_activity as c
    inner join leading_stage as l on c.activity = l.activity
)

select * from activity
