-- One row per process rule: how often it was asked, kept and broken, and how the journeys went on.
-- grain: rule_id
-- rebuild: full
-- Counts of activations are those of mart.rule_activation; `violated_share` is violated ÷ (fulfilled + violated) with
-- Wilson's 95 % interval: what is pending is in neither. Journeys are active ones: `journey_count` with an activation,
-- `violated_journey_count` with one that is violated, `fulfilled_journey_count` with fulfilled ones alone. Drop-off
-- shares are of those that are closed (converted or dropped at T), their difference in points with Newcombe's interval;
-- an association, no effect. Rules about customers as a whole have no journeys. Not ranked: fewer than minimum_count
-- (config.setting) were certain, or nothing fits a part of the rule (`note`).
with minimum as (
    select max(value)::bigint as minimum_count
    from config.setting
    where setting = 'minimum_count'
),

counted_activation as (
    select
        rule_id,
        count(*)::bigint as activation_count,
        count(*) filter (where outcome = 'fulfilled')::bigint as fulfilled_count,
        count(*) filter (where outcome = 'violated')::bigint as violated_count,
        count(*) filter (where outcome = 'pending')::bigint as pending_count
    from mart.rule_activation
    group by rule_id
),

judged_journey as (
    select
        rule_id,
        journey_id,
        case
            when bool_or(outcome = 'violated') then 'violated'
            when bool_and(outcome = 'fulfilled') then 'fulfilled'
            else 'pending'
        end as outcome
    from mart.rule_activation
    where journey_id is not null
    group by rule_id, journey_id
),

counted_journey as (
    select
        a.rule_id,
        count(*)::bigint as journey_count,
        count(*) filter (where a.outcome = 'violated')::bigint as violated_journey_count,
        count(*) filter (where a.outcome = 'fulfilled')::bigint as fulfilled_journey_count,
        count(*) filter (where a.outcome = 'violated' and j.status <> 'open')::bigint as violated_closed_count,
        count(*) filter (where a.outcome = 'fulfilled' and j.status <> 'open')::bigint as fulfilled_closed_count,
        count(*) filter (where a.outcome = 'violated' and j.status = 'dropped')::bigint as violated_dropped_count,
        count(*) filter (where a.outcome = 'fulfilled' and j.status = 'dropped')::bigint as fulfilled_dropped_count
    from judged_journey as a
    inner join core.journey_at_cutoff as j on a.journey_id = j.journey_id
    group by a.rule_id
),

found_part as (
    select
        rule_id,
        bool_or(is_first) as has_first,
        bool_or(is_second) as has_second,
        bool_or(is_closing) as has_closing
    from core.process_rule_part
    group by rule_id
),

counted_rule as (
    select
        r.rule_id,
        r.kind,
        r.scope,
        r.description,
        coalesce(a.activation_count, 0)::bigint as activation_count,
        coalesce(a.fulfilled_count, 0)::bigint as fulfilled_count,
        coalesce(a.violated_count, 0)::bigint as violated_count,
        coalesce(a.pending_count, 0)::bigint as pending_count,
        coalesce(a.fulfilled_count + a.violated_count, 0)::bigint as certain_count,
        coalesce(j.journey_count, 0)::bigint as journey_count,
        coalesce(j.violated_journey_count, 0)::bigint as violated_journey_count,
        coalesce(j.fulfilled_journey_count, 0)::bigint as fulfilled_journey_count,
        coalesce(j.violated_closed_count, 0)::bigint as violated_closed_count,
        coalesce(j.fulfilled_closed_count, 0)::bigint as fulfilled_closed_count,
        a.violated_count / nullif(a.fulfilled_count + a.violated_count, 0) as violated_share,
        j.violated_dropped_count / nullif(j.violated_closed_count, 0) as violated_dropoff_share,
        j.fulfilled_dropped_count / nullif(j.fulfilled_closed_count, 0) as fulfilled_dropoff_share,
        nullif(
            concat_ws(
                ', ',
                case when not coalesce(p.has_first, false) then 'activity' end,
                case when r.other_activity is not null and not coalesce(p.has_second, false) then 'other_activity' end,
                case
                    when r.closing_activity is not null and not coalesce(p.has_closing, false) then 'closing_activity'
                end
            ),
            ''
        ) as missing_part
    from config.process_rule as r
    left join counted_activation as a on r.rule_id = a.rule_id
    left join counted_journey as j on r.rule_id = j.rule_id
    left join found_part as p on r.rule_id = p.rule_id
),

bounded_rule as (
    select
        *,
        wilson_low(violated_share, certain_count) as violated_low_share,
        wilson_high(violated_share, certain_count) as violated_high_share,
        wilson_low(violated_dropoff_share, violated_closed_count) as violated_dropoff_low_share,
        wilson_high(violated_dropoff_share, violated_closed_count) as violated_dropoff_high_share,
        wilson_low(fulfilled_dropoff_share, fulfilled_closed_count) as fulfilled_dropoff_low_share,
        wilson_high(fulfilled_dropoff_share, fulfilled_closed_count) as fulfilled_dropoff_high_share
    from counted_rule
),

rule_conformance as (
    select
        b.rule_id,
        b.kind,
        b.scope,
        b.description,
        b.activation_count,
        b.fulfilled_count,
        b.violated_count,
        b.pending_count,
        b.violated_share,
        b.violated_low_share,
        b.violated_high_share,
        b.journey_count,
        b.violated_journey_count,
        b.fulfilled_journey_count,
        b.violated_closed_count,
        b.violated_dropoff_share,
        b.violated_dropoff_low_share,
        b.violated_dropoff_high_share,
        b.fulfilled_closed_count,
        b.fulfilled_dropoff_share,
        b.fulfilled_dropoff_low_share,
        b.fulfilled_dropoff_high_share,
        100 * (b.violated_dropoff_share - b.fulfilled_dropoff_share) as difference_points,
        100 * difference_low(
            b.violated_dropoff_share,
            b.violated_dropoff_low_share,
            b.fulfilled_dropoff_share,
            b.fulfilled_dropoff_high_share
        ) as difference_low_points,
        100 * difference_high(
            b.violated_dropoff_share,
            b.violated_dropoff_high_share,
            b.fulfilled_dropoff_share,
            b.fulfilled_dropoff_low_share
        ) as difference_high_points,
        b.certain_count > 0 and b.certain_count >= m.minimum_count and b.missing_part is null as is_ranked,
        'no touchpoint fits ' || b.missing_part as note
    from bounded_rule as b
    cross join minimum as m
)

select * from rule_conformance
