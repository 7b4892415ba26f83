-- One row per example of a link: up to five active journeys that took it.
-- grain: (activity, next_activity, place)
-- rebuild: full
-- The nodes are those of mart.path_link, START and the ends included. Chosen by a hash of the journey's id, so that
-- they are no one kind of journey, and stay the same from run to run while they last; `place` 1 to 5 is their order.
-- `touchpoint_count` is of those up to T.
with journey as (
    select
        journey_id,
        status,
        started_at,
        touchpoint_count,
        (row_number() over (order by md5(journey_id), journey_id))::integer as draw,
        case status when 'converted' then 'CONVERTED' when 'dropped' then 'DROPPED' else 'OPEN' end as end_node
    from core.journey_at_cutoff
    where not is_passive
),

passage as (
    select distinct
        j.draw,
        t.activity,
        coalesce(t.next_activity, j.end_node) as next_activity
    from core.touchpoint_at_cutoff as t
    inner join journey as j on t.journey_id = j.journey_id
    union all
    select
        j.draw,
        'START' as activity,
        t.activity as next_activity
    from core.touchpoint_at_cutoff as t
    inner join journey as j on t.journey_id = j.journey_id
    where t.position = 1
),

first_drawn as (
    select
        activity,
        next_activity,
        min(draw, 5) as draws
    from passage
    group by activity, next_activity
),

placed_draw as (
    select
        activity,
        next_activity,
        unnest(range(1, len(draws) + 1)) as place,
        unnest(draws) as draw
    from first_drawn
),

path_example as (
    select
        p.activity,
        p.next_activity,
        p.place,
        j.journey_id,
        j.status,
        j.started_at,
        j.touchpoint_count
    from placed_draw as p
    inner join journey as j on p.draw = j.draw
)

select * from path_example
