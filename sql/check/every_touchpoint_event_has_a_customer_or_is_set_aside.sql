-- One row per touchpoint event in staging that is not exactly once a customer's event or set aside.
-- grain: (source, source_event_id)
with outcome as (
    select source, source_event_id from core.customer_event
    union all
    select source, source_event_id from core.set_aside_event
),

counted_outcome as (
    select
        source,
        source_event_id,
        count(*) as outcome_count
    from outcome
    group by source, source_event_id
),

lost_or_doubled as (
    select
        e.source,
        e.source_event_id,
        coalesce(o.outcome_count, 0) as outcome_count
    from core.event as e
    left join counted_outcome as o on e.source = o.source and e.source_event_id = o.source_event_id
    where e.activity is not null and coalesce(o.outcome_count, 0) <> 1
)

select * from lost_or_doubled
