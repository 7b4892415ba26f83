-- One row per row of mart.friction that is not of all entrants of its stage, counts more of one signal than of any, or
-- has a figure outside its interval; of a suppressed one, that tells anything.
with entrant as (
    select
        stage,
        sum(entered_count)::bigint as entered_count
    from mart.stage_dropoff
    where segment = 'all'
    group by stage
),

compared as (
    select
        f.*,
        e.entered_count as stage_count,
        a.journey_count as any_count
    from mart.friction as f
    left join entrant as e on f.stage = e.stage
    left join mart.friction as a on f.persona = a.persona and f.stage = a.stage and a.signal = 'any'
)

select
    persona,
    stage,
    signal
from compared
where
    case
        when is_suppressed
            then
                coalesce(entered_count, journey_count, journey_share, dropoff_share_with, difference_points) is not null
        else
            not coalesce(
                (persona <> 'all' or entered_count = stage_count)
                and journey_count <= coalesce(any_count, journey_count)
                and journey_count <= entered_count
                and journey_low_share <= journey_share
                and journey_share <= journey_high_share,
                false
            )
            or not coalesce(
                dropoff_low_share_with <= dropoff_share_with and dropoff_share_with <= dropoff_high_share_with,
                settled_with_count = 0
            )
            or not coalesce(
                dropoff_low_share_without <= dropoff_share_without
                and dropoff_share_without <= dropoff_high_share_without,
                settled_without_count = 0
            )
            or not coalesce(
                difference_low_points <= difference_points and difference_points <= difference_high_points,
                settled_with_count = 0 or settled_without_count = 0
            )
    end
