-- One row per deviation whose counts do not add up, of which a share lies outside of its own interval, or of which
-- money is told that its difference does not bear out.
with mismatch as (
    select * from mart.deviation
    where
        not (
            converted_count + dropped_count + open_count = affected_count
            and affected_count between 1 and journey_count
            and coalesce(settled_with_count between 1 and converted_count + dropped_count, true)
            and coalesce(settled_with_count + settled_without_count <= journey_count, true)
            and moved_count <= affected_count
            and coalesce(affected_share between affected_low_share and affected_high_share, false)
            and coalesce(dropoff_share_with between dropoff_low_share_with and dropoff_high_share_with, true)
            and coalesce(difference_points between difference_low_points and difference_high_points, true)
            and (difference_points is null) = (dropoff_share_with is null or dropoff_share_without is null)
            and (difference_points is null) = (note is not null)
            and (
                amount_at_stake is null
                or coalesce(difference_low_points > 0 or difference_high_points < 0, false)
            )
            and (stake_place is not null) = coalesce(is_ranked and amount_at_stake > 0, false)
        )
)

select * from mismatch
