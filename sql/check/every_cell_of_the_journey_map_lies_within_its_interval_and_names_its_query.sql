-- One row per cell of the journey map outside its interval, without a query or age, or told though suppressed.
select
    persona,
    stage,
    lane,
    place,
    value,
    low,
    high
from mart.journey_map
where
    value < low - 1e-9
    or value > high + 1e-9
    or query is null
    or (value is not null and fresh_at is null)
    or (is_suppressed and (value is not null or n is not null or is_shown))
