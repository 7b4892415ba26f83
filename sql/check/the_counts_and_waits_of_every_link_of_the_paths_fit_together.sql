-- One row per link whose states do not add up, with more journeys than passages, or waits that cannot be.
with link as (
    select
        *,
        activity = 'START' or next_activity in ('CONVERTED', 'DROPPED', 'OPEN') as takes_no_time
    from mart.path_link
),

mismatch as (
    select *
    from link
    where
        journey_count <> converted_count + dropped_count + open_count
        or journey_count not between 1 and follow_count
        or least(converted_count, dropped_count, open_count) < 0
        or settled_converted_count not between 0 and least(converted_count, settled_count)
        or settled_count - settled_converted_count not between 0 and dropped_count
        or (takes_no_time and (median_seconds is not null or p90_seconds is not null))
        or (takes_no_time and journey_count <> follow_count)
        or (not takes_no_time and (median_seconds is null or p90_seconds is null))
        or (not takes_no_time and not (median_seconds between 0 and p90_seconds))
)

select * from mismatch
