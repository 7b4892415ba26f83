-- One row per stage that more or fewer active journeys enter by the stage variants than by mart.stage_dropoff.
-- `post_purchase` is entered at the purchase, so by the converted journeys: after-sales contact alone is in lists too.
with listed_stage as (
    select
        journey_count - passive_count as journey_count,
        converted_count,
        unnest(list_distinct(stages)) as stage
    from mart.stage_variant
),

entered_stage as (
    select
        stage,
        sum(case when stage = 'post_purchase' then converted_count else journey_count end)::bigint as journey_count
    from listed_stage
    group by stage
),

dropoff as (
    select
        stage,
        sum(entered_count)::bigint as entered_count
    from mart.stage_dropoff
    where segment = 'all'
    group by stage
),

mismatch as (
    select
        stage,
        coalesce(e.journey_count, 0) as journey_count,
        coalesce(d.entered_count, 0) as entered_count
    from entered_stage as e
    full outer join dropoff as d using (stage)
    where coalesce(e.journey_count, 0) <> coalesce(d.entered_count, 0)
)

select * from mismatch
