-- One row per resolved or set-aside event that staging does not hold as a touchpoint.
-- grain: (source, source_event_id)
with outcome as (
    select source, source_event_id from core.customer_event
    union all
    select source, source_event_id from core.set_aside_event
),

invented as (
    select
        o.source,
        o.source_event_id
    from outcome as o
    left join core.event as e on o.source = e.source and o.source_event_id = e.source_event_id
    where e.activity is null
)

select * from invented
