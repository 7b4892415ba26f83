-- One row when the touchpoints up to T and the later ones of mart.headline are not those of core.touchpoint.
with touchpoint_total as (
    select count(*)::bigint as expected_count from core.touchpoint
),

mismatch as (
    select *
    from mart.headline as h
    cross join touchpoint_total as t
    where h.touchpoint_count + h.later_touchpoint_count <> t.expected_count
)

select * from mismatch
