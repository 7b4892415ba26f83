-- One row per active journey and stage that it entered, or met friction in: how often, and how much friction in all.
-- grain: (journey_id, stage)
-- rebuild: full
-- Inferred from what happened up to T, never asked: core.friction_event. `friction` is 1 − Π (1 − weight)^count over
-- the rows of config.friction_signal: 0 where nothing went wrong, below 1 however much did. `is_entered`: the stage is
-- one of core.stage_visit; friction in a stage that was never entered (a ticket of after-sales alone) is kept.
-- `last_at`: when the stage was entered, or friction was last felt in it.
with cutoff as (
    select min(cutoff_at)::timestamp as cutoff_at
    from run.cutoff
),

entered_stage as (
    select
        v.journey_id,
        v.customer_id,
        v.stage,
        v.entered_at
    from core.stage_visit as v
    inner join core.path_journey as j on v.journey_id = j.journey_id
    inner join cutoff as c on epoch_us(v.entered_at) - epoch_us(c.cutoff_at) <= 0
),

rule_friction as (
    select
        journey_id,
        stage,
        rule_number,
        min(customer_id) as customer_id,
        min(signal) as signal,
        min(weight) as weight,
        sum(occurrence_count)::bigint as occurrence_count,
        max(felt_at) as last_at
    from core.friction_event
    group by journey_id, stage, rule_number
),

felt_stage as (
    select
        journey_id,
        stage,
        min(customer_id) as customer_id,
        coalesce(sum(occurrence_count) filter (where signal = 'error'), 0)::bigint as error_count,
        coalesce(sum(occurrence_count) filter (where signal = 'refund'), 0)::bigint as refund_count,
        coalesce(sum(occurrence_count) filter (where signal = 'repeated_contact'), 0)::bigint as repeated_contact_count,
        coalesce(sum(occurrence_count) filter (where signal = 'waiting'), 0)::bigint as waiting_count,
        coalesce(sum(occurrence_count) filter (where signal = 'rage_loop'), 0)::bigint as rage_loop_count,
        -- One after the other in the order of the rows: a product of fractions depends on it in the last digits.
        list(power(1 - weight, occurrence_count) order by rule_number) as ease_list,
        max(last_at) as last_at
    from rule_friction
    group by journey_id, stage
),

stage_friction as (
    select
        coalesce(e.journey_id, f.journey_id) as journey_id,
        coalesce(e.stage, f.stage) as stage,
        coalesce(e.customer_id, f.customer_id) as customer_id,
        e.journey_id is not null as is_entered,
        coalesce(f.error_count, 0)::bigint as error_count,
        coalesce(f.refund_count, 0)::bigint as refund_count,
        coalesce(f.repeated_contact_count, 0)::bigint as repeated_contact_count,
        coalesce(f.waiting_count, 0)::bigint as waiting_count,
        coalesce(f.rage_loop_count, 0)::bigint as rage_loop_count,
        round(1 - coalesce(list_product(f.ease_list), 1), 6)::double as friction,
        greatest(e.entered_at, f.last_at) as last_at
    from entered_stage as e
    full join felt_stage as f on e.journey_id = f.journey_id and e.stage = f.stage
)

select * from stage_friction
