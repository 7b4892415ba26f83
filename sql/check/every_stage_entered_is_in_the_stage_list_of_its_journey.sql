-- One row per journey that entered a stage by T which its list of stages lacks.
with mismatch as (
    select
        v.journey_id,
        v.stage,
        j.stages
    from core.stage_visit as v
    inner join core.journey_at_cutoff as j on v.journey_id = j.journey_id
    where not list_contains(j.stages, v.stage)
)

select * from mismatch
