-- One row per row of mart.funnel whose three states do not add up.
with mismatch as (
    select * from mart.funnel
    where entered_count <> advanced_count + dropped_count + open_count
)

select * from mismatch
