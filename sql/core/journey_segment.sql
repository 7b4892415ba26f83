-- One row per journey: what drop-off is broken down by beyond the journey's own columns, as known when it began.
-- grain: journey_id
-- rebuild: full
-- `persona`: the cluster of journeys that begin alike (core.journey_persona), or where personas are the analyst's rules
-- the first row of config.persona_rule that fits. Everything else is as core.journey_beginning says.
with journey_segment as (
    select
        b.journey_id,
        coalesce(p.persona, b.rule_persona) as persona,
        b.customer_kind,
        b.first_channel,
        b.device,
        b.earlier_journey_count,
        b.earlier_purchase_count,
        b.days_since_purchase
    from core.journey_beginning as b
    left join core.journey_persona as p on b.journey_id = p.journey_id
)

select * from journey_segment
