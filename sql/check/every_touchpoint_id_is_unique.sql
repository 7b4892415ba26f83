-- One row per touchpoint id that more than one customer event has.
-- grain: touchpoint_id
with repeated as (
    select
        touchpoint_id,
        count(*) as event_count
    from core.customer_event
    group by touchpoint_id
    having count(*) > 1
)

select * from repeated
