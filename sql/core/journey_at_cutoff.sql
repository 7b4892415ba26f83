-- One row per journey that had begun by T: its state and what had happened in it up to T.
-- grain: journey_id
-- rebuild: full
-- as: view
-- The states of core.journey are those at T; its times, counts and lists are over all touchpoints. Here they are of
-- those up to T: `ended_at` is the last of them. Where nothing follows after T they are taken over as they are;
-- elsewhere the list of stages is made again: those of acts in order, a purchase being a decision that enters
-- `post_purchase`, repeats and unknown ones left out. `is_left_censored`: its beginning may be missing
-- (core.left_censored_journey); such journeys are in all counts. `is_settled`: it began early enough for its outcome to
-- be known (core.settled_until): shares of outcomes are over these.
with cutoff as (
    select min(cutoff_at)::timestamp as cutoff_at
    from run.cutoff
),

known_journey as (
    select
        j.journey_id,
        j.customer_id,
        j.started_at,
        j.ended_at,
        j.status,
        j.first_channel,
        j.first_source,
        j.is_passive,
        j.cut_reason,
        j.touchpoint_count,
        j.activities,
        j.stages,
        j.ended_at > c.cutoff_at as goes_on,
        l.journey_id is not null as is_left_censored,
        coalesce(epoch_us(j.started_at) - epoch_us(s.settled_until_at) <= 0, false) as is_settled
    from core.journey as j
    inner join cutoff as c on epoch_us(j.started_at) - epoch_us(c.cutoff_at) <= 0
    left join core.left_censored_journey as l on j.journey_id = l.journey_id
    left join core.settled_until as s on true
),

known_touchpoint as (
    select
        t.journey_id,
        t.position,
        t.activity,
        t.occurred_at,
        case
            when t.is_purchase then ['decision', 'post_purchase']
            when not t.is_passive and t.stage <> 'unknown' then [t.stage]
            else []::varchar[]
        end as stages
    from core.touchpoint_at_cutoff as t
    inner join known_journey as j on t.journey_id = j.journey_id
    where j.goes_on
),

happened as (
    select
        journey_id,
        count(*)::bigint as touchpoint_count,
        max(occurred_at) as ended_at,
        list(activity order by position) as activities
    from known_touchpoint
    group by journey_id
),

entered_stage as (
    select
        journey_id,
        2 * position + unnest(range(len(stages))) as place,
        unnest(stages) as stage
    from known_touchpoint
),

changed_stage as (
    select
        journey_id,
        place,
        stage
    from entered_stage
    qualify stage is distinct from lag(stage) over (partition by journey_id order by place)
),

stage_list as (
    select
        journey_id,
        list(stage order by place) as stages
    from changed_stage
    group by journey_id
),

journey_at_cutoff as (
    select
        j.journey_id,
        j.customer_id,
        j.started_at,
        j.status,
        j.first_channel,
        j.first_source,
        j.is_passive,
        j.cut_reason,
        j.is_left_censored,
        j.is_settled,
        case when j.goes_on then h.ended_at else j.ended_at end as ended_at,
        case when j.goes_on then h.touchpoint_count else j.touchpoint_count end as touchpoint_count,
        case when j.goes_on then h.activities else j.activities end as activities,
        case when j.goes_on then coalesce(s.stages, []::varchar[]) else j.stages end as stages
    from known_journey as j
    left join happened as h on j.journey_id = h.journey_id
    left join stage_list as s on j.journey_id = s.journey_id
)

select * from journey_at_cutoff
