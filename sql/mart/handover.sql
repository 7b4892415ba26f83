-- One row per change from one channel or source to another: how often, and whether those journeys are lost more.
-- grain: (dimension, from_value, to_value)
-- rebuild: full
-- Of active journeys at T, what the customer did before the purchase: what was only sent is left out, and so is every
-- record of a purchase (kind `purchase` in config.activity), or each would be a hand-over to where it is booked.
-- `handover_count` counts changes, `journey_count` journeys with at least one, by status. `dropoff_share` is of the
-- closed ones; `reference_share` is that of the `reference_count` closed journeys that came back to `from_value` in
-- another session and were never handed over from there: both went on. Their difference, in points with Newcombe's
-- 95 % interval, is an association. Null values are `unknown`.
with minimum as (
    select max(value)::bigint as minimum_count
    from config.setting
    where setting = 'minimum_count'
),

act as (
    select
        j.journey_number,
        t.position,
        t.session_id,
        j.status,
        unnest(['channel', 'source']) as dimension,
        unnest([coalesce(t.channel, 'unknown'), coalesce(t.source, 'unknown')]) as from_value
    from core.touchpoint_at_cutoff as t
    inner join core.path_journey as j on t.journey_id = j.journey_id
    left join core.first_purchase as p on t.journey_id = p.journey_id
    left join config.activity as k on t.activity = k.activity
    where
        not t.is_passive
        and k.kind is distinct from 'purchase'
        and (p.purchase_position is null or t.position < p.purchase_position)
),

step as (
    select
        dimension,
        journey_number,
        status,
        from_value,
        lead(from_value) over onward as to_value,
        coalesce(lead(session_id) over onward <> session_id, false) as is_another_session
    from act
    window onward as (partition by dimension, journey_number order by position)
),

journey_step as (
    select
        dimension,
        journey_number,
        status,
        from_value,
        to_value,
        count(*)::bigint as handover_count
    from step
    where to_value <> from_value
    group by dimension, journey_number, status, from_value, to_value
),

returned as (
    select distinct
        dimension,
        journey_number,
        status,
        from_value
    from step
    where to_value = from_value and is_another_session
),

stayed as (
    select
        v.dimension,
        v.from_value,
        count(*) filter (where v.status <> 'open')::bigint as stayed_closed_count,
        count(*) filter (where v.status = 'dropped')::bigint as stayed_dropped_count
    from returned as v
    anti join journey_step as s
        on v.dimension = s.dimension and v.journey_number = s.journey_number and v.from_value = s.from_value
    group by v.dimension, v.from_value
),

counted_handover as (
    select
        s.dimension,
        s.from_value,
        s.to_value,
        sum(s.handover_count)::bigint as handover_count,
        count(*)::bigint as journey_count,
        count(*) filter (where s.status = 'converted')::bigint as converted_count,
        count(*) filter (where s.status = 'dropped')::bigint as dropped_count,
        count(*) filter (where s.status = 'open')::bigint as open_count,
        count(*) filter (where s.status <> 'open')::bigint as closed_count
    from journey_step as s
    group by s.dimension, s.from_value, s.to_value
),

shared_handover as (
    select
        h.*,
        coalesce(t.stayed_closed_count, 0)::bigint as reference_count,
        h.dropped_count / nullif(h.closed_count, 0) as dropoff_share,
        t.stayed_dropped_count / nullif(t.stayed_closed_count, 0) as reference_share
    from counted_handover as h
    left join stayed as t on h.dimension = t.dimension and h.from_value = t.from_value
),

bounded_handover as (
    select
        *,
        wilson_low(dropoff_share, closed_count) as dropoff_low_share,
        wilson_high(dropoff_share, closed_count) as dropoff_high_share,
        wilson_low(reference_share, reference_count) as reference_low_share,
        wilson_high(reference_share, reference_count) as reference_high_share
    from shared_handover
),

handover as (
    select
        b.dimension,
        b.from_value,
        b.to_value,
        row_number() over (
            partition by b.dimension
            order by b.journey_count desc, b.from_value, b.to_value
        ) as place,
        b.handover_count,
        b.journey_count,
        b.converted_count,
        b.dropped_count,
        b.open_count,
        b.closed_count,
        b.dropoff_share,
        b.dropoff_low_share,
        b.dropoff_high_share,
        b.reference_count,
        b.reference_share,
        b.reference_low_share,
        b.reference_high_share,
        100 * (b.dropoff_share - b.reference_share) as difference_points,
        100 * difference_low(
            b.dropoff_share, b.dropoff_low_share, b.reference_share, b.reference_high_share
        ) as difference_low_points,
        100 * difference_high(
            b.dropoff_share, b.dropoff_high_share, b.reference_share, b.reference_low_share
        ) as difference_high_points,
        b.closed_count >= m.minimum_count and b.reference_count >= m.minimum_count as is_ranked
    from bounded_handover as b
    cross join minimum as m
)

select * from handover
