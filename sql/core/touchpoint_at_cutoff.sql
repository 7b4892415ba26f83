-- One row per touchpoint up to T: what had happened by then.
-- grain: touchpoint_id
-- rebuild: full
-- as: view
-- What follows the last touchpoint of a journey up to T is not known at T: `next_activity` and `next_gap_us` are null
-- there. Marts read this view and `core.journey_at_cutoff`, so that all of them count the same.
with cutoff as (
    select min(cutoff_at)::timestamp as cutoff_at
    from run.cutoff
),

touchpoint_at_cutoff as (
    select
        t.* exclude (next_activity, next_gap_us),
        case
            when epoch_us(t.occurred_at) + t.next_gap_us <= epoch_us(c.cutoff_at) then t.next_activity
        end as next_activity,
        case
            when epoch_us(t.occurred_at) + t.next_gap_us <= epoch_us(c.cutoff_at) then t.next_gap_us
        end as next_gap_us
    from core.touchpoint as t
    -- A difference, and no join on the order of two times: of that few rows are expected, and the joins of this view
    -- would then hold the touchpoints in memory, and not the journeys.
    inner join cutoff as c on epoch_us(t.occurred_at) - epoch_us(c.cutoff_at) <= 0
)

select * from touchpoint_at_cutoff
