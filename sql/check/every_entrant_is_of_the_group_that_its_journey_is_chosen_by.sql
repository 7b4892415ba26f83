-- One row per entrant and segment known when a journey begins whose value is not the one that the journey's totals are
-- chosen by. Rare values are folded into `other` by entrants here and by journeys there, so those are not compared.
with entrant_value as (
    unpivot (
        select columns('^(journey_id|stage|first_channel|first_source|persona|customer_kind)$')
        from mart.stage_entrant
    )
    on columns(* exclude (journey_id))
    into name segment value entrant_value
),

journey_value as (
    unpivot (
        select
            journey_id,
            first_channel,
            first_source,
            persona,
            customer_kind
        from core.selection_journey
    )
    on columns(* exclude (journey_id))
    into name segment value journey_value
),

mismatch as (
    select
        e.journey_id,
        e.segment,
        e.entrant_value,
        j.journey_value
    from entrant_value as e
    inner join config.segment as s
        on e.segment = s.segment and s.taken_from in ('core.journey', 'core.journey_segment')
    inner join journey_value as j on e.journey_id = j.journey_id and e.segment = j.segment
    where e.entrant_value <> j.journey_value and 'other' not in (e.entrant_value, j.journey_value)
)

select * from mismatch
