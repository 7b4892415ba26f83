-- One row per event: as it was staged, or the lines of one event put together.
-- grain: source, source_event_id
-- rebuild: full
-- as: view
-- Where a source logs an event line by line, `line_of` is the event's id: the amount is the sum of the lines, the times
-- are the earliest, identities those of all lines, everything else is the first line's, by (occurred_at, source_event_id).
with whole as (
    select * exclude (line_of, load_id, row_number)
    from staging.event
    where line_of is null
),

numbered as (
    select
        *,
        row_number() over (partition by source, line_of order by occurred_at, source_event_id) as line_number
    from staging.event
    where line_of is not null
),

total as (
    select
        source,
        line_of,
        min(occurred_at) as occurred_at,
        min(received_at) as received_at,
        list_sort(list_distinct(flatten(list(identities order by line_number)))) as identities,
        cast(sum(amount) as decimal(18, 4)) as amount,
        md5(string_agg(content_hash, chr(31) order by line_number)) as content_hash,
        bool_and(is_bot) as is_bot
    from numbered
    group by source, line_of
),

assembled as (
    select
        numbered.* exclude (line_of, line_number, load_id, row_number)
        replace (
            numbered.line_of as source_event_id,
            total.occurred_at as occurred_at,
            total.received_at as received_at,
            total.identities as identities,
            total.amount as amount,
            total.content_hash as content_hash,
            total.is_bot as is_bot
        )
    from numbered
    inner join total on numbered.source = total.source and numbered.line_of = total.line_of
    where numbered.line_number = 1
),

event as (
    select * from whole
    union all by name
    select * from assembled
)

select * from event
