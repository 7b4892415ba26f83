-- One row per activity that journeys end with at T, and the stage of that touchpoint, by the journey's status at T.
-- grain: (activity, stage)
-- rebuild: full
-- Counts are journeys. `passive_count` of the `end_count` are passive (only e-mails that nobody reacted to), split
-- likewise.
with last_touchpoint as (
    select
        t.journey_id,
        t.activity,
        t.stage,
        j.status,
        j.is_passive
    from core.touchpoint_at_cutoff as t
    inner join core.journey_at_cutoff as j on t.journey_id = j.journey_id
    where t.next_activity is null
),

journey_end as (
    select
        activity,
        stage,
        count(*)::bigint as end_count,
        count(*) filter (where status = 'converted')::bigint as converted_count,
        count(*) filter (where status = 'dropped')::bigint as dropped_count,
        count(*) filter (where status = 'open')::bigint as open_count,
        count(*) filter (where is_passive)::bigint as passive_count,
        count(*) filter (where is_passive and status = 'dropped')::bigint as passive_dropped_count,
        count(*) filter (where is_passive and status = 'open')::bigint as passive_open_count
    from last_touchpoint
    group by activity, stage
)

select * from journey_end
