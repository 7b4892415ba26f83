-- One row per ranked row of mart.opportunity that is not where its gain puts it, and per row with a place unduly.
with numbered as (
    select
        *,
        row_number() over (order by customers_per_month desc, stage, segment, segment_value) as expected_place
    from mart.opportunity
    where is_ranked
),

mismatch as (
    select stage, segment, segment_value, place, expected_place, note
    from numbered
    where place is distinct from expected_place or customers_per_month is null or customers_per_month <= 0
    union all by name
    select stage, segment, segment_value, place, null::bigint as expected_place, note
    from mart.opportunity
    where not is_ranked and (place is not null or note is null)
)

select * from mismatch
