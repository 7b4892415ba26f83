-- One row per cell of the journey map whose share is not of the journeys that the drop-off has entering the stage.
-- A persona called `other` may stand there for others too.
select
    m.persona,
    m.stage,
    m.lane,
    m.item,
    m.base_count,
    d.entered_count
from mart.journey_map as m
inner join mart.stage_dropoff as d
    on
        m.stage = d.stage
        and m.persona = d.segment_value
        and d.segment in ('all', 'persona')
where
    m.lane in ('journeys', 'touchpoints', 'channels', 'actions')
    and not m.is_suppressed
    and m.persona <> 'other'
    and m.base_count <> d.entered_count
