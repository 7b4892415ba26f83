-- One row per transition whose waits are negative or whose median is above its 90th percentile.
with mismatch as (
    select * from mart.directly_follows
    where not (median_seconds >= 0 and median_seconds <= p90_seconds)
)

select * from mismatch
