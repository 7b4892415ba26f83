-- One row per link that mart.stage_flow and the whole of mart.selection_flow count differently.
-- The two are made independently of each other: the one in SQL, the other in Polars.
with whole_flow as (
    select
        from_stage,
        to_state,
        journey_count
    from mart.selection_flow
    where segment = 'all'
),

mismatch as (
    select
        coalesce(f.from_stage, w.from_stage) as from_stage,
        coalesce(f.to_state, w.to_state) as to_state,
        f.journey_count,
        w.journey_count as selection_count
    from mart.stage_flow as f
    full join whole_flow as w on f.from_stage = w.from_stage and f.to_state = w.to_state
    where f.journey_count is distinct from w.journey_count
)

select * from mismatch
