-- One row when the active journeys begun by T, or those of one status, are not those of mart.headline.
with expected as (
    select
        count(*)::bigint as expected_count,
        count(*) filter (where j.status = 'converted')::bigint as expected_converted_count,
        count(*) filter (where j.status = 'dropped')::bigint as expected_dropped_count,
        count(*) filter (where j.status = 'open')::bigint as expected_open_count
    from core.journey as j
    cross join mart.headline as h
    where not j.is_passive and j.started_at <= h.as_of_at
),

mismatch as (
    select
        h.journey_count,
        h.converted_count,
        h.dropped_count,
        h.open_count,
        e.*
    from mart.headline as h
    cross join expected as e
    where
        h.journey_count <> h.converted_count + h.dropped_count + h.open_count
        or h.journey_count <> e.expected_count
        or h.converted_count <> e.expected_converted_count
        or h.dropped_count <> e.expected_dropped_count
        or h.open_count <> e.expected_open_count
)

select * from mismatch
