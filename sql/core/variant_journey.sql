-- One row per active journey: what it was as a whole, by numbers to group by.
-- grain: journey_number
-- rebuild: full
-- Numbers of journeys and kinds are those of core.path_journey, of variants those of core.variant_steps. `duration_us`
-- is from the first to the last touchpoint up to T; `amount` sums the purchases in the leading currency, null without.
-- In the order of the kinds, so that a selection reads little more than its own.
with variant_journey as (
    select
        p.kind_number,
        p.journey_number,
        p.journey_id,
        a.variant_number as activity_number,
        s.variant_number as stage_number,
        epoch_us(j.ended_at) - epoch_us(j.started_at) as duration_us,
        o.amount
    from core.path_journey as p
    inner join core.journey_at_cutoff as j on p.journey_id = j.journey_id
    inner join core.variant_steps as a on a.level = 'activity' and j.activities = a.steps
    inner join core.variant_steps as s on s.level = 'stage' and j.stages = s.steps
    left join core.journey_amount as o on p.journey_id = o.journey_id
)

select * from variant_journey
order by kind_number, journey_number
