-- One row per change from one channel or source to another: how often, and whether those journeys are lost more.
-- grain: (dimension, from_value, to_value)
-- rebuild: full
-- Of active journeys at T: their sessions before the first purchase by what the customer did, so without those in which
-- something was only sent, and without records of a purchase (kind `purchase` in config.activity). A session is on the
-- first known channel, or source, of it, else `unknown`. `handover_count` counts every change from one session to the
-- next. Compared is a landmark: of each journey the first session on `from_value` that has a next session, by where
-- that one was, whatever came later; `journey_count` are the journeys whose next one was on `to_value`, by status,
-- `reference_count` those whose next one was on `from_value` again. Drop-off shares are of the settled journeys
-- (core.journey_at_cutoff) that are closed. Their difference in points is pooled over strata that were given at the
-- landmark (the number of sessions so far, 1, 2, 3 and 4 or more, and the furthest stage so far): Mantel and Haenszel's
-- risk difference, its 95 % interval by the variance of Greenland and Robins 1985, Biometrics 41:55, formula for the
-- risk difference. Strata without journeys on both sides say nothing and are left out; null where that leaves none.
-- `compared_count` and `compared_reference_count` are the settled journeys in the others. An association, no effect.
with minimum as (
    select max(value)::bigint as minimum_count
    from config.setting
    where setting = 'minimum_count'
),

journey_session as (
    select
        journey_number,
        session_id,
        min(position) as first_position,
        coalesce(min_by(channel, position), 'unknown') as channel,
        coalesce(min_by(source, position), 'unknown') as source,
        max(
            coalesce(list_position(['awareness', 'consideration', 'decision', 'post_purchase'], stage), 0)
        ) as stage_rank
    from core.path_touchpoint
    where is_act and is_before and not is_purchase_record
    group by journey_number, session_id
),

placed_session as (
    select
        journey_number,
        channel,
        source,
        row_number() over so_far as session_number,
        max(stage_rank) over so_far as furthest_rank
    from journey_session
    window so_far as (
        partition by journey_number
        order by first_position
        rows between unbounded preceding and current row
    )
),

valued_session as (
    select
        journey_number,
        session_number,
        furthest_rank,
        unnest(['channel', 'source']) as dimension,
        unnest([channel, source]) as from_value
    from placed_session
),

step as (
    select
        *,
        lead(from_value) over (partition by dimension, journey_number order by session_number) as to_value
    from valued_session
),

counted_change as (
    select
        dimension,
        from_value,
        to_value,
        count(*)::bigint as handover_count
    from step
    where to_value <> from_value
    group by dimension, from_value, to_value
),

landmark as (
    select
        s.dimension,
        s.from_value,
        s.to_value,
        least(s.session_number, 4) as session_stratum,
        s.furthest_rank,
        j.status,
        j.is_settled and j.status <> 'open' as is_counted
    from step as s
    inner join core.path_journey as j on s.journey_number = j.journey_number
    where s.to_value is not null
    qualify
        row_number() over (partition by s.dimension, s.journey_number, s.from_value order by s.session_number) = 1
),

counted_stratum as (
    select
        dimension,
        from_value,
        to_value,
        session_stratum,
        furthest_rank,
        count(*)::bigint as journey_count,
        count(*) filter (where status = 'converted')::bigint as converted_count,
        count(*) filter (where status = 'dropped')::bigint as dropped_count,
        count(*) filter (where status = 'open')::bigint as open_count,
        count(*) filter (where is_counted)::bigint as settled_count,
        count(*) filter (where is_counted and status = 'dropped')::bigint as settled_dropped_count
    from landmark
    group by dimension, from_value, to_value, session_stratum, furthest_rank
),

counted_next as (
    select
        dimension,
        from_value,
        to_value,
        sum(journey_count)::bigint as journey_count,
        sum(converted_count)::bigint as converted_count,
        sum(dropped_count)::bigint as dropped_count,
        sum(open_count)::bigint as open_count,
        sum(settled_count)::bigint as settled_count,
        sum(settled_dropped_count)::bigint as settled_dropped_count
    from counted_stratum
    group by dimension, from_value, to_value
),

