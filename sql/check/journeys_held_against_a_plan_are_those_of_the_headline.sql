-- One row per planned journey whose counts are not those of all active journeys, or exceed each other.
-- A journey without a deviation is one that was aligned; every planned touchpoint happens in journeys that there are.
with most_happened as (
    select
        planned,
        max(journey_count) as journey_count
    from mart.planned_touchpoint
    group by planned
),

mismatch as (
    select f.*
    from mart.planned_fit as f
    cross join mart.headline as h
    left join most_happened as m on f.planned = m.planned
    where
        f.journey_count <> h.journey_count
        or f.open_count <> h.open_count
        or f.aligned_journey_count > f.journey_count
        or f.conforming_count > f.aligned_journey_count
        or m.journey_count > f.journey_count
        or not coalesce(f.conforming_share between f.conforming_low_share and f.conforming_high_share, true)
        or not coalesce(least(f.fitness, f.full_fitness, f.precision) >= 0, true)
        or not coalesce(greatest(f.fitness, f.full_fitness, f.precision) <= 1, true)
        or f.full_fitness > f.fitness
)

select * from mismatch
