-- One row per kind of active journeys and segment that they belong to.
-- grain: (kind_number, segment)
-- rebuild: full
-- Every kind (core.path_journey: alike in status and segments) belongs to all/all and to one value of each segment;
-- `segment_number` stands for (segment, segment_value).
with kind_segment as (
    select
        kind_number,
        status,
        is_settled,
        unnest(['all', 'first_channel', 'device', 'persona', 'customer_kind', 'started_month']) as segment,
        unnest(['all', first_channel, device, persona, customer_kind, started_month]) as segment_value
    from core.path_kind
),

path_segment as (
    select
        kind_number,
        status,
        is_settled,
        segment,
        segment_value,
        (dense_rank() over (order by segment, segment_value))::integer as segment_number
    from kind_segment
)

select * from path_segment
