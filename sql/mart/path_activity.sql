-- One row per activity of the paths: how often active journeys came by it, began and ended with it.
-- grain: (segment, segment_value, activity)
-- rebuild: full
-- `touchpoint_count` counts occurrences, `journey_count` journeys with at least one, split by their status at T.
-- `start_count` and `end_count` are journeys that begin and end with it (so far, where they are open); the ends are
-- split by status. Of the journeys that began early enough for their outcome to be known at T (is_settled, see
-- core.settled_until), `settled_count` are closed, `settled_converted_count` of them with a purchase: a share of
-- purchases is the one ÷ the other. `stage` is that of mart.activity. Passive journeys are left out; those whose
-- beginning may be missing are in. Segments: core.path_journey; all/all is the whole.
with counted_activity as (
    select
        s.segment,
        s.segment_value,
        k.activity,
        sum(k.touchpoint_count)::bigint as touchpoint_count,
        sum(k.journey_count)::bigint as journey_count,
        sum(k.start_count)::bigint as start_count,
        sum(k.end_count)::bigint as end_count,
        coalesce(sum(k.end_count) filter (where s.status = 'converted'), 0)::bigint as converted_end_count,
        coalesce(sum(k.end_count) filter (where s.status = 'dropped'), 0)::bigint as dropped_end_count,
        coalesce(sum(k.end_count) filter (where s.status = 'open'), 0)::bigint as open_end_count,
        coalesce(sum(k.journey_count) filter (where s.status = 'converted'), 0)::bigint as converted_count,
        coalesce(sum(k.journey_count) filter (where s.status = 'dropped'), 0)::bigint as dropped_count,
        coalesce(sum(k.journey_count) filter (where s.status = 'open'), 0)::bigint as open_count,
        coalesce(
            sum(k.journey_count) filter (where s.is_settled and s.status = 'converted'), 0
        )::bigint as settled_converted_count,
        coalesce(sum(k.journey_count) filter (where s.is_settled and s.status <> 'open'), 0)::bigint as settled_count
    from mart.activity_cube as k
    inner join core.path_segment as s on k.kind_number = s.kind_number
    group by s.segment, s.segment_value, k.activity
),

path_activity as (
    select
        c.segment,
        c.segment_value,
        c.activity,
        a.stage,
        c.touchpoint_count,
        c.journey_count,
        c.start_count,
        c.end_count,
        c.converted_end_count,
        c.dropped_end_count,
        c.open_end_count,
        c.converted_count,
        c.dropped_count,
        c.open_count,
        c.settled_converted_count,
        c.settled_count
    from counted_activity as c
    inner join mart.activity as a on c.activity = a.activity
)

select * from path_activity
