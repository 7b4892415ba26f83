-- One row per deviation whose counts do not add up, or of which a share lies outside of its own interval.
with mismatch as (
    select * from mart.deviation
    where
        not (
            converted_count + dropped_count + open_count = affected_count
            and converted_count + dropped_count = closed_with_count
            and affected_count between 1 and journey_count
            and closed_with_count + closed_without_count <= journey_count
            and moved_count <= affected_count
            and coalesce(affected_share between affected_low_share and affected_high_share, false)
            and coalesce(dropoff_share_with between dropoff_low_share_with and dropoff_high_share_with, true)
            and coalesce(difference_points between difference_low_points and difference_high_points, true)
            and (difference_points is null) = (dropoff_share_with is null or dropoff_share_without is null)
        )
)

select * from mismatch
