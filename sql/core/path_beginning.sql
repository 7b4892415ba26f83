-- One row per active journey, level and place of its first 13 steps: what mart.path_tree is made of.
-- grain: (level, place, journey_number)
-- rebuild: full
-- Steps are activities, or stages as the stage variants have them: of acts only, a purchase being a decision that
-- enters `post_purchase`; immediate repeats are one step. `after_us` is the time from the start, `is_purchase`
-- marks the step at which its first purchase falls. In the order of places and kinds (core.path_journey).
with begun as (
    select
        p.kind_number,
        p.journey_number,
        p.journey_id,
        epoch_us(j.started_at) as started_us
    from core.path_journey as p
    inner join core.journey as j on p.journey_id = j.journey_id
),

seen_step as (
    select
        'activity' as level,
        j.kind_number,
        j.journey_number,
        t.activity as step,
        t.is_purchase,
        epoch_us(t.occurred_at) - j.started_us as after_us,
        2 * t.position as place_at
    from core.touchpoint_at_cutoff as t
    inner join begun as j on t.journey_id = j.journey_id
    union all
    select
        'stage' as level,
        j.kind_number,
        j.journey_number,
        case when t.is_purchase then 'decision' else t.stage end as step,
        false as is_purchase,
        epoch_us(t.occurred_at) - j.started_us as after_us,
        2 * t.position as place_at
    from core.touchpoint_at_cutoff as t
    inner join begun as j on t.journey_id = j.journey_id
    where t.is_purchase or (not t.is_passive and t.stage <> 'unknown')
    union all
    select
        'stage' as level,
        j.kind_number,
        j.journey_number,
        'post_purchase' as step,
        true as is_purchase,
        epoch_us(t.occurred_at) - j.started_us as after_us,
        2 * t.position + 1 as place_at
    from core.touchpoint_at_cutoff as t
    inner join begun as j on t.journey_id = j.journey_id
    where t.is_purchase
),

bought as (
    select
        level,
        journey_number,
        min(place_at) as bought_at
    from seen_step
    where is_purchase
    group by level, journey_number
),

changed_step as (
    select *
    from seen_step
    qualify step is distinct from lag(step) over (partition by level, journey_number order by place_at)
),

placed_step as (
    select
        *,
        row_number() over (partition by level, journey_number order by place_at) as place,
        lead(place_at) over (partition by level, journey_number order by place_at) as next_place_at
    from changed_step
),

path_beginning as (
    select
        p.level,
        p.place::integer as place,
        p.kind_number,
        p.journey_number,
        p.step,
        p.after_us,
        coalesce(b.bought_at >= p.place_at and (p.next_place_at is null or b.bought_at < p.next_place_at), false)
            as is_purchase
    from placed_step as p
    left join bought as b on p.level = b.level and p.journey_number = b.journey_number
    where p.place <= 13
)

select * from path_beginning
order by level, place, kind_number, journey_number
