-- One row per activity and source with touchpoints whose stage is unknown, with a suggestion.
-- grain: (activity, source)
-- rebuild: full
-- `customer_count`: customers with at least one of them. `unmatched_count`: no stage rule matched (the rest was left
-- without a stage by a rule, on purpose). `touchpoint_share` is unknown ones of all touchpoints of the activity and
-- source. `suggested_stage` is that of mart.stage_suggestion, for the unmatched ones; `suggested_share` is the share of
-- them that it is estimated to be right for. Both are null where the evidence is thin.
with counted_activity as (
    select
        activity,
        source,
        count(*)::bigint as touchpoint_count,
        count(*) filter (where stage = 'unknown')::bigint as unknown_count,
        count(*) filter (where stage = 'unknown' and stage_rule is null)::bigint as unmatched_count,
        count(distinct customer_id) filter (where stage = 'unknown')::bigint as customer_count
    from core.touchpoint_at_cutoff
    group by activity, source
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
        s.suggestion_confidence as suggested_share
    from counted_activity as c
    left join mart.stage_suggestion as s on c.activity = s.activity and c.source = s.source
    where c.unknown_count > 0
)

select * from unknown_activity
