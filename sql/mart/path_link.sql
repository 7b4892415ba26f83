-- One row per link of the paths: what directly followed what in active journeys, with their beginnings and ends.
-- grain: (segment, segment_value, activity, next_activity)
-- rebuild: full
-- A path is START, the journey's activities up to T in order, and CONVERTED, DROPPED or OPEN by its status at T: what
-- comes into an activity goes out of it. `follow_count` counts passages, `journey_count` journeys with at least one,
-- split by their status. Of those that began early enough for their outcome to be known at T (is_settled, see
-- core.settled_until), `settled_count` are closed, `settled_converted_count` of them with a purchase: a share of
-- purchases is the one ÷ the other. `median_seconds` and `p90_seconds` are over all passages, exact, interpolated
-- linearly; null for the links from START and to an end, which take no time. Passive journeys (only e-mails that nobody
-- reacted to) are left out; those whose beginning may be missing are in. Segments: core.path_journey; all/all is the
-- whole.
with counted_link as (
    select
        s.segment_number,
        s.segment,
        s.segment_value,
        l.node_number,
        l.next_number,
        sum(l.follow_count)::bigint as follow_count,
        sum(l.journey_count)::bigint as journey_count,
        coalesce(sum(l.journey_count) filter (where s.status = 'converted'), 0)::bigint as converted_count,
        coalesce(sum(l.journey_count) filter (where s.status = 'dropped'), 0)::bigint as dropped_count,
        coalesce(sum(l.journey_count) filter (where s.status = 'open'), 0)::bigint as open_count,
        coalesce(
            sum(l.journey_count) filter (where s.is_settled and s.status = 'converted'), 0
        )::bigint as settled_converted_count,
        coalesce(sum(l.journey_count) filter (where s.is_settled and s.status <> 'open'), 0)::bigint as settled_count
    from mart.link_cube as l
    inner join core.path_segment as s on l.kind_number = s.kind_number
    group by s.segment_number, s.segment, s.segment_value, l.node_number, l.next_number
),

timed_link as (
    select
        s.segment_number,
        p.node_number,
        p.next_number,
        percentile_cont([0.5, 0.9]) within group (order by p.next_gap_us) as gap_us
    from core.path_passage as p
    inner join core.path_segment as s on p.kind_number = s.kind_number
    where p.next_gap_us is not null
    group by s.segment_number, p.node_number, p.next_number
),

path_link as (
    select
        c.segment,
        c.segment_value,
        a.node as activity,
        n.node as next_activity,
        c.follow_count,
        c.journey_count,
        c.converted_count,
        c.dropped_count,
        c.open_count,
        c.settled_converted_count,
        c.settled_count,
        t.gap_us[1] / 1e6 as median_seconds,
        t.gap_us[2] / 1e6 as p90_seconds
    from counted_link as c
    inner join core.path_node as a on c.node_number = a.node_number
    inner join core.path_node as n on c.next_number = n.node_number
    left join timed_link as t
        on
            c.segment_number = t.segment_number
            and c.node_number = t.node_number
            and c.next_number = t.next_number
)

select * from path_link
