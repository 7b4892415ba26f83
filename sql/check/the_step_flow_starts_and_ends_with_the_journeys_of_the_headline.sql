-- One row per level and anchor of the step flow whose starts or ends are not the active journeys, by status at T.
with flow_total as (
    select
        level,
        anchor,
        coalesce(sum(journey_count) filter (where node = 'START'), 0)::bigint as start_count,
        coalesce(sum(journey_count) filter (where next_node = 'CONVERTED'), 0)::bigint as converted_count,
        coalesce(sum(journey_count) filter (where next_node = 'DROPPED'), 0)::bigint as dropped_count,
        coalesce(sum(journey_count) filter (where next_node = 'OPEN'), 0)::bigint as open_count
    from mart.step_flow
    group by level, anchor
),

anchor_total as (
    select
        v.level,
        a.anchor,
        case when a.anchor = 'purchase' then h.converted_count else h.journey_count end as expected_count,
        h.converted_count as expected_converted_count,
        case when a.anchor = 'purchase' then 0 else h.dropped_count end as expected_dropped_count,
        case when a.anchor = 'purchase' then 0 else h.open_count end as expected_open_count
    from mart.headline as h
    cross join (values ('stage'), ('activity')) as v (level)
    cross join (values ('start'), ('end'), ('purchase')) as a (anchor)
),

mismatch as (
    select
        level,
        anchor,
        f.start_count,
        e.expected_count,
        f.converted_count,
        f.dropped_count,
        f.open_count
    from anchor_total as e
    full outer join flow_total as f using (level, anchor)
    where
        coalesce(f.start_count, 0) is distinct from e.expected_count
        or coalesce(f.converted_count, 0) is distinct from e.expected_converted_count
        or coalesce(f.dropped_count, 0) is distinct from e.expected_dropped_count
        or coalesce(f.open_count, 0) is distinct from e.expected_open_count
)

select * from mismatch