compared_stratum as (
    select
        h.dimension,
        h.from_value,
        h.to_value,
        h.session_stratum,
        h.furthest_rank,
        h.settled_count,
        s.settled_count as reference_count,
        h.settled_dropped_count / h.settled_count as share,
        s.settled_dropped_count / s.settled_count as other_share,
        h.settled_count * s.settled_count / (h.settled_count + s.settled_count) as weight
    from counted_stratum as h
    inner join counted_stratum as s
        on
            h.dimension = s.dimension
            and h.from_value = s.from_value
            and s.to_value = s.from_value
            and h.session_stratum = s.session_stratum
            and h.furthest_rank = s.furthest_rank
    where h.to_value <> h.from_value and h.settled_count > 0 and s.settled_count > 0
),

pooled as (
    select
        dimension,
        from_value,
        to_value,
        sum(settled_count)::bigint as compared_count,
        sum(reference_count)::bigint as compared_reference_count,
        sum(weight * (share - other_share) order by session_stratum, furthest_rank)
        / sum(weight order by session_stratum, furthest_rank) as difference,
        sqrt(sum(
            power(weight, 2)
            * (share * (1 - share) / settled_count + other_share * (1 - other_share) / reference_count)
            order by session_stratum, furthest_rank
        )) / sum(weight order by session_stratum, furthest_rank) as standard_error
    from compared_stratum
    group by dimension, from_value, to_value
),

shared_handover as (
    select
        c.dimension,
        c.from_value,
        c.to_value,
        c.handover_count,
        coalesce(n.journey_count, 0)::bigint as journey_count,
        coalesce(n.converted_count, 0)::bigint as converted_count,
        coalesce(n.dropped_count, 0)::bigint as dropped_count,
        coalesce(n.open_count, 0)::bigint as open_count,
        coalesce(n.settled_count - n.settled_dropped_count, 0)::bigint as settled_converted_count,
        coalesce(n.settled_count, 0)::bigint as settled_count,
        coalesce(s.settled_count, 0)::bigint as reference_count,
        n.settled_dropped_count / nullif(n.settled_count, 0) as dropoff_share,
        s.settled_dropped_count / nullif(s.settled_count, 0) as reference_share,
        coalesce(p.compared_count, 0)::bigint as compared_count,
        coalesce(p.compared_reference_count, 0)::bigint as compared_reference_count,
        p.difference,
        p.standard_error
    from counted_change as c
    left join counted_next as n
        on c.dimension = n.dimension and c.from_value = n.from_value and c.to_value = n.to_value
    left join counted_next as s
        on c.dimension = s.dimension and c.from_value = s.from_value and s.to_value = s.from_value
    left join pooled as p on c.dimension = p.dimension and c.from_value = p.from_value and c.to_value = p.to_value
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
        b.settled_converted_count,
        b.settled_count,
        b.dropoff_share,
        wilson_low(b.dropoff_share, b.settled_count) as dropoff_low_share,
        wilson_high(b.dropoff_share, b.settled_count) as dropoff_high_share,
        b.reference_count,
        b.reference_share,
        wilson_low(b.reference_share, b.reference_count) as reference_low_share,
        wilson_high(b.reference_share, b.reference_count) as reference_high_share,
        b.compared_count,
        b.compared_reference_count,
        100 * b.difference as difference_points,
        case
            when b.difference is not null
                then greatest(-100, 100 * (b.difference - 1.959963984540054 * b.standard_error))
        end as difference_low_points,
        case
            when b.difference is not null
                then least(100, 100 * (b.difference + 1.959963984540054 * b.standard_error))
        end as difference_high_points,
        b.compared_count > 0
        and b.compared_count >= m.minimum_count
        and b.compared_reference_count >= m.minimum_count as is_ranked
    from shared_handover as b
    cross join minimum as m
)

select * from handover
