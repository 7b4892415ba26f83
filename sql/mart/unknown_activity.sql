-- One row per activity and source with touchpoints whose stage is unknown, with a suggestion.
-- grain: (activity, source)
-- rebuild: full
-- `customer_count`: customers with at least one of them. `unmatched_count`: no stage rule matched (the rest was left
-- without a stage by a rule, on purpose). `touchpoint_share` is unknown ones of all touchpoints of the activity and
-- source. `suggested_stage`: the stage that most often comes next in the journey after an unmatched one (ties: the
-- name that comes first), supported by `suggested_share` of those that were followed by a staged touchpoint; null
-- where none was.
with sequence as (
    select
        activity,
        source,
        customer_id,
        stage,
        stage_rule,
        lead(stage) over (partition by journey_id order by position) as next_stage
    from core.touchpoint
),

counted_activity as (
    select
        activity,
        source,
        count(*)::bigint as touchpoint_count,
        count(*) filter (where stage = 'unknown')::bigint as unknown_count,
        count(*) filter (where stage = 'unknown' and stage_rule is null)::bigint as unmatched_count,
        count(distinct customer_id) filter (where stage = 'unknown')::bigint as customer_count
    from sequence
    group by activity, source
),

next_stage_count as (
    select
        activity,
        source,
        next_stage,
        count(*)::bigint as followed_count
    from sequence
    where stage = 'unknown' and stage_rule is null and next_stage <> 'unknown'
    group by activity, source, next_stage
),

suggestion as (
    select
        activity,
        source,
        next_stage as suggested_stage,
        followed_count / sum(followed_count) over (partition by activity, source) as suggested_share
    from next_stage_count
    qualify row_number() over (partition by activity, source order by followed_count desc, next_stage) = 1
),

unknown_activity as (
    select
        c.activity,
        c.source,
        c.unknown_count as touchpoint_count,
        c.unmatched_count,
        c.customer_count,
        c.unknown_count / c.touchpoint_count as touchpoint_share,
        s.suggested_stage,
        s.suggested_share
    from counted_activity as c
    left join suggestion as s on c.activity = s.activity and c.source = s.source
    where c.unknown_count > 0
)

select * from unknown_activity
