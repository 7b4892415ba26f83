-- One row per score that a customer gave up to T in an active journey, on the scale from −1 to +1.
-- grain: touchpoint_id
-- rebuild: full
-- A score's scale is the row of config.score_scale of its activity that holds all scores of that source and activity,
-- the narrowest of several, ties in the order of the rows; where none holds them all, their scale is not known and they
-- are left out. `nps`: 9 and 10 are +1, 7 and 8 are 0, less is −1, so that a mean is the net promoter score; others are
-- spread evenly, the middle of the scale being 0.
with scale as (
    select
        rowid as scale_number,
        activity,
        measure,
        lowest::double as lowest,
        highest::double as highest
    from config.score_scale
),

scored_touchpoint as (
    select
        t.touchpoint_id,
        t.journey_id,
        t.customer_id,
        t.source,
        t.activity,
        t.stage,
        t.occurred_at,
        t.score::double as score
    from core.touchpoint_at_cutoff as t
    inner join core.path_journey as j on t.journey_id = j.journey_id
    where t.score is not null
),

seen_range as (
    select
        source,
        activity,
        min(score) as lowest_score,
        max(score) as highest_score
    from scored_touchpoint
    group by source, activity
),

chosen_scale as (
    select
        r.source,
        s.*
    from seen_range as r
    inner join scale as s
        on r.activity = s.activity and s.lowest <= r.lowest_score and s.highest >= r.highest_score
    qualify
        row_number() over (partition by r.source, r.activity order by s.highest - s.lowest, s.scale_number) = 1
),

feeling_score as (
    select
        t.touchpoint_id,
        t.journey_id,
        t.customer_id,
        t.stage,
        s.measure,
        case
            when s.measure = 'nps' then case when t.score >= 9 then 1 when t.score >= 7 then 0 else -1 end
            else 2 * (t.score - s.lowest) / (s.highest - s.lowest) - 1
        end::double as feeling,
        t.occurred_at
    from scored_touchpoint as t
    inner join chosen_scale as s on t.source = s.source and t.activity = s.activity
)

select * from feeling_score
