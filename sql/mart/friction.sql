-- One row per persona, stage and signal of friction: how many journeys met it there, and whether those are lost more.
-- grain: (persona, stage, signal)
-- rebuild: full
-- Active journeys that entered the stage by T (as mart.stage_dropoff counts them); `any`: at least one signal; persona
-- `all`: all of them. Lost is of the entrants whose window is over at T, and only what was felt while they were in the
-- stage counts as with it: up to the moment they advanced or were lost. An association, no effect: longer stays have
-- more of both. `is_suppressed`: fewer than 5 journeys entered, or 1 to 4 met it: their figures are null.
with minimum as (
    select max(value)::bigint as minimum_count
    from config.setting
    where setting = 'minimum_count'
),

cutoff as (
    select min(cutoff_at)::timestamp as cutoff_at
    from run.cutoff
),

signal as (
    select distinct signal
    from config.friction_signal
    union all
    select 'any' as signal
),

entrant as (
    select
        v.journey_id,
        v.stage,
        j.persona,
        v.outcome,
        coalesce(v.left_at, c.cutoff_at) as left_at,
        v.outcome <> 'open'
        and epoch_us(v.entered_at) + v.window_days * 86400000000 <= epoch_us(c.cutoff_at) as is_over
    from core.stage_visit as v
    inner join core.path_journey as j on v.journey_id = j.journey_id
    inner join cutoff as c on epoch_us(v.entered_at) - epoch_us(c.cutoff_at) <= 0
),

named_event as (
    select
        journey_id,
        stage,
        unnest([signal, 'any']) as signal,
        felt_at
    from core.friction_event
),

met_signal as (
    select
        journey_id,
        stage,
        signal,
        min(felt_at) as felt_at
    from named_event
    group by journey_id, stage, signal
),

met_entrant as (
    select
        e.persona,
        e.stage,
        m.signal,
        count(*)::bigint as journey_count,
        count(*) filter (where e.is_over and m.felt_at <= e.left_at)::bigint as settled_with_count,
        count(*) filter (where e.is_over and m.felt_at <= e.left_at and e.outcome = 'dropped')::bigint
            as dropped_with_count
    from entrant as e
    inner join met_signal as m on e.journey_id = m.journey_id and e.stage = m.stage
    group by e.persona, e.stage, m.signal
),

all_entrant as (
    select
        e.persona,
        e.stage,
        s.signal,
        count(*)::bigint as entered_count,
        count(*) filter (where e.is_over)::bigint as settled_count,
        count(*) filter (where e.is_over and e.outcome = 'dropped')::bigint as dropped_count
    from entrant as e
    cross join signal as s
    group by e.persona, e.stage, s.signal
),

counted as (
    select
        a.persona,
        a.stage,
        a.signal,
        a.entered_count,
        coalesce(m.journey_count, 0) as journey_count,
        a.settled_count,
        a.dropped_count,
        coalesce(m.settled_with_count, 0) as settled_with_count,
        coalesce(m.dropped_with_count, 0) as dropped_with_count
    from all_entrant as a
    left join met_entrant as m on a.persona = m.persona and a.stage = m.stage and a.signal = m.signal
),

with_all as (
    select
        case when grouping(persona) = 1 then 'all' else persona end as persona,
        stage,
        signal,
        sum(entered_count)::bigint as entered_count,
        sum(journey_count)::bigint as journey_count,
        sum(settled_with_count)::bigint as settled_with_count,
        sum(dropped_with_count)::bigint as dropped_with_count,
        sum(settled_count - settled_with_count)::bigint as settled_without_count,
        sum(dropped_count - dropped_with_count)::bigint as dropped_without_count
    from counted
    group by grouping sets ((persona, stage, signal), (stage, signal))
),

marked as (
    select
        *,
        entered_count < 5 or journey_count between 1 and 4 as is_suppressed
    from with_all
),

shown as (
    select
        persona,
        stage,
        signal,
        is_suppressed,
        case when not is_suppressed then entered_count end as entered_count,
        case when not is_suppressed then journey_count end as journey_count,
        case when not is_suppressed then settled_with_count end as settled_with_count,
        case when not is_suppressed then settled_without_count end as settled_without_count,
        case when not is_suppressed then journey_count / entered_count end as journey_share,
        case when not is_suppressed then dropped_with_count / nullif(settled_with_count, 0) end
            as dropoff_share_with,
        case when not is_suppressed then dropped_without_count / nullif(settled_without_count, 0) end
            as dropoff_share_without
    from marked
),

friction as (
    select
        s.persona,
        s.stage,
        s.signal,
        s.entered_count,
        s.journey_count,
        s.journey_share,
        wilson_low(s.journey_share, s.entered_count) as journey_low_share,
        wilson_high(s.journey_share, s.entered_count) as journey_high_share,
        s.settled_with_count,
        s.dropoff_share_with,
        wilson_low(s.dropoff_share_with, s.settled_with_count) as dropoff_low_share_with,
        wilson_high(s.dropoff_share_with, s.settled_with_count) as dropoff_high_share_with,
        s.settled_without_count,
        s.dropoff_share_without,
        wilson_low(s.dropoff_share_without, s.settled_without_count) as dropoff_low_share_without,
        wilson_high(s.dropoff_share_without, s.settled_without_count) as dropoff_high_share_without,
        100 * (s.dropoff_share_with - s.dropoff_share_without) as difference_points,
        100 * difference_low(
            s.dropoff_share_with, s.settled_with_count, s.dropoff_share_without, s.settled_without_count
        ) as difference_low_points,
        100 * difference_high(
            s.dropoff_share_with, s.settled_with_count, s.dropoff_share_without, s.settled_without_count
        ) as difference_high_points,
        coalesce(
            s.settled_with_count >= m.minimum_count and s.settled_without_count >= m.minimum_count, false
        ) as is_ranked,
        s.is_suppressed
    from shown as s
    cross join minimum as m
)

select * from friction
