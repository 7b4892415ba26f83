-- One row per violation of a process rule to look at: the newest twenty of each rule.
-- grain: (rule_id, place)
-- rebuild: full
-- `touchpoint_id` is what is to be looked at: the touchpoint that nothing followed or preceded, or the one that should
-- not have come; null where a whole journey or customer lacks something. `occurred_at` is its time, or else the end
-- (`starts_with`: the beginning) of what lacks it. A touchpoint that violates a rule for several others (a campaign
-- during two tickets) is one row. Newest first, ties by id.
with violation as (
    select distinct
        rule_id,
        customer_id,
        seen_journey_id as journey_id,
        seen_touchpoint_id as touchpoint_id,
        seen_at as occurred_at
    from mart.rule_activation
    where outcome = 'violated'
),

placed_violation as (
    select
        rule_id,
        row_number() over (
            partition by rule_id
            order by occurred_at desc, touchpoint_id, journey_id, customer_id
        ) as place,
        customer_id,
        journey_id,
        touchpoint_id,
        occurred_at
    from violation
),

rule_violation as (
    select *
    from placed_violation
    where place <= 20
)

select * from rule_violation
