-- One row per segment, value and stage before the purchase where mart.stage_reach of the next one counts otherwise than
-- mart.stage_dropoff.
with next_stage as (
    select
        stage,
        to_stage
    from (
        values ('awareness', 'consideration'), ('consideration', 'decision'), ('decision', 'purchase')
    ) as neighbour (stage, to_stage)
),

advance as (
    select
        d.segment,
        d.segment_value,
        d.stage,
        n.to_stage,
        d.entered_count,
        d.advanced_count,
        d.dropped_count,
        d.open_count
    from mart.stage_dropoff as d
    inner join next_stage as n on d.stage = n.stage
),

neighbour_reach as (
    select
        r.segment,
        r.segment_value,
        r.from_stage as stage,
        r.to_stage,
        r.entered_count,
        r.reached_count as advanced_count,
        r.missed_count as dropped_count,
        r.open_count
    from mart.stage_reach as r
    inner join next_stage as n on r.from_stage = n.stage and r.to_stage = n.to_stage
),

mismatch as (
    (
        select * from advance
        except all
        select * from neighbour_reach
    )
    union all
    (
        select * from neighbour_reach
        except all
        select * from advance
    )
)

select * from mismatch
