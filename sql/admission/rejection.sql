-- One row per raw row of the batch that is refused: one malformed contribution refuses the whole row.
-- grain: load_id, row_number
-- rebuild: full
with ranked as (
    select
        load_id,
        row_number,
        reason_code,
        reason,
        row_number() over (
            partition by load_id, row_number
            order by activity asc nulls last, source_event_id asc nulls last, reason_code asc, reason asc
        ) as preference
    from admission.parsed
    where reason_code is not null
)

select
    load_id,
    row_number,
    reason_code,
    reason
from ranked
where preference = 1
