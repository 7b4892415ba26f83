-- One row per kind of active journeys: what all journeys of the kind are alike in.
-- grain: kind_number
-- rebuild: full
-- Segments as of core.path_journey. What is counted by kind adds up to any selection of journeys by these.
with path_kind as (
    select
        kind_number,
        status,
        is_settled,
        first_channel,
        device,
        persona,
        customer_kind,
        started_month,
        count(*)::bigint as journey_count
    from core.path_journey
    group by kind_number, status, is_settled, first_channel, device, persona, customer_kind, started_month
)

select * from path_kind
