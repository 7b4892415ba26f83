-- One row per link of the stage flow: from where journeys came into a stage, and what became of them there.
-- grain: (from_stage, to_state)
-- rebuild: full
-- Every stage entered has one link in and one link out, so at each stage in = entered = out, and the links out to
-- `dropped` and `open` are the counts of `mart.stage_dropoff`. In: from the stage whose advance entered it (the
-- highest one, if several), else `start` (the journey's first stage) or `resumed` (entered without an advance: a lower
-- stage after a higher one, or a stage after the earlier one's window was over). Out: to the stage entered by
-- advancing, `merged` (advanced, but that entry is already another visit's link, or the stage had been entered
-- before), `next_purchase`, `dropped`, `open`.
with stage_rank as (
    select
        stage,
        stage_rank
    from (
        values ('awareness', 1), ('consideration', 2), ('decision', 3), ('post_purchase', 4)
    ) as ranked (stage, stage_rank)
),

visit as (
    select
        v.journey_id,
        v.stage,
        r.stage_rank,
        v.entered_at,
        v.outcome,
        v.advanced_at,
        row_number() over (partition by v.journey_id order by v.entered_at, r.stage_rank) as entry_position
    from core.stage_visit as v
    inner join stage_rank as r on v.stage = r.stage
),

reached_stage as (
    select
        v.journey_id,
        v.stage,
        v.stage_rank,
        n.stage as next_stage
    from visit as v
    inner join visit as n
        on v.journey_id = n.journey_id and v.advanced_at = n.entered_at and n.stage_rank > v.stage_rank
    where v.outcome = 'advanced'
    qualify row_number() over (partition by v.journey_id, v.stage order by n.stage_rank) = 1
),

chosen_advance as (
    select
        journey_id,
        stage,
        next_stage
    from reached_stage
    qualify row_number() over (partition by journey_id, next_stage order by stage_rank desc) = 1
),

link_in as (
    select
        v.journey_id,
        case when v.entry_position = 1 then 'start' else 'resumed' end as from_stage,
        v.stage as to_state
    from visit as v
    left join chosen_advance as c on v.journey_id = c.journey_id and v.stage = c.next_stage
    where c.journey_id is null
),

link_out as (
    select
        v.journey_id,
        v.stage as from_stage,
        case
            when v.outcome <> 'advanced' then v.outcome
            when c.next_stage is not null then c.next_stage
            when v.stage = 'post_purchase' then 'next_purchase'
            else 'merged'
        end as to_state
    from visit as v
    left join chosen_advance as c on v.journey_id = c.journey_id and v.stage = c.stage
),

link as (
    select * from link_in
    union all
    select * from link_out
),

stage_flow as (
    select
        from_stage,
        to_state,
        count(*)::bigint as journey_count
    from link
    group by from_stage, to_state
)

select * from stage_flow
