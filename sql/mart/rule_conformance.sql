-- One row per process rule: how often it was asked, kept and broken, and how the journeys went on.
-- grain: rule_id
-- rebuild: full
-- Counts of activations are those of mart.rule_activation; `violated_share` is violated ÷ (fulfilled + violated) with
-- Wilson's 95 % interval: what is pending is in neither. Journeys are active ones: `journey_count` with an activation,
-- `violated_journey_count` with one that is violated, `fulfilled_journey_count` with fulfilled ones alone. Drop-off is
-- compared for what came before the purchase, as after it nobody is lost: of the settled journeys that are closed
-- (core.journey_at_cutoff) and whose first activation stands before their purchase, by what became of that one alone
-- (judged in two directions: the worse), or journeys with many activations were the likelier broken. The difference in
-- points has Newcombe's interval; an association, no effect: what a rule asks for later is kept by those who stayed.
-- `dropoff_note` says why nothing is compared; rules about whole journeys or customers are decided at their end.
-- Not ranked: fewer than minimum_count (config.setting) were certain, or nothing fits a part of the rule (`note`).
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
        rule_id,
        count(*)::bigint as journey_count,
        count(*) filter (where outcome = 'violated')::bigint as violated_journey_count,
        count(*) filter (where outcome = 'fulfilled')::bigint as fulfilled_journey_count
    from judged_journey
    group by rule_id
),

early_journey as (
    select
        a.rule_id,
        a.journey_id,
        min([
            p.position, case a.outcome when 'violated' then 1 when 'pending' then 2 else 3 end
        ])[2] as first_outcome
    from mart.rule_activation as a
    inner join core.process_rule_part as p on a.rule_id = p.rule_id and a.touchpoint_id = p.touchpoint_id
    left join core.first_purchase as f on a.journey_id = f.journey_id
    where f.purchase_position is null or p.position < f.purchase_position
    group by a.rule_id, a.journey_id
),

compared_journey as (
    select
        a.rule_id,
        count(*) filter (where a.first_outcome = 1)::bigint as violated_settled_count,
        count(*) filter (where a.first_outcome = 3)::bigint as fulfilled_settled_count,
        count(*) filter (where a.first_outcome = 1 and j.status = 'dropped')::bigint as violated_dropped_count,
        count(*) filter (where a.first_outcome = 3 and j.status = 'dropped')::bigint as fulfilled_dropped_count
    from early_journey as a
    inner join core.journey_at_cutoff as j on a.journey_id = j.journey_id
    where j.is_settled and j.status <> 'open'
    group by a.rule_id
),

early_rule as (
    select distinct rule_id
    from early_journey
),

asked_rule as (
    select
        rule_id,
        bool_or(touchpoint_id is not null) as is_about_touchpoints
    from mart.rule_activation
    group by rule_id
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
        coalesce(d.violated_settled_count, 0)::bigint as violated_settled_count,
        coalesce(d.fulfilled_settled_count, 0)::bigint as fulfilled_settled_count,
        a.violated_count / nullif(a.fulfilled_count + a.violated_count, 0) as violated_share,
        d.violated_dropped_count / nullif(d.violated_settled_count, 0) as violated_dropoff_share,
        d.fulfilled_dropped_count / nullif(d.fulfilled_settled_count, 0) as fulfilled_dropoff_share,
        case
            when not q.is_about_touchpoints then 'it is about whole journeys or customers: not compared'
            when q.rule_id is not null and e.rule_id is null
                then 'every activation is at or after the purchase: not compared'
        end as dropoff_note,
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
    left join compared_journey as d on r.rule_id = d.rule_id
    left join asked_rule as q on r.rule_id = q.rule_id
    left join early_rule as e on r.rule_id = e.rule_id
    left join found_part as p on r.rule_id = p.rule_id
),

rule_conformance as (
    select
        c.rule_id,
        c.kind,
        c.scope,
        c.description,
        c.activation_count,
        c.fulfilled_count,
        c.violated_count,
        c.pending_count,
        c.violated_share,
        wilson_low(c.violated_share, c.certain_count) as violated_low_share,
        wilson_high(c.violated_share, c.certain_count) as violated_high_share,
        c.journey_count,
        c.violated_journey_count,
        c.fulfilled_journey_count,
        c.violated_settled_count,
        c.violated_dropoff_share,
        wilson_low(c.violated_dropoff_share, c.violated_settled_count) as violated_dropoff_low_share,
        wilson_high(c.violated_dropoff_share, c.violated_settled_count) as violated_dropoff_high_share,
        c.fulfilled_settled_count,
        c.fulfilled_dropoff_share,
        wilson_low(c.fulfilled_dropoff_share, c.fulfilled_settled_count) as fulfilled_dropoff_low_share,
        wilson_high(c.fulfilled_dropoff_share, c.fulfilled_settled_count) as fulfilled_dropoff_high_share,
        100 * (c.violated_dropoff_share - c.fulfilled_dropoff_share) as difference_points,
        100 * difference_low(
            c.violated_dropoff_share, c.violated_settled_count, c.fulfilled_dropoff_share, c.fulfilled_settled_count
        ) as difference_low_points,
        100 * difference_high(
            c.violated_dropoff_share, c.violated_settled_count, c.fulfilled_dropoff_share, c.fulfilled_settled_count
        ) as difference_high_points,
        c.violated_settled_count > 0
        and c.fulfilled_settled_count > 0
        and c.violated_settled_count >= m.minimum_count
        and c.fulfilled_settled_count >= m.minimum_count as is_dropoff_ranked,
        c.dropoff_note,
        c.certain_count > 0 and c.certain_count >= m.minimum_count and c.missing_part is null as is_ranked,
        'no touchpoint fits ' || c.missing_part as note
    from counted_rule as c
    cross join minimum as m
)

select * from rule_conformance
