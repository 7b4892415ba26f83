-- One row per row of mart.stage_dropoff whose three states do not add up.
with mismatch as (
    select * from mart.stage_dropoff
    where entered_count <> advanced_count + dropped_count + open_count
)

select * from mismatch
